import fc from 'fast-check'
import { expect, test } from 'vitest'
import { boschlooExact } from '../../../src/analysis/fixed/boschloo-exact.js'
import { fisherExact } from '../../../src/analysis/fixed/fisher-exact.js'
import type { Proportion } from '../../../src/analysis/fixed/proportion.js'
import { proportionScoreTest } from '../../../src/analysis/fixed/proportion-score-test.js'
import { wilsonInterval } from '../../../src/analysis/fixed/wilson-interval.js'

const proportion = fc
  .integer({ min: 1, max: 25 })
  .chain((total) => fc.record({ bad: fc.integer({ min: 0, max: total }), total: fc.constant(total) }))
const fisherGreater = (control: Proportion, canary: Proportion) =>
  fisherExact(
    [
      [canary.bad, canary.total - canary.bad],
      [control.bad, control.total - control.bad],
    ],
    'greater',
  )

test('every exact p-value is one, and another error of the canary only lowers it', () => {
  fc.assert(
    fc.property(proportion, proportion, (control, canary) => {
      const one = (fails: Proportion) => [
        fisherGreater(control, fails),
        (boschlooExact(control, fails, 'greater') as { p: number }).p,
      ]
      const before = one(canary)
      for (const p of before) {
        expect(p).toBeGreaterThan(0)
        expect(p).toBeLessThanOrEqual(1)
      }
      if (canary.bad === canary.total) return
      for (const [i, p] of one({ ...canary, bad: canary.bad + 1 }).entries()) expect(p).toBeLessThanOrEqual(before[i]! + 1e-12)
    }),
    { numRuns: 50 },
  )
})

test("Boschloo's test finds whatever Fisher's finds", () => {
  fc.assert(
    fc.property(proportion, proportion, (control, canary) => {
      const { p } = boschlooExact(control, canary, 'greater') as { p: number }
      expect(p).toBeLessThanOrEqual(fisherGreater(control, canary) * (1 + 1e-6))
    }),
    { numRuns: 50 },
  )
})

test('the score test turns round with the sides, and says nothing where all are good or all are bad', () => {
  fc.assert(
    fc.property(proportion, proportion, (control, canary) => {
      const [there, back] = [proportionScoreTest(control, canary), proportionScoreTest(canary, control)]
      if ('insufficient' in there || 'insufficient' in back) throw new Error('has requests')
      expect(there.z + back.z).toBeCloseTo(0, 12)
      expect(there.pGreater).toBeCloseTo(back.pLess, 12)
    }),
  )
  expect(proportionScoreTest({ bad: 0, total: 9 }, { bad: 0, total: 5 })).toMatchObject({ z: 0, pTwoSided: 1 })
})

test('the interval of a rate holds the rate, and stays within 0 and 1', () => {
  fc.assert(
    fc.property(proportion, fc.double({ min: 0.01, max: 0.999, noNaN: true }), ({ bad, total }, confidence) => {
      const bounds = wilsonInterval({ bad, total }, confidence)
      if ('insufficient' in bounds) throw new Error('has requests')
      expect(0 <= bounds.lower && bounds.lower <= bad / total && bad / total <= bounds.upper && bounds.upper <= 1).toBe(true)
    }),
  )
})

test('without requests there is no answer, and impossible counts are refused', () => {
  const [none, some] = [
    { bad: 0, total: 0 },
    { bad: 1, total: 2 },
  ]
  for (const result of [wilsonInterval(none), proportionScoreTest(none, some), boschlooExact(some, none)])
    expect(result).toHaveProperty('insufficient')
  expect(
    fisherExact([
      [0, 0],
      [1, 2],
    ]),
  ).toBe(1)
  for (const wrong of [
    { bad: 3, total: 2 },
    { bad: Number.NaN, total: 2 },
    { bad: 0, total: Infinity },
  ]) {
    expect(() => wilsonInterval(wrong)).toThrow('expected 0 ≤ bad ≤ total')
    expect(() => proportionScoreTest(wrong, some)).toThrow('Score test, control')
    expect(() => boschlooExact(some, wrong)).toThrow("Boschloo's test, canary")
  }
  expect(() =>
    fisherExact([
      [0.5, 1],
      [1, 1],
    ]),
  ).toThrow('whole numbers')
  expect(() => boschlooExact(some, { bad: 1, total: 5_000 })).toThrow('up to 2,000')
  expect(() => wilsonInterval(some, 1)).toThrow('between 0 and 1')
})
