import fc from 'fast-check'
import { expect, test } from 'vitest'
import { evidenceOfShift } from '../../../src/analysis/kayenta/evidence.js'
import { classifyKayentaMetric, type KayentaClass } from '../../../src/analysis/kayenta-judge.js'
import { xoshiro128 } from '../../../src/vocabulary/xoshiro128.js'

type Metric = Parameters<typeof classifyKayentaMetric>[2]
const worseIsMore: Metric = { metric: 'errors', direction: 'increase' }

const classOf = (canary: readonly number[], control: readonly number[], metric: Partial<Metric> = {}, minimumPoints = 5) =>
  classifyKayentaMetric(canary, control, { ...worseIsMore, ...metric }, { minimumPoints }).classification
const repeat = (value: number, times: number) => Array<number>(times).fill(value)

/** `size` numbers between 0.9 and 1.1, the same at each run. */
const noise = (size: number, seed: number) => {
  const random = xoshiro128(seed)
  return Array.from({ length: size }, () => 0.9 + 0.2 * random.uniform())
}

test('failure 15: errors on the canary without any data of the control are a class of their own, and no pass', () => {
  expect(classOf([1, 2, 3, 4, 5], [])).toBe('NoControl')
  expect(classOf([], [1, 2, 3, 4, 5])).toBe('NoCanary')
  expect(classOf([], [])).toBe('Nodata')
})

test('failure 15: against a control of zero, an absolute threshold tells a trifle from an error', () => {
  const [canary, control] = [repeat(0.001, 30), repeat(0, 30)]
  expect(classOf(canary, control)).toBe('High')
  expect(classOf(canary, control, { minimumDifference: 0.01 })).toBe('Pass')
})

test('failure 17: the more points of the canary are 100 times the control, the worse its class', () => {
  const classes = Array.from({ length: 11 }, (_, worse) =>
    classOf([...repeat(100, worse), ...repeat(1, 10 - worse)], repeat(1, 10)),
  )
  const undecided = repeat(0, 5).map((): KayentaClass => 'Undecided')
  expect(classes).toEqual(['Pass', ...undecided, 'High', 'High', 'High', 'High', 'High'])
})

test('failure 18: a few errors on the canary alone are undecided, and many fail', () => {
  expect(classOf([0, 1, 2, 1, 0, 0], repeat(0, 6))).toBe('Undecided')
  expect(classOf([0, 1, 2, 1, 0, 0, 1, 1, 0, 3, 0, 1], repeat(0, 12))).toBe('High')
})

test('failure 19: a mean 650 % higher is no pass for lack of evidence, and the verdict shows what decided', () => {
  const control = noise(20, 1)
  const canary = [...noise(18, 2), 66, 66]
  const { classification, says, numbers } = classifyKayentaMetric(canary, control, worseIsMore)
  expect(classification).toBe('Undecided')
  expect(says).toMatch(
    /^mean 7\.\d+ against 1\.\d+ over 20 and 20 points \(\+6\d\d\.\d+ %\): Mann-Whitney evidence 0 of 2\.326 needed$/,
  )
  expect(numbers).toMatchObject({ canaryPoints: 20, controlPoints: 20 })
})

test('failure 20: constant series pass when equal, and are compared without noise when not', () => {
  expect(classOf(repeat(7, 20), repeat(7, 30))).toBe('Pass')
  const different = () => classifyKayentaMetric(repeat(10, 20), repeat(1, 20), worseIsMore)
  expect(different().classification).toBe('High')
  expect(different()).toEqual(different())
})

test('failure 22: a metric that is mostly zero keeps its values when outliers are to be removed', () => {
  const control = [...repeat(0, 25), 3, 4, 5, 4, 3]
  const { numbers } = classifyKayentaMetric(control, control, { metric: 'errors', outliers: { strategy: 'remove' } })
  expect(numbers).toMatchObject({ controlMean: 19 / 30, canaryMean: 19 / 30, removed: 0 })
})

test('outliers of the control are removed, those of the canary are what it is judged for', () => {
  const metric: Metric = { metric: 'latency', outliers: { strategy: 'remove' } }
  const { numbers } = classifyKayentaMetric([...noise(99, 3), 50], [...noise(199, 4), 50], metric)
  expect(numbers.removed).toBe(1)
  expect(numbers.controlMean).toBeLessThan(1.01)
  expect(numbers.canaryMean).toBeGreaterThan(1.4)
})

test('one point per side, or fewer than asked for, is no verdict', () => {
  expect(classOf([2], [1], {}, 1)).not.toBe('Pass')
  expect(classOf(repeat(1, 19), repeat(1, 40), {}, 20)).toBe('TooFew')
})

test('missing points count as zero only where the user says so', () => {
  const missing = repeat(Number.NaN, 30)
  expect(classOf(repeat(2, 30), missing)).toBe('NoControl')
  expect(classOf(repeat(2, 30), missing, { nanStrategy: 'replace' })).toBe('High')
})

