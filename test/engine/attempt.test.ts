import { expect, test } from 'vitest'
import { attempt, defaultRetryPolicy } from '../../src/engine/attempt.js'
import { Recall } from '../../src/engine/recall.js'
import type { CallOptions } from '../../src/ports/call-options.js'
import { virtualClock } from '../../src/testing/virtual-clock.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'

/** When each call was made, milliseconds after the first. */
async function calledAt(errors: readonly ReleaseError[]): Promise<number[]> {
  const clock = virtualClock()
  const startedAt = clock.now()
  const instants: number[] = []
  const setting = { clock, random: () => 0, policy: { ...defaultRetryPolicy, attempts: 3 }, fencingToken: 1, idempotencyKey: 'k' }
  const answered = attempt({ ...setting, signal: new AbortController().signal }, async () => {
    const error = errors[instants.push(clock.now() - startedAt) - 1]
    if (error) throw error
    return 'answer'
  })
  let isOver = false
  void answered.finally(() => {
    isOver = true
  })
  await clock.runUntil(() => isOver)
  expect(await answered).toBe('answer')
  return instants
}

const busy = (details: Record<string, number>) => new ReleaseError('adapter/unavailable', 'Too many requests.', details)

test('a product that asks for patience gets it, and a call that fails again is judged by its newest answer', async () => {
  const [first = 0] = (await calledAt([busy({})])).slice(1)
  expect(first).toBeLessThan(5_000)
  expect((await calledAt([busy({ retryAfterSeconds: 20 })]))[1]).toBe(20_000)
  const [, second = 0, third = 0] = await calledAt([busy({ retryAfterSeconds: 20 }), busy({})])
  expect(second).toBe(20_000)
  expect(third - second).toBeLessThan(5_000)
})

test.each([3_600, 1e12])(
  'nobody waits longer than a minute for a product that asks for %d s, least of all a rollback',
  async (s) => {
    expect((await calledAt([busy({ retryAfterSeconds: s })]))[1]).toBe(60_000)
  },
)

test('what calls are told is of one shape, and a copy of it has the signal as well', async () => {
  const told: CallOptions[] = []
  const signal = new Recall()
  const setting = {
    clock: virtualClock(),
    random: () => 0,
    policy: defaultRetryPolicy,
    fencingToken: 1,
    idempotencyKey: 'k',
    signal,
  }
  for (let i = 0; i < 2; i++) await attempt(setting, async (options) => told.push(options))
  const [first, second] = told.map((options) => Object.getOwnPropertyDescriptor(options, 'signal')?.get)
  // Getters of their own would keep everything the calls touched until the next full collection.
  expect(first).toBe(second)

  const answer = attempt(setting, (options) => {
    const copy = { ...options }
    expect(copy).toEqual({ idempotencyKey: 'k', fencingToken: 1, signal: expect.any(AbortSignal) })
    signal.abort('given up')
    expect(copy.signal.reason).toBe('given up')
    return Promise.resolve(options.signal === copy.signal)
  })
  expect(await answer).toBe(true)
})
