import { once } from 'node:events'
import { request } from 'node:http'
import { type AddressInfo, connect, createServer } from 'node:net'
import { buffer, text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { ask, instance, nobody, options, proxyTo, tally, unit } from './set-up.js'

async function settledOn(...origins: string[]) {
  const proxy = await proxyTo({ '1.0.0': origins })
  await proxy.router.settle({ unit, version: '1.0.0' }, options)
  return proxy
}

/** A backend that speaks raw bytes. */
async function rawInstance(answer: string): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(answer))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('bodies stream both ways while they are written', async () => {
  const echo = await instance('1.0.0', (incoming, response) => incoming.pipe(response))
  const proxy = await settledOn(echo.origin)
  const asked = request(proxy.url, { method: 'POST' })
  asked.write('first')
  const [response] = await once(asked, 'response')
  expect(String((await once(response, 'data'))[0])).toBe('first')
  asked.end(' and last')
  expect(await text(response)).toBe(' and last')
})

test('large bodies arrive whole in both directions', async () => {
  const echo = await instance('1.0.0', (incoming, response) => incoming.pipe(response))
  const proxy = await settledOn(echo.origin)
  const sent = Buffer.alloc(5_000_000, 'abcdefg')
  const asked = request(proxy.url, { method: 'PUT' })
  asked.end(sent)
  const [response] = await once(asked, 'response')
  expect((await buffer(response)).equals(sent)).toBe(true)
})

test('headers reach the other end as they were sent, except those of one connection', async () => {
  const mirror = await instance('1.0.0', (incoming, response) => {
    response.writeHead(418, 'Short And Stout', [
      ...['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'X-Twin', '1', 'X-Twin', '2'],
      ...['Connection', 'X-Hop', 'X-Hop', 'no', 'Keep-Alive', 'timeout=99'],
    ])
    response.end(JSON.stringify(incoming.rawHeaders))
  })
  const proxy = await settledOn(mirror.origin)
  const headers = {
    Host: 'shop.example',
    'X-Twin': 'Ünï',
    TE: 'trailers',
    Connection: 'X-Secret',
    'X-Secret': 'no',
    'x-forwarded-for': '10.0.0.1',
  }
  const asked = request(proxy.url, { headers: { ...headers, 'Proxy-Authorization': 'no' } }).end()
  const [response] = await once(asked, 'response')
  const seen: string[] = JSON.parse(await text(response))
  expect(seen).toEqual([
    ...['Host', 'shop.example', 'X-Twin', 'Ünï', 'X-Forwarded-For', '10.0.0.1, 127.0.0.1', 'Connection', 'keep-alive'],
  ])
  expect([response.statusCode, response.statusMessage]).toEqual([418, 'Short And Stout'])
  expect(response.headers['set-cookie']).toEqual(['a=1', 'b=2'])
  expect(response.headers['x-twin']).toBe('1, 2')
  expect(response.headers['x-hop']).toBeUndefined()
})

test('a chunked body without a usual method stays inside its request', async () => {
  const seen: string[] = []
  const echo = await instance('1.0.0', async (incoming, response) => {
    const body = await text(incoming)
    seen.push(`${incoming.method} ${incoming.url} ${body}`)
    response.end()
  })
  const proxy = await settledOn(echo.origin)
  const smuggled = 'GET /admin HTTP/1.1\r\nHost: x\r\n\r\n'
  for (const path of ['/1', '/2'])
    await ask(proxy.url, { method: 'DELETE', path, headers: { 'transfer-encoding': 'chunked' }, body: smuggled })
  expect(seen).toEqual([`DELETE /1 ${smuggled}`, `DELETE /2 ${smuggled}`])
})

test('a client that goes away takes its request at the backend with it', async () => {
  let closed = Promise.resolve<unknown>(undefined)
  const silent = await instance('1.0.0', (_, response) => {
    closed = once(response, 'close')
    response.write('begun')
  })
  const proxy = await settledOn(silent.origin)
  const asked = request(proxy.url).end()
  asked.on('error', () => {})
  const [response] = await once(asked, 'response')
  response.on('error', () => {})
  expect(proxy.counters().live['1.0.0']).toMatchObject({ inFlight: 1 })
  asked.destroy()
  await closed
  await expect.poll(() => proxy.counters().live['1.0.0']).toMatchObject({ inFlight: 0, aborted: 1, connectionErrors: 0 })
})

test('a client that goes away before it is answered frees the backend too', async () => {
  let asked = () => {}
  let closed = Promise.resolve<unknown>(undefined)
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve
  })
  const silent = await instance('1.0.0', (_, response) => {
    closed = once(response, 'close')
    asked()
  })
  const proxy = await settledOn(silent.origin)
  const client = request(proxy.url).end()
  client.on('error', () => {})
  await isAsked
  client.destroy()
  await closed
  await expect.poll(() => proxy.counters().live['1.0.0']).toMatchObject({ inFlight: 0, aborted: 1, connectionErrors: 0 })
})

