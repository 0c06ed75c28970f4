import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type KolmogorovSmirnov, ksTwoSample } from '../../../src/analysis/fixed/ks-two-sample.js'
import { pAdjust } from '../../../src/analysis/fixed/p-adjust.js'
import { quantiles } from '../../../src/analysis/fixed/quantile.js'
import { quantileRatioInterval } from '../../../src/analysis/fixed/quantile-ratio-interval.js'
import { type WelchT, welchT } from '../../../src/analysis/fixed/welch-t.js'
import { xoshiro128 } from '../../../src/vocabulary/xoshiro128.js'

const whole = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 2, maxLength: 20 })

test("Welch's t turns round with the sides and moves with neither shift nor unit", () => {
  let compared = 0
  fc.assert(
    fc.property(whole, whole, fc.integer({ min: -9, max: 9 }), (x, y, shift) => {
      const there = welchT(x, y)
      if ('insufficient' in there) return
      compared++
      const back = welchT(y, x) as WelchT
      expect([back.t, back.p, back.lower].map((number, i) => number - [-there.t, there.p, -there.upper][i]!)).toEqual([0, 0, 0])
      const moved = (values: readonly number[]) => values.map((value) => (value + shift) * 4)
      expect((welchT(moved(x), moved(y)) as WelchT).p).toBeCloseTo(there.p, 9)
    }),
  )
  expect(compared).toBeGreaterThan(50)
})

test("Welch's t needs two numbers a side and some spread", () => {
  expect(welchT([1], [1, 2])).toEqual({ insufficient: 'Needs at least two numbers in each sample, got 1 and 2.' })
  expect(welchT([1, 1], [2, 2])).toHaveProperty('insufficient', expect.stringContaining('constant'))
  expect(() => welchT([1, Infinity], [2, 3])).toThrow('infinite')
  expect(() => welchT([1, 2], [2, 3], { confidence: 2 })).toThrow('between 0 and 1')
})

test('the exact chance of a distance is the share of all splits that reach it', () => {
  const distinct = fc.uniqueArray(fc.integer(), { minLength: 4, maxLength: 9 })
  fc.assert(
    fc.property(distinct, (values) => {
      const n = values.length >> 1
      const { d, p } = ksTwoSample(values.slice(0, n), values.slice(n)) as KolmogorovSmirnov
      let [choices, reached] = [0, 0]
      for (let bits = 0; bits < 2 ** values.length; bits++) {
        const x = values.filter((_, i) => bits & (1 << i))
        if (x.length !== n) continue
        choices++
        const other = ksTwoSample(
          x,
          values.filter((_, i) => !(bits & (1 << i))),
        ) as KolmogorovSmirnov
        if (other.d >= d) reached++
      }
      expect(p).toBeCloseTo(reached / choices, 12)
    }),
    { numRuns: 30 },
  )
})

test('both forms of the limit distribution of a distance agree where they meet', () => {
  const staircase = (size: number, shift: number) => Array.from({ length: size }, (_, i) => i + shift)
  const p = (shift: number) => (ksTwoSample(staircase(2_000, 0), staircase(2_000, shift)) as KolmogorovSmirnov).p
  // Distances just below and above λ = 1; the published value there is 0.26999967.
  expect(p(63.5)).toBeGreaterThan(0.25)
  expect(p(63.5)).toBeLessThan(p(62.5))
  expect(p(62.5) - p(63.5)).toBeLessThan(0.03)
  expect(p(0)).toBe(1)
  expect(p(1_999)).toBeLessThan(1e-300)
})

test('quantiles rise with their level, lie within the sample and scale with it', () => {
  const levels = [0, 0.1, 0.5, 0.99, 1]
  fc.assert(
    fc.property(whole, (values) => {
      const found = quantiles(values, levels) as number[]
      expect(found).toEqual(found.toSorted((a, b) => a - b))
      expect([found[0], found[4]]).toEqual([Math.min(...values), Math.max(...values)])
      expect(
        quantiles(
          values.map((value) => 8 * value),
          levels,
        ),
      ).toEqual(found.map((value) => 8 * value))
    }),
  )
  expect(quantiles([], [0.5])).toHaveProperty('insufficient')
  expect(quantiles([Number.NaN, 3], [0.5])).toEqual([3])
  expect(() => quantiles([1], [99])).toThrow('Write 0.99')
})

test('adjusted p-values keep their order, and Benjamini-Hochberg is the gentler one', () => {
  const probabilities = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 })
  fc.assert(
    fc.property(probabilities, (p) => {
      const [holm, bh] = [pAdjust(p, 'holm'), pAdjust(p, 'bh')]
      for (const [i, value] of p.entries()) {
        expect(value <= bh[i]! + 1e-15 && bh[i]! <= holm[i]! + 1e-15 && holm[i]! <= 1).toBe(true)
        for (const [j, other] of p.entries()) if (value < other) expect(holm[i]! <= holm[j]! && bh[i]! <= bh[j]!).toBe(true)
      }
    }),
  )
  expect(() => pAdjust([0.5, 1.5], 'bh')).toThrow('between 0 and 1')
})

test('the interval of a quantile ratio is repeatable, and covers the true ratio as often as it says', () => {
  const random = xoshiro128(7)
  const waits = (size: number, scale: number) =>
    Float64Array.from({ length: size }, () => -scale * Math.log(1 - random.uniform()))
  const [x, y] = [waits(400, 2), waits(300, 1)]
  const once = () => quantileRatioInterval(x, y, { level: 0.9, random: xoshiro128(1) })
  expect(once()).toEqual(once())
  const runs = 300
  const covered = Array.from({ length: runs }).filter(() => {
    const options = { level: 0.9, random, draws: 400, confidence: 0.9 }
    const found = quantileRatioInterval(waits(200, 2), waits(200, 1), options)
    return 'lower' in found && found.lower <= 2 && 2 <= found.upper
  }).length
  // Four standard errors around 90 %.
  expect(Math.abs(covered / runs - 0.9)).toBeLessThan(0.07)
})

test('a quantile ratio needs positive numbers on both sides', () => {
  const options = { level: 0.5, random: xoshiro128(1) }
  expect(quantileRatioInterval([], [1], options)).toHaveProperty('insufficient')
  expect(quantileRatioInterval([3], [2], options)).toEqual({ estimate: 1.5, lower: 1.5, upper: 1.5 })
  expect(() => quantileRatioInterval([1], [0], options)).toThrow('positive, finite')
  expect(() => quantileRatioInterval([1], [1], { ...options, level: 50 })).toThrow('between 0 and 1')
})
