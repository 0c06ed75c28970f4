import { once } from 'node:events'
import { Agent, createServer, type IncomingHttpHeaders, type RequestListener, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { type HttpProxyConfig, startHttpProxy } from '../../../adapters/http-proxy/index.js'
import { secret } from '../../../src/vocabulary/secret.js'

export const unit = 'checkout'
export const route = { unit, stable: '1.0.0', canary: '1.1.0' }
export const options = { signal: new AbortController().signal, idempotencyKey: 'key', fencingToken: 1 }
export const credential = 'a-token-of-at-least-16'
export const token = secret(() => credential)

/** An instance that answers as told, by default with its version. */
export async function instance(version: string, listener: RequestListener = (_, response) => response.end(version), port = 0) {
  const server = createServer(listener).listen(port, '127.0.0.1')
  await once(server, 'listening')
  const stop = () => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  }
  onTestFinished(async () => void (await stop()))
  const address = server.address() as AddressInfo
  return { server, stop, port: address.port, origin: `http://127.0.0.1:${address.port}` }
}

/** A port that refuses connections. */
export async function nobody(): Promise<string> {
  const gone = await instance('gone')
  await gone.stop()
  return gone.origin
}

/** A proxy in front of what `origins` names by version. Change the lists, and it will find what they say. */
export async function proxyTo(origins: Record<string, string[]>, config: Partial<HttpProxyConfig> = {}) {
  const resolve = async (_: string, version: string) => origins[version] ?? []
  const proxy = await startHttpProxy({ unit, port: 0, resolve, ...config })
  onTestFinished(() => proxy.close())
  return proxy
}

/** Chance that is fair at once: a weight in whole quarters is met exactly by every four requests. */
export function quarters(): () => number {
  let throws = 0
  return () => (throws++ % 4) / 4
}

/** A proxy with one instance of stable and one of the canary. */
export async function stableAndCanary(config: Partial<HttpProxyConfig> = {}) {
  const stable = await instance('1.0.0')
  const canary = await instance('1.1.0')
  const origins: Record<string, string[]> = { '1.0.0': [stable.origin], '1.1.0': [canary.origin] }
  return { stable, canary, origins, proxy: await proxyTo(origins, config) }
}

const agent = new Agent({ keepAlive: true, maxSockets: 20 })

export interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** One request over a kept connection. Rejects when the answer is not whole. */
export function ask(
  url: string,
  {
    path = '/',
    method = 'GET',
    headers = {},
    body,
  }: { path?: string; method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(new URL(path, url), { agent, method, headers }, async (response) => {
      try {
        const chunks: Buffer[] = await response.toArray()
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() })
      } catch (error) {
        reject(error)
      }
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

/** How many of `count` requests each answer was given to. */
export async function tally(url: string, count: number, headersOf: (index: number) => Record<string, string> = () => ({})) {
  const answers = await Promise.all(Array.from({ length: count }, (_, index) => ask(url, { headers: headersOf(index) })))
  const seen: Record<string, number> = {}
  for (const { status, body } of answers) {
    const key = status === 200 ? body : String(status)
    seen[key] = (seen[key] ?? 0) + 1
  }
  return seen
}
