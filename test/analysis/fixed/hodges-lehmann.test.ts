import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type HodgesLehmann, hodgesLehmann } from '../../../src/analysis/fixed/hodges-lehmann.js'
import { type MannWhitney, mannWhitneyU } from '../../../src/analysis/fixed/mann-whitney-u.js'

const sample = fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 1, maxLength: 15 })
const interval = (...args: Parameters<typeof hodgesLehmann>) => hodgesLehmann(...args) as HodgesLehmann

test('the estimate is the median of all differences, and lies within its interval', () => {
  fc.assert(
    fc.property(sample, sample, (x, y) => {
      const differences = x.flatMap((a) => y.map((b) => a - b)).sort((a, b) => a - b)
      const [low, high] = [differences[(differences.length - 1) >> 1]!, differences[differences.length >> 1]!]
      const { estimate, lower, upper } = interval(x, y)
      expect(estimate).toBe((low + high) / 2)
      expect(lower).toBeLessThanOrEqual(estimate)
      expect(upper).toBeGreaterThanOrEqual(estimate)
    }),
  )
})

test('the interval holds the shifts that the test does not reject', () => {
  const distinct = fc.uniqueArray(fc.integer({ min: -10_000, max: 10_000 }), { minLength: 16, maxLength: 24 })
  let excluded = 0
  fc.assert(
    fc.property(distinct, fc.integer({ min: 0, max: 8_000 }), (values, shift) => {
      const [x, y] = [values.slice(0, 8).map((value) => value + shift + 0.25), values.slice(8)]
      const { lower, upper } = interval(x, y, { confidence: 0.95, method: 'exact' })
      const { p } = mannWhitneyU(x, y, { method: 'exact' }) as MannWhitney
      expect(p > 0.05).toBe(lower < 0 && 0 < upper)
      if (lower > 0 || upper < 0) excluded++
    }),
    { seed: 4 },
  )
  expect(excluded).toBeGreaterThan(10)
})

test('it moves with the canary, scales with the unit, and turns round with the sides', () => {
  fc.assert(
    fc.property(
      sample,
      sample,
      fc.integer({ min: -500, max: 500 }),
      fc.integer({ min: -200, max: 200 }),
      (x, y, shift, power) => {
        const { estimate, lower, upper } = interval(x, y)
        const unit = 2 ** power
        const scale = (values: readonly number[]) => values.map((value) => value * unit)
        expect(interval(scale(x), scale(y))).toMatchObject({
          estimate: estimate * unit,
          lower: lower * unit,
          upper: upper * unit,
        })
        const method = interval(x, y).method
        const moved = interval(
          x.map((value) => value + shift),
          y,
          { method },
        )
        expect(moved).toMatchObject({ estimate: estimate + shift, lower: lower + shift, upper: upper + shift })
        const turned = interval(y, x)
        expect([turned.estimate + estimate, turned.lower + upper, turned.upper + lower]).toEqual([0, 0, 0])
      },
    ),
  )
})

test('more confidence never narrows the interval', () => {
  fc.assert(
    fc.property(sample, sample, (x, y) => {
      const [narrow, wide] = [interval(x, y, { confidence: 0.8 }), interval(x, y, { confidence: 0.99 })]
      expect(wide.lower).toBeLessThanOrEqual(narrow.lower)
      expect(wide.upper).toBeGreaterThanOrEqual(narrow.upper)
    }),
  )
})

test('without numbers on a side there is no interval, and infinite ones are refused', () => {
  expect(hodgesLehmann([], [1])).toHaveProperty('insufficient')
  expect(() => hodgesLehmann([Infinity], [1])).toThrow('have to be finite')
  expect(() => hodgesLehmann([1], [1], { confidence: 1 })).toThrow('between 0 and 1')
  expect(() => hodgesLehmann(new Float64Array(101), [1], { method: 'exact' })).toThrow('at most 100 numbers')
})
