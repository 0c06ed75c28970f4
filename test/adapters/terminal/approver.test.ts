import type { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { terminalApprover } from '../../../adapters/terminal/index.js'
import { terminal } from './set-up.js'

const actor = { id: 'kim@example.com' }
const request = (release = 'checkout-42') => ({
  release,
  planHash: 'sha256:0',
  gate: 'production',
  artifacts: { checkout: { version: 'v2' } },
  says: `May ${release} go on?`,
  expiresAt: 0,
})
const call = (signal = new AbortController().signal) => ({ signal, idempotencyKey: 'k', fencingToken: 1 })

const listeners = (...emitters: PassThrough[]) =>
  emitters.map((emitter) => emitter.eventNames().map((name) => [name, emitter.listenerCount(name)]))

test('the person at the terminal approves', async () => {
  const { input, output, shows, type } = terminal()
  const before = listeners(input, output)
  const answer = terminalApprover({ input, output, actor }).request(request(), call())
  await shows('Type "approve 1", or "reject 1" and why: ')
  type('approve 1 looks good')
  expect(await answer).toEqual({ decision: 'approve', actor, reason: 'looks good' })
  expect(listeners(input, output)).toEqual(before)
  expect(input.isPaused()).toBe(true)
})

test('the person at the terminal rejects, and says why', async () => {
  const { input, output, shows, type } = terminal()
  const answer = terminalApprover({ input, output, actor }).request(request(), call())
  await shows('Type')
  type('reject 1 too close to the holidays')
  expect(await answer).toEqual({ decision: 'reject', actor, reason: 'too close to the holidays' })
})

test('nothing, something unclear, or a rejection without a reason is asked again', async () => {
  const { input, output, shows, type } = terminal()
  const answer = terminalApprover({ input, output, actor }).request(request(), call())
  for (const [asked, line] of ['', 'y', 'reject 1', 'approve'].entries()) {
    await shows('Type', asked + 1)
    type(line)
  }
  await shows('Type', 5)
  type('approve 1')
  expect(await answer).toMatchObject({ decision: 'approve' })
})

test('several questions are asked one after the other, and each is answered by its own number', async () => {
  const { input, output, shows, screen, type } = terminal()
  const approver = terminalApprover({ input, output, actor })
  const [first, second] = [approver.request(request('a'), call()), approver.request(request('b'), call())]
  await shows('Question 1: May a go on?')
  expect(screen()).not.toContain('Question 2')
  type('reject 1 no')
  expect(await first).toMatchObject({ decision: 'reject' })
  await shows('Question 2: May b go on?')
  type('approve 1')
  await shows('Type "approve 2"', 2)
  type('approve 2')
  expect(await second).toMatchObject({ decision: 'approve' })
})

test('an answer typed as its question is withdrawn does not answer the next one', async () => {
  const { input, output, shows, type } = terminal()
  const approver = terminalApprover({ input, output, actor })
  const abort = new AbortController()
  const first = approver.request(request('a'), call(abort.signal))
  const second = approver.request(request('b'), call())
  await shows('Type "approve 1"')
  abort.abort()
  await expect(first).rejects.toMatchObject({ code: 'adapter/unavailable' })
  await shows('Type "approve 2"')
  type('approve 1')
  await shows('Type "approve 2"', 2)
  type('reject 2 never')
  expect(await second).toMatchObject({ decision: 'reject' })
})

test('a withdrawn question leaves the terminal as it was', async () => {
  const { input, output, shows } = terminal()
  const before = listeners(input, output)
  const abort = new AbortController()
  const answer = terminalApprover({ input, output, actor }).request(request(), call(abort.signal))
  await shows('Type')
  abort.abort(new Error('the gate expired'))
  await expect(answer).rejects.toMatchObject({ code: 'adapter/unavailable', cause: { message: 'the gate expired' } })
  await shows('This question has been withdrawn.')
  expect(listeners(input, output)).toEqual(before)
})

test('a question withdrawn in the queue is never shown, and does not wait for its turn', async () => {
  const { input, output, shows, screen, type } = terminal()
  const approver = terminalApprover({ input, output, actor })
  const abort = new AbortController()
  const first = approver.request(request('a'), call())
  const second = approver.request(request('b'), call(abort.signal))
  const third = approver.request(request('c'), call())
  await shows('Type "approve 1"')
  abort.abort()
  await expect(second).rejects.toMatchObject({ code: 'adapter/unavailable' })
  type('approve 1')
  await first
  await shows('Type "approve 3"')
  type('approve 3')
  await third
  expect(screen()).not.toContain('Question 2')
})

test('a call that was aborted before it began shows nothing', async () => {
  const { input, output, screen } = terminal()
  const answer = terminalApprover({ input, output, actor }).request(request(), call(AbortSignal.abort()))
  await expect(answer).rejects.toMatchObject({ code: 'adapter/unavailable' })
  expect(screen()).toBe('')
})

test('many answered questions leave no listener on the signal or the streams', async () => {
  const { input, output, shows, type } = terminal()
  const approver = terminalApprover({ input, output, actor })
  const before = listeners(input, output)
  const { signal } = new AbortController()
  const counts = { added: 0, removed: 0 }
  const counted = new Proxy(signal, {
    get(target, property) {
      if (property === 'addEventListener') counts.added += 1
      if (property === 'removeEventListener') counts.removed += 1
      const value: unknown = Reflect.get(target, property, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  for (let number = 1; number <= 20; number++) {
    const answer = approver.request(request(), call(counted))
    await shows(`Type "approve ${number}"`)
    type(`approve ${number}`)
    await answer
  }
  expect(counts.added).toBeGreaterThan(0)
  expect(counts.removed).toBe(counts.added)
  expect(listeners(input, output)).toEqual(before)
})

test('the end of input is not an answer, now or for the next question', async () => {
  const { input, output, shows } = terminal()
  const approver = terminalApprover({ input, output, actor })
  const [first, second] = [approver.request(request('a'), call()), approver.request(request('b'), call())]
  await shows('Type')
  input.end()
  const refusal = { code: 'adapter/rejected', message: expect.stringMatching(/terminal was closed.*approve or reject signal/) }
  await expect(first).rejects.toMatchObject(refusal)
  await expect(second).rejects.toMatchObject(refusal)
})

test('words without the end of a line are no answer when the input ends', async () => {
  const { input, output, shows } = terminal()
  const answer = terminalApprover({ input, output, actor }).request(request(), call())
  await shows('Type')
  input.end('approve 1')
  await expect(answer).rejects.toMatchObject({ code: 'adapter/rejected' })
})

test.each([
  ['input', 'breaks', new Error('EIO')],
  ['output', 'breaks', new Error('EIO')],
  ['input', 'goes away', undefined],
  ['output', 'goes away', undefined],
] as const)('a terminal whose %s %s ends the question without an answer', async (side, _, fault) => {
  const { input, output, shows } = terminal()
  const approver = terminalApprover({ input, output, actor })
  const answer = approver.request(request(), call())
  await shows('Type')
  const broken = { input, output }[side]
  broken.destroy(fault)
  await expect(answer).rejects.toMatchObject({ code: 'adapter/rejected' })
  await expect(approver.request(request(), call())).rejects.toMatchObject({ code: 'adapter/rejected' })
})

test.each(['input', 'output'] as const)(
  'without a terminal at its %s nobody is asked, and the refusal says how to answer',
  async (side) => {
    const { input, output, screen } = terminal()
    Object.assign({ input, output }[side], { isTTY: false })
    await expect(terminalApprover({ input, output, actor }).request(request(), call())).rejects.toMatchObject({
      code: 'adapter/rejected',
      message: expect.stringMatching(/no terminal.*signal from another process.*another approver/),
      details: { release: 'checkout-42', gate: 'production' },
    })
    expect(screen()).toBe('')
  },
)
