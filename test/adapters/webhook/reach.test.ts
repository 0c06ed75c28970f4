import dns from 'node:dns'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { syncBuiltinESMExports } from 'node:module'
import { type AddressInfo, isIP } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { type Drop, webhook } from '../../../adapters/webhook/index.js'
import { systemClock } from '../../../src/engine/system-clock.js'
import { secret } from '../../../src/vocabulary/secret.js'

const secrets = [secret(() => `whsec_${Buffer.alloc(32, 1).toString('base64')}`)]
const record = { release: 'checkout-42', seq: 1, at: 0, body: 'hello' }
const setting = { secrets, source: 'test', clock: systemClock(), attempts: 1 }

/** Listens on loopback. @returns its port */
async function receiver(answer: RequestListener): Promise<number> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** What became of one record that was posted there. */
async function posted(url: string, allow: readonly string[]): Promise<Drop['why'] | 'sent'> {
  const drops: Drop[] = []
  const hook = webhook({ ...setting, url, allow, dropped: (drop) => void drops.push(drop) })
  hook.record(record)
  await hook.flush()
  return drops[0]?.why ?? 'sent'
}

test('a record travels over a real connection', async () => {
  const got: { request: IncomingMessage; body: string }[] = []
  const port = await receiver(async (request, response) => {
    got.push({ request, body: await text(request) })
    response.writeHead(204).end()
  })
  const url = `http://127.0.0.1:${port}/in`
  expect(await posted(url, [`http://127.0.0.1:${port}`])).toBe('sent')
  expect(await posted(`http://localhost:${port}/in`, [`http://localhost:${port}`])).toBe('sent')
  expect(got.map(({ request: { method, url }, body }) => [method, url, body])).toEqual(
    Array(2).fill(['POST', '/in', JSON.stringify(record)]),
  )
  expect(got[0]?.request.headers['webhook-signature']).toMatch(/^v1,/)
})

test('a redirect is not followed', async () => {
  const reached: (string | undefined)[] = []
  const port = await receiver((request, response) => {
    reached.push(request.url)
    response.writeHead(307, { location: request.url === '/a' ? '/b' : 'file:///etc/passwd' }).end()
  })
  expect(await posted(`http://127.0.0.1:${port}/a`, [`http://127.0.0.1:${port}`])).toBe('refused')
  expect(reached).toEqual(['/a'])
})

test('an endless answer is not read', async () => {
  const port = await receiver((_, response) => {
    response.writeHead(200)
    const pour = () => {
      while (response.write('x'.repeat(65_536)));
      response.once('drain', pour)
    }
    pour()
  })
  expect(await posted(`http://127.0.0.1:${port}/`, [`http://127.0.0.1:${port}`])).toBe('sent')
})

test.each([
  'http://hooks.example.com/', // not https
  'https://hooks.example.com:8443/',
  'https://hooks.example.com.evil.example/',
  'https://evil.example/?hooks.example.com',
  'https://hooks.example.com@evil.example/',
  'https://user:password@hooks.example.com/',
  'https://127.0.0.1/',
  'https://0x7f.1/',
  'file:///etc/passwd',
  'data:text/plain,x',
  'hooks.example.com',
  '',
])('%s is not on the list', (url) => {
  const build = () => webhook({ ...setting, url, allow: ['hooks.example.com'] })
  expect(build).toThrow(expect.objectContaining({ code: 'input/invalid' }))
  expect(build).not.toThrow(/password/)
})

test.each([
  'http://169.254.169.254/latest/meta-data',
  'http://[::ffff:169.254.169.254]/',
  'http://0xa9fea9fe/',
  'http://2852039166/',
  'http://0.0.0.0/',
  'http://0/',
  'http://[::]/',
  'http://[fe80::1]/',
  'http://100.100.100.200/',
  'http://[fd00:ec2::254]/',
])('%s cannot even be put on the list', (url) => {
  expect(() => webhook({ ...setting, url, allow: [new URL(url).origin] })).toThrow(/may not post/)
})

/** Somebody else's DNS answers with this address. @returns how often it was asked */
function bend(address: string): () => number {
  let asked = 0
  const original = dns.lookup
  const answer = (...args: unknown[]) => {
    asked += 1
    const callback = args.at(-1) as (error: null, addresses: dns.LookupAddress[]) => void
    callback(null, [{ address, family: isIP(address) }])
  }
  const set = (lookup: unknown) => {
    Object.assign(dns, { lookup })
    syncBuiltinESMExports()
  }
  set(answer)
  onTestFinished(() => set(original))
  return () => asked
}

test.each(['127.0.0.1', '::1', '::ffff:127.0.0.1', '169.254.169.254', '::ffff:a9fe:a9fe', 'fe80::1'])(
  'a name that was bent to %s leads nowhere',
  async (address) => {
    let reached = 0
    const port = await receiver((_, response) => {
      reached += 1
      response.end()
    })
    const asked = bend(address)
    expect(await posted(`http://hooks.example.com:${port}/`, [`http://hooks.example.com:${port}`])).toBe('unanswered')
    expect([asked(), reached]).toEqual([1, 0])
  },
)