test('a request that is under way when its version loses all traffic is finished by it', async () => {
  const old = await instance('1.0.0', (incoming, response) => incoming.pipe(response))
  const fresh = await instance('1.1.0')
  const proxy = await proxyTo({ '1.0.0': [old.origin], '1.1.0': [fresh.origin] })
  await proxy.router.settle({ unit, version: '1.0.0' }, options)
  const asked = request(proxy.url, { method: 'POST' })
  asked.write('begun')
  const [response] = await once(asked, 'response')
  await once(response, 'readable')
  await proxy.router.settle({ unit, version: '1.1.0' }, options)
  expect((await ask(proxy.url)).body).toBe('1.1.0')
  asked.end(' and ended')
  expect(await text(response)).toBe('begun and ended')
  await expect.poll(() => new Promise((resolve) => old.server.getConnections((_, count) => resolve(count)))).toBe(0)
})

test('an answer that breaks off at the backend breaks off for the client, and counts as a server error', async () => {
  const broken = await instance('1.0.0', (_, response) => response.write('half', () => response.destroy()))
  const proxy = await settledOn(broken.origin)
  await expect(ask(proxy.url)).rejects.toThrow()
  await expect
    .poll(() => proxy.counters().live['1.0.0'])
    .toMatchObject({ requests: 1, aborted: 0, connectionErrors: 1, responses: { '2xx': 0, '5xx': 1 } })
})

test.each([
  ['closes the connection without an answer', ''],
  ['answers what is not HTTP', 'SSH-2.0-OpenSSH_9.9\r\n'],
  ['answers with a status that no server may send', 'HTTP/1.1 099 Nonsense\r\nContent-Length: 0\r\n\r\n'],
])('a backend that %s is a bad gateway, and the proxy lives on', async (_, answer) => {
  const proxy = await settledOn(await rawInstance(answer))
  for (const body of [undefined, 'some'])
    expect((await ask(proxy.url, { method: body ? 'POST' : 'GET', ...(body && { body }) })).status).toBe(502)
  expect(proxy.counters().live['1.0.0']).toMatchObject({ responses: { '5xx': 2 }, connectionErrors: 2 })
})

test('a request that reached nobody goes to another instance of the same version, with its body', async () => {
  const echo = await instance('1.0.0', (incoming, response) => incoming.pipe(response))
  const proxy = await proxyTo({ '1.0.0': [await nobody(), echo.origin], '1.1.0': [await nobody()] })
  await proxy.router.settle({ unit, version: '1.0.0' }, options)
  const bodies = Array.from({ length: 10 }, (_, index) => `order ${index}`)
  const answers = await Promise.all(bodies.map((body) => ask(proxy.url, { method: 'POST', body })))
  expect(answers.map(({ body }) => body)).toEqual(bodies)
  expect(proxy.counters().live['1.0.0']?.connectionErrors).toBeGreaterThan(0)
})

