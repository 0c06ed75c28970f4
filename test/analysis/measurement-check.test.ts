import { expect, test } from 'vitest'
import { checkMeasurement, type MeasurementOrigin } from '../../src/analysis/measurement-check.js'
import type { Measurement } from '../../src/vocabulary/measurement.js'

const origin: MeasurementOrigin = { metric: 'errors', cohort: 'canary', from: 0, to: 60_000 }

const unsound: [problem: string, measurement: Measurement][] = [
  ['a negative count', { kind: 'counts', total: -1, bad: 0 }],
  ['more bad than total', { kind: 'counts', total: 5, bad: 6 }],
  ['a total that is no number', { kind: 'counts', total: Number.NaN, bad: 0 }],
  ['an infinite total', { kind: 'counts', total: Number.POSITIVE_INFINITY, bad: 0 }],
  ['bounds that fall', { kind: 'histogram', bounds: [2, 1], counts: [1, 1, 1] }],
  ['a bound that comes twice', { kind: 'histogram', bounds: [1, 1], counts: [1, 1, 1] }],
  ['an infinite bound', { kind: 'histogram', bounds: [1, Number.POSITIVE_INFINITY], counts: [1, 1, 1] }],
  ['no count above the last bound', { kind: 'histogram', bounds: [1, 2], counts: [1, 1] }],
  ['a negative bucket', { kind: 'histogram', bounds: [1], counts: [-1, 1] }],
  ['a sample that is no number', { kind: 'samples', values: [1, Number.NaN] }],
  ['an infinite gauge', { kind: 'gauge', values: [Number.NEGATIVE_INFINITY] }],
  ['a negative exposure', { kind: 'events', count: 1, exposure: -1 }],
]

test.each(unsound)('%s is refused, with metric, cohort and interval named', (_, measurement) => {
  expect(() => checkMeasurement(measurement, origin)).toThrow(
    expect.objectContaining({
      code: 'analysis/invalid',
      message: expect.stringContaining('"errors" of canary from 1970-01-01T00:00:00.000Z to 1970-01-01T00:01:00.000Z'),
      details: { metric: 'errors', cohort: 'canary', from: 0, to: 60_000 },
    }),
  )
})

test('sound measurements, empty ones and missing ones are handed on as they are', () => {
  const sound: Measurement[] = [
    { kind: 'counts', total: 0.5, bad: 0.5 },
    { kind: 'histogram', bounds: [-1, 0, 2], counts: [0, 0, 0, 0] },
    { kind: 'samples', values: [] },
    { kind: 'gauge', values: [-3] },
    { kind: 'events', count: 0, exposure: 0 },
    { kind: 'missing', reason: 'outage', detail: 'HTTP 503' },
  ]
  for (const measurement of sound) expect(checkMeasurement(measurement, origin)).toBe(measurement)
})
