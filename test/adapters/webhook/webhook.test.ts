import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { Webhook as Verifier } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { type Drop, type Post, type WebhookOptions, webhook } from '../../../adapters/webhook/index.js'
import { virtualClock } from '../../../src/testing/virtual-clock.js'
import { secret } from '../../../src/vocabulary/secret.js'

const keys = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)] as const
const secrets = keys.map((key) => `whsec_${key.toString('base64')}`)
const start = Date.UTC(2030, 0, 1)
const record = (release: string, seq: number, body: unknown = { says: 'hello' }) => ({ release, seq, at: start, body })

type Message = Parameters<Post>[1] & { readonly status: number | 'none'; readonly at: number }

/** A webhook whose receiver answers with these statuses in turn, and then with 200; `none` is no answer. */
function setUp({ statuses = [], ...options }: Partial<WebhookOptions> & { statuses?: (number | 'none')[] } = {}) {
  const clock = virtualClock(start)
  const messages: Message[] = []
  const drops: Drop[] = []
  const hook = webhook({
    url: 'https://hooks.example.com/releases',
    allow: ['hooks.example.com'],
    secrets: secrets.map((value) => secret(() => value)),
    source: 'https://releases.example.com/',
    clock,
    random: () => 1,
    dropped: (drop) => void drops.push(drop),
    post: async (_, message) => {
      const status = statuses.shift() ?? 200
      messages.push({ ...message, status, at: clock.now() - start })
      if (status === 'none') throw new Error('ECONNREFUSED')
      return status
    },
    ...options,
  })
  const flushed = async () => {
    let isDone = false
    const done = hook.flush().then(() => {
      isDone = true
    })
    await clock.runUntil(() => isDone)
    await done
  }
  const bodies = () => messages.filter(({ status }) => status === 200).map(({ body }) => JSON.parse(body))
  return { hook, clock, messages, drops, flushed, bodies }
}

test('a record arrives as a signed CloudEvent', async () => {
  const { hook, messages, flushed } = setUp()
  hook.record(record('checkout-42', 7))
  await flushed()
  const { headers, body } = messages[0]!
  expect(JSON.parse(body)).toEqual(record('checkout-42', 7))
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'ce-specversion': '1.0',
    'ce-id': headers['webhook-id'],
    'ce-source': 'https://releases.example.com/',
    'ce-type': 'dev.taxiway.release.record',
    'ce-subject': 'checkout-42',
    'ce-time': '2030-01-01T00:00:00.000Z',
    'webhook-timestamp': String(start / 1_000),
  })
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  const expected = keys.map((key) => `v1,${createHmac('sha256', key).update(signed).digest('base64')}`)
  expect(headers['webhook-signature']).toBe(expected.join(' '))
  expect(headers['webhook-id']).toMatch(/^msg_[0-9a-f]{32}$/)
})

test('whoever verifies by the Standard Webhooks specification accepts what is sent, with either key, and nothing that was changed', async () => {
  const { hook, messages, flushed } = setUp({ clock: virtualClock(Date.now()) })
  hook.record(record('checkout-42', 7, { says: 'grüße, 世界' }))
  await flushed()
  const { headers, body } = messages[0]!
  for (const secret of secrets) expect(new Verifier(secret).verify(body, headers)).toEqual(JSON.parse(body))
  const stranger = `whsec_${Buffer.alloc(32, 3).toString('base64')}`
  expect(() => new Verifier(stranger).verify(body, headers)).toThrow('No matching signature')
  expect(() => new Verifier(secrets[0]!).verify(`${body} `, headers)).toThrow('No matching signature')
})

test('one record has one id at every attempt, and each attempt is signed with its own time', async () => {
  const { hook, messages, flushed } = setUp({ statuses: [503, 'none', 429] })
  hook.record(record('a', 1))
  await flushed()
  expect(messages.map(({ at }) => at)).toEqual([0, 1_000, 3_000, 7_000])
  expect(new Set(messages.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  expect(messages.map(({ headers }) => Number(headers['webhook-timestamp']) * 1_000 - start)).toEqual([0, 1_000, 3_000, 7_000])
  expect(hook.counts).toEqual({ sent: 1, dropped: 0, waiting: 0 })
})

test('records of one release keep their order whatever goes wrong, and do not wait for those of others', async () => {
  let repeated = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 30 }),
      fc.array(fc.constantFrom<number | 'none'>(200, 500, 'none'), { maxLength: 60 }),
      fc.integer({ min: 1, max: 4 }),
      async (releases, statuses, abreast) => {
        const { hook, messages, bodies, flushed } = setUp({ statuses, abreast, attempts: 100 })
        for (const [seq, release] of releases.entries()) hook.record(record(release, seq))
        await flushed()
        repeated += messages.filter(({ status }) => status !== 200).length
        for (const release of ['a', 'b', 'c']) {
          const arrived = bodies().flatMap((body) => (body.release === release ? body.seq : []))
          expect(arrived).toEqual(releases.flatMap((other, seq) => (other === release ? seq : [])))
        }
      },
    ),
    { numRuns: 100 },
  )
  expect(repeated).toBeGreaterThan(100)
})

test('a release whose records are not taken does not hold up another one', async () => {
  const { hook, clock, bodies } = setUp({ statuses: [500, 200] })
  hook.record(record('stuck', 1))
  hook.record(record('free', 1))
  await clock.advance(0)
  expect(bodies().map(({ release }) => release)).toEqual(['free'])
  await hook.close()
})