test('a canary that nobody can reach fails its own share, and stable does not cover for it', async () => {
  const stable = await instance('1.0.0')
  const proxy = await proxyTo({ '1.0.0': [stable.origin], '1.1.0': [await nobody()] })
  await proxy.router.setWeight({ unit, stable: '1.0.0', canary: '1.1.0' }, 50, options)
  expect(await tally(proxy.url, 100)).toEqual({ '1.0.0': 50, '502': 50 })
})

test('an order is not sent twice when its backend dies over it', async () => {
  let orders = 0
  const fatal = await instance('1.0.0', (incoming, response) => {
    if (incoming.method === 'GET') return response.end()
    orders++
    return incoming.socket.destroy()
  })
  const proxy = await settledOn(fatal.origin)
  expect((await ask(proxy.url)).status).toBe(200) // leaves a connection that can be used again
  expect((await ask(proxy.url, { method: 'POST' })).status).toBe(502)
  expect(orders).toBe(1)
})

test('a kept connection that the backend has just closed is not noticed by the client', async () => {
  let isFirst = true
  const closing = await instance('1.0.0', (incoming, response) => {
    if (incoming.url === '/') return response.end('warm')
    const wasFirst = isFirst
    isFirst = false
    return wasFirst ? incoming.socket.destroy() : response.end('made good')
  })
  const proxy = await settledOn(closing.origin)
  expect((await ask(proxy.url)).body).toBe('warm')
  expect(await ask(proxy.url, { path: '/again' })).toMatchObject({ status: 200, body: 'made good' })
  expect(proxy.counters().live['1.0.0']).toMatchObject({ connectionErrors: 1, responses: { '2xx': 2 } })
})

test('an answer that comes before the end of the request leaves the connection usable', async () => {
  const strict = await instance('1.0.0', (_, response) => response.writeHead(413, { connection: 'close' }).end('too large'))
  const proxy = await settledOn(strict.origin)
  for (let i = 0; i < 5; i++) {
    const answer = await ask(proxy.url, { method: 'POST', body: 'x'.repeat(3_000_000) }).catch((error) => error.code)
    expect([413, 502]).toContain(answer.status)
  }
  expect(proxy.counters().live['1.0.0']?.inFlight).toBe(0)
})

test('upgraded connections pass through, outlive a weight change, and end with the proxy', async () => {
  const chat = await instance('1.0.0')
  chat.server.on('upgrade', (incoming, socket) => {
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${incoming.headers.upgrade}\r\n\r\n`)
    socket.pipe(socket)
  })
  const other = await instance('1.1.0')
  const proxy = await proxyTo({ '1.0.0': [chat.origin], '1.1.0': [other.origin] })
  await proxy.router.settle({ unit, version: '1.0.0' }, options)
  const asked = request(proxy.url, { headers: { connection: 'Upgrade', upgrade: 'echo' } }).end()
  const [response, socket] = await once(asked, 'upgrade')
  expect([response.statusCode, response.headers.upgrade]).toEqual([101, 'echo'])
  await proxy.router.settle({ unit, version: '1.1.0' }, options)
  socket.write('still there?')
  expect(String((await once(socket, 'data'))[0])).toBe('still there?')
  expect(proxy.counters().live['1.0.0']).toMatchObject({ responses: { '1xx': 1 }, inFlight: 0 })
  const ended = once(socket, 'close')
  socket.on('error', () => {})
  await proxy.close()
  await ended
})

test('an upgrade that the backend does not want is answered with its refusal', async () => {
  const plain = await instance('1.0.0', (_, response) => response.writeHead(426).end('plain only'))
  const proxy = await settledOn(plain.origin)
  plain.server.on('upgrade', (_, socket) => socket.end('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 10\r\n\r\nplain only'))
  const socket = connect(Number(new URL(proxy.url).port), '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
  expect(await text(socket)).toMatch(/^HTTP\/1.1 426 Upgrade Required\r\n.*plain only$/s)
})
