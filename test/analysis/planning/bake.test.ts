import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Bake, bakeWarning, whatCouldBeSeen } from '../../../src/analysis/planning/bake.js'
import { detection } from '../../../src/analysis/planning/detection.js'

const bake: Bake = { baseline: 0.005, weightPercent: 10, requestsPerSecond: 100, durationMs: 10 * 60_000 }

test('a bake sees what it says it could see, and no less', () => {
  let answers = 0
  const traffic = fc.record({
    baseline: fc.double({ min: 1e-5, max: 0.1, noNaN: true }),
    weightPercent: fc.integer({ min: 1, max: 50 }),
    requestsPerSecond: fc.integer({ min: 1, max: 10_000 }),
    durationMs: fc.integer({ min: 60_000, max: 86_400_000 }),
    increase: fc.constantFrom(0, 1e-4),
  })
  fc.assert(
    fc.property(traffic, ({ increase, ...rest }) => {
      const asked = { ...rest, tolerated: { ratio: 1.1, increase } }
      const smallest = whatCouldBeSeen(asked)
      if (smallest === undefined) return
      answers++
      const needs = (ratio: number) => detection({ ...asked, ratio }).enough.requests
      const has = (rest.durationMs / 1_000) * (rest.weightPercent / 100) * rest.requestsPerSecond
      expect(needs(smallest)).toBeLessThanOrEqual(has * (1 + 1e-9))
      const less = smallest * 0.998
      // With enormous traffic the next smaller one is tolerated as good as exactly, and there is nothing to plan for.
      const edge = asked.tolerated.ratio + increase / rest.baseline
      if (less > edge * 1.0005) expect(needs(less)).toBeGreaterThan(has)
    }),
  )
  expect(answers).toBeGreaterThan(20)
})

test('a bake too quiet for anything sees nothing', () => {
  expect(whatCouldBeSeen({ ...bake, requestsPerSecond: 0.01 })).toBeUndefined()
})

test('a bake that is long enough gives no warning', () => {
  expect(bakeWarning({ ...bake, durationMs: 11 * 60_000 }, 2)).toBeUndefined()
})

test('a bake that is too short says what it has, what it needs, and what it could see', () => {
  expect(bakeWarning(bake, 2)).toMatchObject({
    code: 'bake-too-short',
    numbers: { requests: 6_000, durationNeededMs: 11 * 60_000 },
  })
  const blind = bakeWarning({ ...bake, durationMs: 60_000 }, 1.5)
  expect(blind?.code).toBe('bake-blind')
  expect(blind?.numbers.smallestSeen).toBeGreaterThan(2)
  expect(blind?.says).toMatch(
    /^A bake of 1m at 10 % has 600 canary requests\. To see an error rate of 0\.5 % become 1\.5 times as high takes 2\d,\d{3} \(\d+m\), and no test does it with fewer than 9,\d{3}\. It would see [\d.]+ times\. Bake longer/,
  )
})
