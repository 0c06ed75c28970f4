import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { type OpenMetricsOptions, type OpenMetricsQuery, openMetricsSource } from '../../../adapters/openmetrics/index.js'
import type { Reading } from '../../../src/vocabulary/reading.js'

export const prometheusType = 'text/plain; version=0.0.4; charset=utf-8'
export const openMetricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

export const exposes =
  (text: string, type = prometheusType): RequestListener =>
  (_, response) =>
    response.writeHead(200, { 'content-type': type }).end(text)

/** A real HTTP server on the loopback until the test ends. @returns its origin */
export async function instance(listener: RequestListener | string): Promise<string> {
  const server = createServer(typeof listener === 'string' ? exposes(listener) : listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export const call = (signal = new AbortController().signal) => ({ signal, idempotencyKey: 'r/1', fencingToken: 1 })
export const interval = { from: 1_700_000_000_000, to: 1_700_000_060_000 }

/** What one metric of the canary reads, when these are its instances. */
export async function readOne(
  query: OpenMetricsQuery,
  instances: readonly (RequestListener | string)[],
  options: Partial<OpenMetricsOptions> = {},
): Promise<{ reading: Reading; origins: string[] }> {
  const origins = await Promise.all(instances.map(instance))
  const source = openMetricsSource({ instances: async () => origins, ...options })
  const request = { unit: 'checkout', versions: { canary: 'v2' }, queries: { metric: query }, ...interval }
  const { metric } = await source.read(request, call())
  return { reading: metric!.canary, origins }
}
