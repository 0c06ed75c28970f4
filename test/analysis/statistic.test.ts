import { expect, test } from 'vitest'
import { estimate, sampleCount, statisticSchema } from '../../src/analysis/statistic.js'
import type { Measurement } from '../../src/vocabulary/measurement.js'

const value = (measurement: Measurement, statistic: string) => estimate(measurement, statistic)?.value
const samples: Measurement = { kind: 'samples', values: [40, 10, 30, 20] }
const histogram: Measurement = { kind: 'histogram', bounds: [10, 20, 40], counts: [10, 0, 30, 0] }

test('each kind of measurement has its own statistics, and no others', () => {
  expect(value({ kind: 'counts', total: 200, bad: 3 }, 'ratio')).toBe(0.015)
  expect(value({ kind: 'events', count: 3, exposure: 60 }, 'rate')).toBe(0.05)
  expect(['mean', 'max', 'min', 'sum', 'p50', 'p90'].map((statistic) => value(samples, statistic))).toEqual([
    25, 40, 10, 100, 25, 37,
  ])
  expect(['ratio', 'rate'].map((statistic) => value(samples, statistic))).toEqual([undefined, undefined])
  expect(['max', 'sum', 'ratio'].map((statistic) => value(histogram, statistic))).toEqual([undefined, undefined, undefined])
  expect(value({ kind: 'counts', total: 200, bad: 3 }, 'p99')).toBeUndefined()
})

test('quantiles of a histogram are linear within the bucket they fall in', () => {
  expect(['p0', 'p25', 'p50', 'p99'].map((statistic) => value(histogram, statistic))).toEqual([
    0,
    10,
    20 + 20 / 3,
    20 + (20 * 29.6) / 30,
  ])
  expect(value(histogram, 'mean')).toBe((10 * 5 + 30 * 30) / 40)
})

test('what lies above the last bound is known from below only', () => {
  const open: Measurement = { kind: 'histogram', bounds: [10], counts: [90, 10] }
  expect(estimate(open, 'p95')).toEqual({ value: 10, isAtLeast: true })
  expect(estimate(open, 'p50')).toEqual({ value: 10 * (50 / 90), isAtLeast: false })
  expect(estimate(open, 'mean')).toEqual({ value: 5.5, isAtLeast: true })
})

test('buckets below zero are counted from their own bound', () => {
  expect(value({ kind: 'histogram', bounds: [-5, 5], counts: [10, 10, 0] }, 'p25')).toBe(-5)
})

test('a measurement rests on requests, instances or exposure', () => {
  const events: Measurement = { kind: 'events', count: 3, exposure: 60 }
  const missing: Measurement = { kind: 'missing', reason: 'outage', detail: '' }
  expect([samples, histogram, events, missing, { kind: 'counts', total: 9, bad: 1 } as const].map(sampleCount)).toEqual([
    4, 40, 60, 0, 9,
  ])
})

test('only known statistics and quantiles below one are accepted', () => {
  for (const known of ['ratio', 'p50', 'p99.9', 'p0.5', 'max']) expect(statisticSchema.safeParse(known).success).toBe(true)
  for (const unknown of ['p100', 'p', 'p-1', 'P99', 'median', 'p99.'])
    expect(statisticSchema.safeParse(unknown).success).toBe(false)
})

test('of nothing there is no statistic, and never NaN', () => {
  const empty: Measurement[] = [
    { kind: 'counts', total: 0, bad: 0 },
    { kind: 'events', count: 0, exposure: 0 },
    { kind: 'samples', values: [] },
    { kind: 'gauge', values: [] },
    { kind: 'histogram', bounds: [1], counts: [0, 0] },
    { kind: 'missing', reason: 'empty', detail: 'Nothing.' },
  ]
  for (const measurement of empty)
    for (const statistic of ['ratio', 'rate', 'mean', 'max', 'min', 'sum', 'p50'])
      expect(estimate(measurement, statistic)).toBeUndefined()
})