test('what nobody takes is dropped after the last attempt, counted and told, and the next record goes out', async () => {
  const { hook, messages, drops, flushed } = setUp({ statuses: [500, 500, 500], attempts: 3, longestWaitMs: 1_500 })
  hook.record(record('a', 1))
  hook.record(record('a', 2))
  await flushed()
  expect(messages.map(({ at }) => at)).toEqual([0, 1_000, 2_500, 2_500])
  expect(drops).toEqual([{ record: record('a', 1), why: 'unanswered', status: 500 }])
  expect(hook.counts).toEqual({ sent: 1, dropped: 1, waiting: 0 })
})

test.each([301, 302, 307, 400, 401, 404, 410, 413])('%i is final', async (status) => {
  const { hook, messages, drops, flushed } = setUp({ statuses: [status] })
  hook.record(record('a', 1))
  await flushed()
  expect(messages).toHaveLength(1)
  expect(drops).toEqual([{ record: record('a', 1), why: 'refused', status }])
})

test('records for which there is no room are dropped at once, the oldest are kept', async () => {
  const { hook, drops, bodies, flushed } = setUp({ room: 3 })
  for (let seq = 1; seq <= 5; seq++) hook.record(record('a', seq))
  expect(drops.map(({ record: { seq }, why }) => `${seq} ${why}`)).toEqual(['4 full', '5 full'])
  await flushed()
  expect(bodies().map(({ seq }) => seq)).toEqual([1, 2, 3])
  hook.record(record('a', 6))
  await flushed()
  expect(hook.counts).toEqual({ sent: 4, dropped: 2, waiting: 0 })
})

test('a post that gets no answer in time is given up and tried again', async () => {
  let posts = 0
  const { hook, clock, drops } = setUp({
    timeoutMs: 5_000,
    attempts: 2,
    post: (_, { signal }) => {
      posts += 1
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    },
  })
  hook.record(record('a', 1))
  await clock.advance(4_999)
  expect(posts).toBe(1)
  await clock.advance(1_001)
  expect(posts).toBe(2)
  await clock.advance(5_000)
  expect(drops).toMatchObject([{ why: 'unanswered' }])
})

test('closing gives up what is under way, drops what waits, and says so', async () => {
  const { hook, clock, drops, messages } = setUp({ statuses: [500] })
  for (let seq = 1; seq <= 3; seq++) hook.record(record('a', seq))
  const flushed = hook.flush()
  await clock.advance(0)
  await hook.close()
  await flushed
  hook.record(record('a', 4))
  expect(drops.map(({ record: { seq }, why }) => `${seq} ${why}`).sort()).toEqual([
    '1 closed',
    '2 closed',
    '3 closed',
    '4 closed',
  ])
  await clock.advance(3_600_000)
  expect(messages).toHaveLength(1)
})

test('nothing that breaks reaches the engine', async () => {
  const cyclic: Record<string, unknown> = {}
  cyclic.self = cyclic
  const { hook, drops, flushed } = setUp({
    maxBytes: 200,
    dropped: (drop) => {
      drops.push(drop)
      throw new Error('the log is full')
    },
  })
  hook.record(record('a', 1, cyclic))
  hook.record(record('a', 2, 10n))
  hook.record(record('a', 3, 'x'.repeat(200)))
  hook.record(record('a', 4))
  await flushed()
  expect(drops.map(({ why }) => why)).toEqual(['unreadable', 'unreadable', 'too-large'])
  expect(hook.counts).toEqual({ sent: 1, dropped: 3, waiting: 0 })
})

test('an event of your own is told, or none, and its names are made fit for a header', async () => {
  const { hook, messages, flushed } = setUp({
    event: ({ seq, release }) =>
      seq === 1 ? undefined : { type: 'com.example.ok', subject: `${release} "50 %" ü\r\nx: y`, data: { seq } },
  })
  hook.record(record('a', 1))
  hook.record(record('a', 2))
  await flushed()
  expect(messages.map(({ body }) => body)).toEqual(['{"seq":2}'])
  expect(messages[0]?.headers['ce-subject']).toBe('a%20%2250%20%25%22%20%C3%BC%0D%0Ax:%20y')
  expect(hook.counts).toEqual({ sent: 1, dropped: 0, waiting: 0 })
})

test('records of other installations and numbers have other ids', async () => {
  const ids = new Set<string>()
  for (const source of ['https://a.example', 'https://b.example']) {
    const { hook, messages, flushed } = setUp({ source })
    for (const [release, seq] of [
      ['r', 1],
      ['r', 2],
      ['r-1', 2],
    ] as const)
      hook.record(record(release, seq))
    await flushed()
    for (const { headers } of messages) ids.add(headers['webhook-id']!)
  }
  expect(ids.size).toBe(6)
})

test('a webhook without a secret is refused', () => {
  expect(() => setUp({ secrets: [] })).toThrow(expect.objectContaining({ code: 'input/invalid' }))
})

test('what cannot be signed is never sent, and is told apart; secrets are asked for at every post', async () => {
  const sound = secrets[0]!
  const answers = [undefined, 'whsec_c2hvcnQ=', sound]
  const { hook, messages, drops, flushed } = setUp({ secrets: [secret(() => answers.shift() ?? sound)] })
  hook.record(record('r', 1))
  await flushed()
  expect([messages.length, drops]).toEqual([1, []])
  const unsigned = setUp({ secrets: [secret(() => 'whsec_c2hvcnQ=')] })
  unsigned.hook.record(record('r', 1))
  await unsigned.flushed()
  expect([unsigned.messages, unsigned.drops.map(({ why }) => why)]).toEqual([[], ['unsigned']])
})
