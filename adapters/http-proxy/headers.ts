import type { IncomingMessage } from 'node:http'

/** RFC 9110, section 7.6.1, and what older clients send. `expect` was answered by this server already. */
const ofThisConnection = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

type Pairs = [name: string, value: string][]

/** The headers of a message that are meant for the other end, in their order and spelling, twins included. */
export function endToEndHeaders({ rawHeaders, headers }: IncomingMessage): Pairs {
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase())
  const dropped = new Set([...ofThisConnection, ...named])
  return pairsOf(rawHeaders).filter(([name]) => !dropped.has(name.toLowerCase()))
}

/** What a backend gets: with the client's address, and with its body framed as it came. */
export function requestHeaders(request: IncomingMessage): Pairs {
  const forwarded = [request.headers['x-forwarded-for'], request.socket.remoteAddress].flat().filter(Boolean).join(', ')
  const pairs = endToEndHeaders(request).filter(([name]) => name.toLowerCase() !== 'x-forwarded-for')
  pairs.push(['X-Forwarded-For', forwarded])
  // Node would send a chunked body of a DELETE without any frame, and the backend would read it as its next request.
  if (request.headers['transfer-encoding'] !== undefined) pairs.push(['Transfer-Encoding', 'chunked'])
  return pairs
}

export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function pairsOf(raw: readonly string[]): Pairs {
  return raw.flatMap((name, index): Pairs => (index % 2 === 0 ? [[name, raw[index + 1] ?? '']] : []))
}
