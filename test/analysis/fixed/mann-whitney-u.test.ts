import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cles } from '../../../src/analysis/fixed/cles.js'
import { type MannWhitney, mannWhitneyU } from '../../../src/analysis/fixed/mann-whitney-u.js'

const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true, min: -1e6, max: 1e6 }))
const sample = fc.array(value, { minLength: 1, maxLength: 12 })
const result = (...args: Parameters<typeof mannWhitneyU>) => mannWhitneyU(...args) as MannWhitney

/** Every way to choose the canary from all numbers, each equally likely: the definition of the exact test. */
function shareOfChoices(x: readonly number[], y: readonly number[]): { atLeast: number; atMost: number } {
  const all = [...x, ...y]
  const pairs = (chosen: readonly number[], rest: readonly number[]) =>
    chosen.reduce((sum, a) => sum + rest.reduce((inner, b) => inner + (a > b ? 1 : a === b ? 0.5 : 0), 0), 0)
  const seen = pairs(x, y)
  let [choices, atLeast, atMost] = [0, 0, 0]
  for (let bits = 0; bits < 2 ** all.length; bits++) {
    const chosen = all.filter((_, i) => bits & (1 << i))
    if (chosen.length !== x.length) continue
    const u = pairs(
      chosen,
      all.filter((_, i) => !(bits & (1 << i))),
    )
    choices++
    if (u >= seen) atLeast++
    if (u <= seen) atMost++
  }
  return { atLeast: atLeast / choices, atMost: atMost / choices }
}

test('the exact test counts every way to split the numbers, with ties and without', () => {
  const small = fc.array(value, { minLength: 1, maxLength: 5 })
  let tied = 0
  fc.assert(
    fc.property(small, small, (x, y) => {
      const { atLeast, atMost } = shareOfChoices(x, y)
      expect(result(x, y, { alternative: 'greater' }).p).toBeCloseTo(atLeast, 12)
      expect(result(x, y, { alternative: 'less' }).p).toBeCloseTo(atMost, 12)
      if (new Set([...x, ...y]).size < x.length + y.length) tied++
    }),
    { numRuns: 200, seed: 1 },
  )
  expect(tied).toBeGreaterThan(30)
})

test('canary and control can change places', () => {
  fc.assert(
    fc.property(sample, sample, fc.constantFrom('exact' as const, 'asymptotic' as const), (x, y, method) => {
      const [xy, yx] = [result(x, y, { method }), result(y, x, { method })]
      expect(xy.u + yx.u).toBe(x.length * y.length)
      expect(xy.p).toBeCloseTo(yx.p, 12)
      expect(result(x, y, { method, alternative: 'less' }).p).toBeCloseTo(result(y, x, { method, alternative: 'greater' }).p, 12)
    }),
  )
})

test('neither a shift of both nor another unit changes anything', () => {
  const whole = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 60 })
  fc.assert(
    fc.property(whole, whole, fc.integer({ min: -100, max: 100 }), fc.integer({ min: -300, max: 300 }), (x, y, shift, power) => {
      const moved = (values: readonly number[]) => values.map((number) => (number + shift) * 2 ** power)
      expect(mannWhitneyU(moved(x), moved(y))).toEqual(mannWhitneyU(x, y))
    }),
  )
})

test('a p-value is one, and the effect size is U as a share of all pairs', () => {
  fc.assert(
    fc.property(
      sample,
      sample,
      fc.constantFrom('two-sided' as const, 'greater' as const, 'less' as const),
      (x, y, alternative) => {
        const { p, u } = result(x, y, { alternative })
        expect(p).toBeGreaterThan(0)
        expect(p).toBeLessThanOrEqual(1 + 1e-12)
        expect(cles(x, y)).toBe(u / (x.length * y.length))
      },
    ),
  )
})

test('without numbers on a side the answer is that they are missing', () => {
  expect(mannWhitneyU([], [1])).toEqual({ insufficient: 'Needs at least one number in each sample, got 0 and 1.' })
  expect(mannWhitneyU([Number.NaN], [1])).toHaveProperty('insufficient')
  expect(cles([1], [])).toHaveProperty('insufficient')
})

test('missing values are left out and counted', () => {
  expect(mannWhitneyU([1, Number.NaN, 3], [2, Number.NaN])).toEqual({ ...result([1, 3], [2]), removed: 2 })
})

test('equal samples of one value show nothing', () => {
  expect(result(Array<number>(60).fill(1), Array<number>(60).fill(1)).p).toBe(1)
})

test('the exact test refuses what it could not finish', () => {
  expect(() => mannWhitneyU(new Float64Array(101), [1], { method: 'exact' })).toThrow('at most 100 numbers')
})
