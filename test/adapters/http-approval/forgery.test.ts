import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ed25519, hmac, keyed, opened, question, random, seen, sent, setUp, tokenOf } from './set-up.js'

const base64url = (text: string) => Buffer.from(text).toString('base64url')
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Somebody changes a token: one character, a cut, an insertion, a swap, another spelling of the same bytes. */
const mutation = fc.oneof(
  fc.record({ kind: fc.constant('replace'), at: fc.nat(), by: fc.constantFrom(...alphabet, '.', '=', '+', '/', ' ', '\0') }),
  fc.record({ kind: fc.constant('insert'), at: fc.nat(), by: fc.constantFrom(...alphabet, '.', '=', '\n', ' ') }),
  fc.record({ kind: fc.constant('cut'), at: fc.nat(), by: fc.constant('') }),
  fc.record({ kind: fc.constant('keep'), at: fc.nat(), by: fc.constant('') }),
  fc.record({ kind: fc.constant('claim'), at: fc.nat(), by: fc.string({ minLength: 1, maxLength: 8 }) }),
)

function mutated(token: string, { kind, at, by }: { kind: string; at: number; by: string }): string {
  const place = at % token.length
  if (kind === 'replace') return token.slice(0, place) + by + token.slice(place + 1)
  if (kind === 'insert') return token.slice(0, place) + by + token.slice(place)
  if (kind === 'cut') return token.slice(0, place) + token.slice(place + 1)
  if (kind === 'keep') return token.slice(0, place)
  const [text = '', signature] = token.split('.')
  const claims = JSON.parse(Buffer.from(text, 'base64url').toString())
  const names = Object.keys(claims)
  claims[names[at % names.length]!] = by
  return `${base64url(JSON.stringify(claims))}.${signature}`
}

test.each([
  ['HMAC', hmac],
  ['Ed25519', ed25519],
])('of ten thousand changed tokens signed with %s, none is taken', async (_, keys) => {
  const { approval, answers, refusals, ask } = setUp({ keys: keys() })
  const { approve, reject } = await ask()
  let tried = 0
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(tokenOf(approve), tokenOf(reject)), mutation, async (token, change) => {
      const other = mutated(token, change)
      fc.pre(other !== token)
      tried += 1
      const request = tried % 2 === 0 ? sent(other) : opened(other)
      return (await approval.handle(request)).status === 403
    }),
    { numRuns: 10_000 },
  )
  expect(tried).toBeGreaterThanOrEqual(10_000)
  expect(answers).toEqual([])
  expect(new Set(refusals.map(({ why }) => why))).toEqual(new Set(['forged']))
  expect((await approval.handle(sent(tokenOf(approve)))).status).toBe(200)
})

test('every other spelling of the signature is refused', async () => {
  for (const keys of [hmac(), ed25519()]) {
    const { approval, ask } = setUp({ keys })
    const token = tokenOf((await ask()).approve)
    const bytes = (text: string) => Buffer.from(text.split('.')[1]!, 'base64url').toString('hex')
    const spellings = [...alphabet].map((last) => token.slice(0, -1) + last).concat(`${token}=`, `${token}==`)
    const twins = spellings.filter((spelling) => spelling !== token && bytes(spelling) === bytes(token))
    expect(twins.length).toBeGreaterThan(2)
    for (const twin of twins) expect((await approval.handle(sent(twin))).status).toBe(403)
  }
})

