import { expect, test } from 'vitest'
import { attempt, defaultRetryPolicy } from '../../src/engine/attempt.js'
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
