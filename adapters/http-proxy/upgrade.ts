import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream'
import type { Cohort } from './cohort.js'
import { endToEndHeaders, requestHeaders } from './headers.js'
import type { Pool } from './pool.js'

/**
 * Passes an upgrade (WebSocket) through. It counts as one request, over with the handshake; the connection then lives as long
 * as both ends want, whatever the weights become.
 */
export async function upgrade(request: IncomingMessage, client: Duplex, head: Buffer, to: { pool: Pool; cohort: Cohort }) {
  const end = to.cohort.begin()
  client.on('error', () => {})
  client.once('close', () => end('aborted'))
  const backend = await to.pool.pick(new Set())
  const fail = () => {
    to.cohort.connectionFailed()
    end(502)
    client.end('HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n\r\n')
  }
  if (!backend) return fail()
  const { method = 'GET', url: path } = request
  const headers = [...requestHeaders(request), ['Connection', 'Upgrade'], ['Upgrade', request.headers.upgrade ?? '']].flat()
  const upstream = httpRequest({ hostname: backend.hostname, port: backend.port, method, path, agent: false, headers })
  client.once('close', () => upstream.destroy())
  upstream.once('error', fail)
  upstream.once('upgrade', (answer, socket, rest) => {
    end(101)
    client.write(
      headOf(answer, [
        ['Connection', 'Upgrade'],
        ['Upgrade', answer.headers.upgrade ?? ''],
      ]),
    )
    client.write(rest)
    socket.write(head)
    socket.on('error', () => {}).once('close', () => client.destroy())
    client.once('close', () => socket.destroy())
    client.pipe(socket).pipe(client)
  })
  // Refused: its answer ends the connection, so no length needs to be known.
  upstream.once('response', (answer) => {
    end(answer.statusCode ?? 502)
    client.write(headOf(answer, [['Connection', 'close']]))
    pipeline(answer, client, () => {})
  })
  upstream.end()
}

function headOf(answer: IncomingMessage, extra: [string, string][]): string {
  const lines = [...endToEndHeaders(answer), ...extra].map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n${lines.join('')}\r\n`
}
