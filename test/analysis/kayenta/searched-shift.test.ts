import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type HodgesLehmann, hodgesLehmann } from '../../../src/analysis/fixed/hodges-lehmann.js'
import { brentRoot } from '../../../src/analysis/kayenta/brent-root.js'
import { searchedShift } from '../../../src/analysis/kayenta/searched-shift.js'
import { classifyKayentaMetric } from '../../../src/analysis/kayenta-judge.js'

test('a root is met to within the tolerance, in few steps, and exactly where it lies at an end', () => {
  let steps = 0
  const root = brentRoot(
    (x) => {
      steps += 1
      return Math.cos(x) - x
    },
    0,
    1,
    1e-12,
  )
  expect(Math.abs(root - 0.7390851332151607)).toBeLessThan(1e-12)
  expect(steps).toBeLessThan(12)
  expect([brentRoot((x) => x - 3, 3, 9, 1e-4), brentRoot((x) => x - 9, 3, 9, 1e-4)]).toEqual([3, 9])
})

test('a step that is flat on both sides is found by halving', () => {
  expect(Math.abs(brentRoot((x) => (x < Math.E ? 1 : -1), 0, 100, 1e-6) - Math.E)).toBeLessThan(1e-6)
})

test('between ends nearer than the tolerance, the end with the smaller value is the answer', () => {
  expect(brentRoot((x) => x - 3e-6, 0, 1e-5, 1e-4)).toBe(0)
})

test('in a unit of ordinary numbers the search ends where the exact interval does, to within its tolerance', () => {
  let compared = 0
  const values = fc.array(fc.integer({ min: 0, max: 10_000_000 }), { minLength: 8, maxLength: 30 })
  fc.assert(
    fc.property(values, values, fc.integer({ min: -5_000_000, max: 5_000_000 }), (x, y, by) => {
      // Whole numbers without ties keep rounding out of it: then the exact ends are where the statistic jumps.
      const [xs, ys] = [x, y].map((side, odd) => [...new Set(side.map((value) => 2 * value + odd))]) as [number[], number[]]
      fc.pre(xs.length >= 8 && ys.length >= 8)
      const shifted = xs.map((value) => value + 2 * by)
      const exact = hodgesLehmann(shifted, ys, { confidence: 0.98, method: 'asymptotic' }) as HodgesLehmann
      const searched = searchedShift(shifted, ys, 0.98)
      expect(Math.abs(searched.lower - exact.lower)).toBeLessThanOrEqual(1e-4)
      expect(Math.abs(searched.upper - exact.upper)).toBeLessThanOrEqual(1e-4)
      compared += 1
    }),
    { numRuns: 200, seed: 11 },
  )
  expect(compared).toBeGreaterThan(100)
})

test('the known blindness is in the compatible judge alone: +50 % is seen in seconds, and in microseconds by ours', () => {
  const control = Array.from({ length: 40 }, (_, i) => 0.8 + ((i * 17) % 40) / 100)
  const canary = control.map((value) => 1.5 * value)
  const classOf = (unit: number, compatible: boolean) => {
    const [x, y] = [canary, control].map((side) => side.map((value) => value * unit)) as [number[], number[]]
    return classifyKayentaMetric(x, y, { metric: 'latency' }, { compatible }).classification
  }
  expect([classOf(1, true), classOf(1e-5, true)]).toEqual(['High', 'Pass'])
  expect([classOf(1, false), classOf(1e-5, false)]).toEqual(['High', 'High'])
})

test('infinite values, and such as differ by more than a number can hold, are refused by name in both modes', () => {
  const refused = (canary: number[], control: number[], compatible: boolean) =>
    expect(() => classifyKayentaMetric(canary, control, { metric: 'latency' }, { compatible, minimumPoints: 1 })).toThrow(
      expect.objectContaining({ code: 'analysis/invalid', message: expect.stringContaining('"latency" has an infinite value') }),
    )
  for (const compatible of [true, false]) refused([1, Infinity, 2], [1, 2, 3], compatible)
  refused([Infinity, Infinity], [1, 1], true)
  refused([1e308, 1e308], [-1e308, -1e308], true)
})

test('a configuration that says "none" of NaN is read as Kayenta reads it: they are removed', () => {
  const metric = { metric: 'latency', nanStrategy: 'none' } as const
  const { classification, numbers } = classifyKayentaMetric([1, Number.NaN, 2], [1, 2, 3], metric, { compatible: true })
  expect([classification, numbers.canaryPoints]).toEqual(['Pass', 2])
})

test('an interval that ends at zero, with a shift of zero, is no shift in either direction', () => {
  const [ones, withZero] = [
    [1, 1, 1, 1, 1],
    [0, 1, 1, 1, 1],
  ] as const
  const of = (canary: readonly number[], control: readonly number[]) =>
    classifyKayentaMetric(canary, control, { metric: 'metric' }, { compatible: true })
  expect(of(ones, withZero)).toMatchObject({ classification: 'Pass', numbers: { lower: 0, estimate: 0, ratio: 1.25 } })
  expect(of(withZero, ones)).toMatchObject({ classification: 'Pass', numbers: { upper: 0, estimate: 0, ratio: 0.8 } })
})
