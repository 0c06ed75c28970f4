import { expect, test } from 'vitest'
import { callback, keyed, now, question, seen, setUp } from './set-up.js'

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const former = `whsec_${Buffer.alloc(32, 8).toString('base64')}`
const { release, gate, planHash, artifacts } = question
const said = { release, gate, planHash, artifacts, decision: 'approve', actor: { id: 'kim@example.com' }, reason: 'in chat' }
const body = JSON.stringify(said)

test('a system that signs what it posts is heard', async () => {
  const { approval, answers } = setUp({ callbackSecrets: [keyed(secret), keyed(former)] })
  expect((await approval.handle(callback(body, { secret }))).status).toBe(204)
  expect((await approval.handle(callback(body, { secret: former, id: 'msg_2' }))).status).toBe(204)
  const answer = { release, gate, decision: 'approve', actor: { id: 'kim@example.com' }, reason: 'in chat' }
  expect(answers).toEqual([
    { ...answer, id: 'callback:msg_1' },
    { ...answer, id: 'callback:msg_2' },
  ])
})

/** What is wrong with it, and how it was sent. */
const refused: [string, () => Request][] = [
  ['another secret', () => callback(body, { secret: former })],
  ['a body written anew', () => callback(JSON.stringify(said, null, 2), { secret, signed: body })],
  ['one more space', () => callback(`${body} `, { secret, signed: body })],
  ['a time six minutes ago', () => callback(body, { secret, at: now - 301_000 })],
  ['a time six minutes ahead', () => callback(body, { secret, at: now + 301_000 })],
  ['a time that is no number', () => resigned('webhook-timestamp', 'NaN')],
  ['another id', () => resigned('webhook-id', 'msg_3')],
  ['no signature', () => resigned('webhook-signature', '')],
  ['a signature without its version', () => resigned('webhook-signature', (value) => value.slice(3))],
  ['a signature in hex, upper case', () => resigned('webhook-signature', (value) => `v1,${hex(value).toUpperCase()}`)],
  ['a signature in hex', () => resigned('webhook-signature', (value) => `v1,${hex(value)}`)],
  ['a signature without its padding', () => resigned('webhook-signature', (value) => value.replace(/=+$/, ''))],
  ['a header sent twice', () => resigned('webhook-signature', (value) => `${value}, ${value}`)],
  ['a time sent twice', () => resigned('webhook-timestamp', (value) => `${value}, ${value}`)],
  ['many signatures', () => resigned('webhook-signature', (value) => `${'v1,x '.repeat(4)}${value}`)],
  ['an unknown field', () => callback(JSON.stringify({ ...said, quorum: 1 }), { secret })],
  ['no plan hash', () => callback(JSON.stringify({ ...said, planHash: undefined }), { secret })],
  ['another plan', () => callback(JSON.stringify({ ...said, planHash: `sha256:${'9'.repeat(64)}` }), { secret })],
  ['another build', () => callback(JSON.stringify({ ...said, artifacts: { checkout: { version: 'v3' } } }), { secret })],
  ['another release', () => callback(JSON.stringify({ ...said, release: 'billing-7' }), { secret })],
  ['no JSON', () => callback('decision=approve', { secret })],
  ['an id with a dot', () => callback(body, { secret, id: 'msg.1' })],
]

function resigned(name: string, value: string | ((value: string) => string)): Request {
  const request = callback(body, { secret })
  request.headers.set(name, typeof value === 'string' ? value : value(request.headers.get(name)!))
  return request
}
const hex = (signature: string) => Buffer.from(signature.slice(3), 'base64').toString('hex')

test.each(refused)('a callback with %s is turned away like a forged link', async (_, request) => {
  const { approval, answers } = setUp({ callbackSecrets: [keyed(secret)] })
  const forgedLink = await seen(await approval.handle(new Request('https://releases.example.com/?token=x')))
  expect(await seen(await approval.handle(request()))).toEqual(forgedLink)
  expect(answers).toEqual([])
})

test('a callback secret that is too short hears nobody', async () => {
  const { approval, answers } = setUp({ callbackSecrets: [keyed('whsec_aHVudGVyMg==')] })
  expect((await approval.handle(callback(body, { secret: 'whsec_aHVudGVyMg==' }))).status).toBe(503)
  expect(answers).toEqual([])
})

test('without secrets of its own, no callback is heard', async () => {
  const { approval, answers, refusals } = setUp()
  expect((await approval.handle(callback(body, { secret }))).status).toBe(403)
  expect(answers).toEqual([])
  expect(refusals).toEqual([{ why: 'forged' }])
})

test('a callback sent again acts once', async () => {
  const { approval, answers, refusals } = setUp({ callbackSecrets: [keyed(secret)] })
  const statuses = []
  for (let times = 0; times < 3; times++) statuses.push((await approval.handle(callback(body, { secret }))).status)
  expect(statuses).toEqual([204, 403, 403])
  expect(answers).toHaveLength(1)
  expect(refusals[0]).toEqual({ why: 'used', about: { id: 'callback:msg_1', release, gate } })
})
