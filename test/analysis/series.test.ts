import { expect, test } from 'vitest'
import type { MeasurementOrigin } from '../../src/analysis/measurement-check.js'
import { pairSeries, reduceSeries, type Series } from '../../src/analysis/series.js'
import type { Measurement } from '../../src/vocabulary/measurement.js'

const origin: MeasurementOrigin = { metric: 'errors', cohort: 'canary', from: 0, to: 60_000 }
const control: MeasurementOrigin = { ...origin, cohort: 'stable' }
const series = (...measurements: Measurement[]): Series[] =>
  measurements.map((measurement, i) => ({ key: `zone-${i}`, measurement }))
const counts = (bad: number, total: number): Measurement => ({ kind: 'counts', total, bad })
const refused = (says: string) => expect.objectContaining({ code: 'analysis/invalid', message: expect.stringContaining(says) })

test('several series without a declared reducer are an error that names them', () => {
  expect(reduceSeries(series(counts(1, 2)), undefined, origin)).toEqual(counts(1, 2))
  expect(() => reduceSeries(series(counts(1, 2), counts(1, 2)), undefined, origin)).toThrow(
    refused('2 series (zone-0, zone-1). Declare a reducer'),
  )
})

test('counts, buckets, events and samples add up', () => {
  const histogram = (...found: number[]): Measurement => ({ kind: 'histogram', bounds: [1], counts: found })
  expect(reduceSeries(series(counts(1, 2), counts(3, 4)), 'sum', origin)).toEqual(counts(4, 6))
  expect(reduceSeries(series(histogram(1, 2), histogram(3, 4)), 'sum', origin)).toEqual(histogram(4, 6))
  const events: Measurement = { kind: 'events', count: 1, exposure: 60 }
  expect(reduceSeries(series(events, events), 'sum', origin)).toEqual({ kind: 'events', count: 2, exposure: 120 })
  const samples = (...values: number[]): Measurement => ({ kind: 'samples', values })
  expect(reduceSeries(series(samples(1), samples(2, 3)), 'sum', origin)).toEqual(samples(1, 2, 3))
})

test('gauges reduce to one value as declared', () => {
  const gauges = series({ kind: 'gauge', values: [1, 2] }, { kind: 'gauge', values: [6] })
  const value = (reducer: 'sum' | 'max' | 'mean') => reduceSeries(gauges, reducer, origin)
  expect([value('sum'), value('max'), value('mean')]).toEqual([9, 6, 3].map((only) => ({ kind: 'gauge', values: [only] })))
})

test('no series is empty, and a missing one among them makes the whole partial', () => {
  const outage: Measurement = { kind: 'missing', reason: 'outage', detail: 'HTTP 503' }
  expect(reduceSeries([], 'sum', origin)).toMatchObject({ kind: 'missing', reason: 'empty' })
  expect(reduceSeries(series(counts(0, 9), outage), 'sum', origin)).toMatchObject({ kind: 'missing', reason: 'partial' })
})

test('a reducer that does not fit the series is refused', () => {
  expect(() => reduceSeries(series(counts(1, 2), counts(1, 2)), 'max', origin)).toThrow(refused('Declare "sum"'))
  const other: Measurement = { kind: 'histogram', bounds: [2], counts: [1, 1] }
  expect(() => reduceSeries(series({ kind: 'histogram', bounds: [1], counts: [1, 1] }, other), 'sum', origin)).toThrow(
    refused('the same buckets'),
  )
  expect(() => reduceSeries(series(counts(1, 2), other), 'sum', origin)).toThrow(refused('one kind'))
})

test('series are paired by key, and one that is alone is compared with nothing instead of dropped', () => {
  const paired = pairSeries(series(counts(1, 2), counts(3, 4)), series(counts(5, 6)), origin, control)
  expect(paired['zone-0']).toEqual({ canary: counts(1, 2), control: counts(5, 6) })
  expect(paired['zone-1']).toMatchObject({ canary: counts(3, 4), control: { kind: 'missing', reason: 'empty' } })
})

test('series that share no key, or share one twice, cannot be paired', () => {
  const other = [{ key: 'pod-x', measurement: counts(1, 2) }]
  expect(() => pairSeries(series(counts(1, 2)), other, origin, control)).toThrow(
    refused('no series in common with stable (zone-0, pod-x)'),
  )
  expect(() => pairSeries([...other, ...other], other, origin, control)).toThrow(refused('two series under one key'))
})