test('a token cannot choose how it is checked', async () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const publicKey = createPublicKey(privateKey)
  const { approval, answers, ask } = setUp({ keys: { ed25519: { privateKey } } })
  const [text] = tokenOf((await ask()).approve).split('.')
  const macs = [
    publicKey.export({ format: 'pem', type: 'spki' }),
    publicKey.export({ format: 'der', type: 'spki' }),
    Buffer.from(String(publicKey.export({ format: 'jwk' }).x), 'base64url'),
    '',
  ].flatMap((key) => {
    const header = base64url('{"alg":"HS256","typ":"JWT"}')
    const mac = (signed: string) => createHmac('sha256', key).update(signed).digest('base64url')
    return [
      `${text}.${mac(text!)}`,
      `${text}.${mac(`taxiway approval link 1\n${text}`)}`,
      `${header}.${text}.${mac(`${header}.${text}`)}`,
    ]
  })
  const none = ['none', 'None', 'NONE', 'HS256', 'EdDSA'].flatMap((alg) => {
    const header = base64url(JSON.stringify({ alg, typ: 'JWT' }))
    return [`${header}.${text}.`, `${header}.${text}`, `${text}.`, `${text}`]
  })
  for (const token of [...macs, ...none, '', '.', '..', 'null', '{}']) {
    expect((await approval.handle(sent(token))).status).toBe(403)
    expect((await approval.handle(opened(token))).status).toBe(403)
  }
  expect(answers).toEqual([])
})

test('forged, foreign, expired, outdated, replayed and misshapen ones get one and the same answer', async () => {
  const keys = hmac()
  const { approval, time, refusals, ask } = setUp({ keys })
  const token = tokenOf((await ask()).approve)
  const elsewhere = tokenOf((await setUp({ keys, baseUrl: 'https://staging.example.com/approvals' }).ask()).approve)
  const otherKeys = tokenOf((await setUp().ask()).approve)
  const other = async (changes: Partial<typeof question>) => tokenOf((await ask(changes)).approve)
  const digest = `sha256:${'b'.repeat(64)}`
  const answers = [
    await approval.handle(sent(elsewhere)),
    await approval.handle(sent(otherKeys)),
    await approval.handle(sent(await other({ planHash: `sha256:${'2'.repeat(64)}` }))),
    await approval.handle(sent(await other({ artifacts: { checkout: { version: 'v2', digest } } }))),
    await approval.handle(sent(await other({ release: 'billing-7' }))),
    await approval.handle(new Request('https://releases.example.com/approvals')),
    await approval.handle(new Request('https://releases.example.com/approvals', { method: 'DELETE' })),
    await approval.handle(new Request('https://releases.example.com/approvals', { method: 'POST', body: 'x' })),
    await approval.handle(sent(token, 'x'.repeat(1_000_000))),
  ]
  await approval.handle(sent(token))
  answers.push(await approval.handle(sent(token)))
  time.now = question.expiresAt
  answers.push(await approval.handle(sent(token)), await approval.handle(opened(token)))
  const [first, ...rest] = await Promise.all(answers.map(seen))
  expect(first?.status).toBe(403)
  for (const answer of rest) expect(answer).toEqual(first)
  expect(refusals.map(({ why }) => why).join(' ')).toBe(
    'foreign forged changed changed changed forged malformed malformed malformed used expired expired',
  )
})

test('a thousand clicks at once on one link are one answer', async () => {
  const { approval, answers, ask } = setUp()
  const token = tokenOf((await ask()).approve)
  const clicks = await Promise.all(Array.from({ length: 1_000 }, () => approval.handle(sent(token))))
  expect(answers).toHaveLength(1)
  expect(clicks.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(clicks.filter(({ status }) => status === 403)).toHaveLength(999)
})

test('nothing that is shown or reported contains a secret', async () => {
  const hidden = random()
  const { approval, refusals, mailbox, ask } = setUp({ keys: { hmac: [keyed(hidden)] } })
  const token = tokenOf((await ask()).approve)
  const pages = await Promise.all(
    [opened(token), sent(token), sent(token), sent('x')].map(async (request) => seen(await approval.handle(request))),
  )
  expect(JSON.stringify([pages, refusals, mailbox])).not.toContain(hidden)
})

test('an operator whose log breaks does not change the answer', async () => {
  const { approval } = setUp({
    refused: () => {
      throw new Error('log is full')
    },
  })
  expect((await approval.handle(sent('x'))).status).toBe(403)
})
