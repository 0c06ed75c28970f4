import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { Agent, createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { ask, type RuntimeSocket } from '../../adapters/haproxy/runtime-api.js'
import { freePort } from '../support/free-port.js'
import { type Server, startServer, until } from './servers.js'

export interface Haproxy {
  readonly url: string
  readonly path: { readonly path: string }
  readonly tcp: RuntimeSocket
  /** One line of commands, as an operator would type them. */
  type(line: string): Promise<string>
  /** New processes take over, with the weights of the configuration. */
  reload(): Promise<void>
  kill(): Promise<void>
  restart(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** @param backends - what follows `backend ` in the configuration; the first one gets the requests */
export async function startHaproxy(...backends: readonly string[]): Promise<Haproxy> {
  const [port, runtimePort] = [await freePort(), await freePort()]
  let server: Server
  let kept: string | undefined
  const signal = new AbortController().signal

  async function start(): Promise<void> {
    server = await startServer(
      'haproxy',
      async (folder) => {
        const config = `
global
  stats socket ${folder}/admin.sock mode 600 level admin
  stats socket ${folder}/operator.sock mode 600 level operator
  stats socket ipv4@127.0.0.1:${runtimePort} level admin
defaults
  mode http
  retries 0
  timeout connect 1s
  timeout client 10s
  timeout server 10s
frontend web
  bind 127.0.0.1:${port}
  default_backend ${backends[0]?.split('\n')[0]?.trim()}
${backends.map((backend) => `backend ${backend}`).join('\n')}
`
        await writeFile(join(folder, 'haproxy.cfg'), config)
        return ['-W', '-db', '-f', join(folder, 'haproxy.cfg')]
      },
      kept,
    )
    kept = server.folder
    await until('HAProxy answers', async () => (await pid()) !== undefined)
  }

  const path = () => ({ path: join(server.folder, 'admin.sock') })
  const type = (line: string) => ask(path(), line, signal)
  const pid = async () => /^Pid: (\d+)$/m.exec(await type('show info'))?.[1]

  await start()
  return {
    url: `http://127.0.0.1:${port}`,
    path: path(),
    tcp: { host: '127.0.0.1', port: runtimePort },
    type,
    async reload() {
      const old = await pid()
      let again = 0
      await until('HAProxy has reloaded', async () => {
        // A master that has just started can miss the first signal.
        if (performance.now() > again) {
          process.kill(server.pid, 'SIGUSR2')
          again = performance.now() + 5_000
        }
        return (await pid()) !== old
      })
    },
    kill: () => server.end('SIGKILL'),
    restart: start,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** A service whose answers say its name; with `?500` it fails, with `?hangup` it gives no answer. */
export async function startNamedService(name: string) {
  const server = createServer((request, response) => {
    if (request.url === '/?hangup') request.socket.destroy()
    else response.writeHead(request.url === '/?500' ? 500 : 200).end(name)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** An agent as HAProxy asks it: every connection gets one line. */
export async function startAgent(says: string) {
  const asked: unknown[] = []
  const server = createTcpServer((socket) => {
    asked.push(socket.on('error', () => {}).end(`${says}\n`))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, asked, close: () => server.close() }
}

/** Sends requests over 20 connections. @returns how often each answer came; a failed request is one of them */
export async function send(times: number, url: string, keepAlive = true): Promise<Record<string, number>> {
  const agent = new Agent({ keepAlive, maxSockets: 20 })
  const answers: Record<string, number> = {}
  let left = times
  const sender = async () => {
    while (left-- > 0) {
      const [answer] = await once(get(url, { agent }), 'response')
      const body = await text(answer)
      const says = answer.statusCode === 200 ? body : String(answer.statusCode)
      answers[says] = (answers[says] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: 20 }, sender))
  agent.destroy()
  return answers
}
