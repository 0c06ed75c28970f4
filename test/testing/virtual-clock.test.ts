import fc from 'fast-check'
import { expect, test } from 'vitest'
import { virtualClock } from '../../src/testing/virtual-clock.js'

test('timers fire in the order of their instants, equal ones as they were set, and cancelled ones never', async () => {
  let ties = 0
  let cancelled = 0
  const timers = fc.array(fc.record({ after: fc.integer({ min: -2, max: 12 }), isCancelled: fc.boolean() }), {
    minLength: 1,
    maxLength: 60,
  })
  await fc.assert(
    fc.asyncProperty(timers, async (wanted) => {
      const clock = virtualClock(1_000)
      const fired: number[] = []
      const cancels = wanted.map(({ after }, i) => clock.at(1_000 + after, () => fired.push(i)))
      for (const [i, { isCancelled }] of wanted.entries()) if (isCancelled) cancels[i]!()
      await clock.advance(20)
      const kept = [...wanted.entries()].filter(([, { isCancelled }]) => !isCancelled)
      expect(fired).toEqual(kept.toSorted(([i, a], [j, b]) => a.after - b.after || i - j).map(([i]) => i))
      expect(clock.now()).toBe(1_020)
      ties += new Set(kept.map(([, { after }]) => after)).size < kept.length ? 1 : 0
      cancelled += kept.length < wanted.length ? 1 : 0
    }),
    { numRuns: 100 },
  )
  expect(Math.min(ties, cancelled)).toBeGreaterThan(5)
})

test('what a timer leads to happens before the next one, and may set and cancel others', async () => {
  const clock = virtualClock(0)
  const told: string[] = []
  const late = clock.at(30, () => told.push('late'))
  clock.at(10, async () => {
    await Promise.resolve()
    told.push(`first at ${clock.now()}`)
    clock.at(15, () => told.push(`between at ${clock.now()}`))
    late()
  })
  clock.at(20, () => told.push(`second at ${clock.now()}`))
  await clock.runUntil(() => told.length === 3)
  expect(told).toEqual(['first at 10', 'between at 15', 'second at 20'])
  await expect(clock.runUntil(() => false)).rejects.toThrow(/Nothing is due any more/)
})
