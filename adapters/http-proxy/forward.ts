import { type Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'
import type { Cohort } from './cohort.js'
import { endToEndHeaders, hasBody, requestHeaders } from './headers.js'
import type { Copy } from './mirror.js'
import type { Backend, Pool } from './pool.js'

/** RFC 9110, section 9.2.2. */
const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

type Attempt =
  | 'over' // the client has its answer, or is gone
  | 'unreached' // nothing was sent: any request may go to another instance
  | 'stale' // an old connection was closed under the request, which may be sent again without harm

export interface Exchange {
  readonly pool: Pool
  readonly cohort: Cohort
  readonly setCookie?: string
  readonly copy?: Copy
}

/** Streams one request to an instance of its version, and the answer back. Another version never gets it. */
export async function forward(request: IncomingMessage, response: ServerResponse, exchange: Exchange): Promise<void> {
  const { pool, cohort, copy } = exchange
  const end = cohort.begin()
  const closed = new AbortController()
  response.once('close', () => {
    closed.abort()
    request.unpipe().resume() // what is left of a body must not block the client's next request
    if (response.writableFinished) return end(response.statusCode)
    if (!response.errored) return end('aborted')
    cohort.connectionFailed() // the backend broke off its answer
    end(502)
  })
  if (!hasBody(request)) copy?.send()
  const tried = new Set<string>()
  while (!closed.signal.aborted) {
    const backend = await pool.pick(tried)
    if (!backend) return badGateway(response)
    let attempt = await send(request, response, backend, exchange, closed.signal)
    if (attempt === 'stale') attempt = await send(request, response, { ...backend, agent: false }, exchange, closed.signal)
    if (attempt === 'over') return
    tried.add(backend.origin)
    void pool.refresh()
  }
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { hostname, port, agent, enter }: Omit<Backend, 'agent'> & { agent: Agent | false },
  { cohort, setCookie, copy }: Exchange,
  signal: AbortSignal,
): Promise<Attempt> {
  const { method = 'GET', url: path } = request
  const upstream = httpRequest({ hostname, port, method, path, agent, signal, headers: requestHeaders(request).flat() })
  const leave = enter()
  let isConnected = false
  let isAnswered = false

  upstream.once('socket', (socket) => {
    // Not before there is a connection: what was read from the client cannot be sent to another instance.
    const connected = () => {
      isConnected = true
      if (!hasBody(request)) return
      if (copy) request.on('data', copy.add).once('end', copy.send)
      request.pipe(upstream)
    }
    if (socket.connecting) socket.once('connect', connected)
    else connected()
  })
  if (!hasBody(request)) upstream.end()

  return new Promise<Attempt>((resolve) => {
    upstream.once('response', (answer) => {
      const headers = endToEndHeaders(answer)
      if (setCookie !== undefined) headers.push(['Set-Cookie', setCookie])
      try {
        response.writeHead(answer.statusCode ?? 0, answer.statusMessage, headers.flat())
      } catch (error) {
        upstream.destroy(error as Error) // a head that no server may write
        return
      }
      isAnswered = true
      pipeline(answer, response, () => resolve('over'))
    })
    upstream.on('error', () => {
      if (isAnswered || signal.aborted) return
      cohort.connectionFailed()
      if (!isConnected) return resolve('unreached')
      if (upstream.reusedSocket && idempotent.has(method) && !hasBody(request)) return resolve('stale')
      badGateway(response)
    })
    upstream.once('close', () => {
      if (!isAnswered) resolve('over')
    })
  }).finally(leave)
}

function badGateway(response: ServerResponse): void {
  response.writeHead(502, { 'content-type': 'text/plain' }).end('502 Bad Gateway\n')
}