test('a metric with a negative mean that rises is High', () => {
  const canary = noise(20, 5).map((value) => -value)
  const control = noise(20, 6).map((value) => -5 * value)
  expect(classOf(canary, control)).toBe('High')
  expect(classOf(control, canary, { direction: 'either' })).toBe('Low')
})

test('a rise within the allowed effect size passes, and beyond the critical one is critical', () => {
  const [canary, control] = [noise(40, 7).map((value) => 1.5 * value), noise(40, 8)]
  const metric: Metric = { metric: 'latency', critical: true }
  const critical = (effectSize: Metric['effectSize']) => classifyKayentaMetric(canary, control, { ...metric, effectSize })
  expect(critical({ allowedIncrease: 2 })).toMatchObject({ classification: 'Pass', critical: false })
  expect(critical({ criticalIncrease: 2 })).toMatchObject({ classification: 'High', critical: false })
  expect(critical({ criticalIncrease: 1.2 })).toMatchObject({ classification: 'High', critical: true })
})

test('a series that wanders by itself needs more evidence', () => {
  const control = Array.from({ length: 60 }, (_, minute) => 10 + Math.sin((2 * Math.PI * minute) / 30))
  const canary = control.map((value) => value + 0.8)
  const shuffled = control.map((_, i) => control[(i * 37) % 60]!)
  const inOrder = classifyKayentaMetric(canary, control, worseIsMore)
  const outOfOrder = classifyKayentaMetric(canary, shuffled, worseIsMore)
  expect(inOrder.numbers.inflation).toBeGreaterThan(2)
  expect([inOrder.classification, outOfOrder.classification]).toEqual(['Undecided', 'High'])
})

test('an infinite value is refused by name', () => {
  expect(() => classOf([Infinity], [1])).toThrow('"errors" has an infinite value')
})

const point = fc.oneof(
  fc.integer({ min: 0, max: 4 }),
  fc.integer({ min: -5_000, max: 50_000 }).map((value) => value / 1_000),
)
const points = fc.array(point, { minLength: 5, maxLength: 25 })
const shifted = fc.tuple(points, fc.integer({ min: 0, max: 40 })).map(([series, by]) => series.map((value) => value + by))
const badness: Partial<Record<KayentaClass, number>> = { Pass: 0, Undecided: 1, High: 2 }
const settings = fc.record({
  allowedIncrease: fc.constantFrom(1, 1.2),
  measure: fc.constantFrom('meanRatio' as const, 'cles' as const),
  strategy: fc.constantFrom('keep' as const, 'remove' as const),
})
const metricOf = ({
  measure,
  allowedIncrease,
  strategy,
}: {
  measure: 'meanRatio' | 'cles'
  allowedIncrease: number
  strategy: 'keep' | 'remove'
}) => ({
  effectSize: { measure, allowedIncrease: measure === 'cles' ? 0.5 : allowedIncrease },
  outliers: { strategy },
})

test('K1: raising points of the canary never makes its class better', () => {
  const seen = { failed: 0, worsened: 0 }
  const raises = fc.array(fc.tuple(fc.nat(24), fc.integer({ min: 0, max: 100 })), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(shifted, points, raises, settings, (canary, control, raises, options) => {
      const worse = [...canary]
      for (const [i, by] of raises) worse[i % worse.length]! += by
      const [before, after] = [canary, worse].map((series) => badness[classOf(series, control, metricOf(options))]!) as [
        number,
        number,
      ]
      expect(after).toBeGreaterThanOrEqual(before)
      seen.failed += before === 2 ? 1 : 0
      seen.worsened += after > before ? 1 : 0
    }),
    { numRuns: 1_500, seed: 17 },
  )
  expect(Math.min(seen.failed, seen.worsened)).toBeGreaterThan(50)
})

test('K1: points that are raised apart are as much evidence as when they were equal', () => {
  const control = Array.from({ length: 10 }, (_, i) => i)
  const [equal, apart] = [repeat(8.5, 10), Array.from({ length: 10 }, (_, i) => 8.5 + i / 100)]
  expect(evidenceOfShift(apart, control).up).toBeGreaterThanOrEqual(evidenceOfShift(equal, control).up)
})

test('K3: the unit of a metric plays no part in its class', () => {
  const seen = new Set<KayentaClass>()
  fc.assert(
    fc.property(shifted, points, fc.integer({ min: -60, max: 60 }), (canary, control, power) => {
      const scaled = (values: readonly number[]) => values.map((value) => value * 2 ** power)
      const before = classOf(canary, control)
      expect(classOf(scaled(canary), scaled(control))).toBe(before)
      seen.add(before)
    }),
    { numRuns: 500, seed: 3 },
  )
  expect(seen.size).toBeGreaterThanOrEqual(3)
})
