import fc from 'fast-check'
import { expect, test } from 'vitest'
import { aligned, type Histogram, histogramOf } from '../../../adapters/prometheus/histogram.js'
import { interval, sample } from './server.js'

const at = interval.to / 1000
const buckets = (...rows: [le: string, count: string][]) =>
  rows.map(([le, count]) => ({ metric: { le }, value: [at, count] as [number, string] }))
const native = (...rows: [lower: string, upper: string, count: string][]) => ({
  metric: {},
  histogram: [
    at,
    { buckets: rows.map(([lower, upper, count]) => [0, lower, upper, count] as [number, string, string, string]) },
  ] as [number, never],
})

test('classic buckets are made disjoint, in whatever order they come', () => {
  expect(histogramOf(buckets(['+Inf', '10'], ['0.1', '4'], ['1e0', '9.5']), undefined)).toEqual({
    kind: 'histogram',
    bounds: [0.1, 1],
    counts: [4, 5.5, 0.5],
  })
})

test.each([
  ['no infinite bucket', buckets(['1', '5']), 'empty'],
  ['a bound twice', buckets(['1', '5'], ['1.0', '5'], ['+Inf', '6']), 'ambiguous'],
  ['buckets that shrink', buckets(['1', '5'], ['2', '4'], ['+Inf', '6']), 'not-a-number'],
  ['a bucket of no bound', buckets(['one', '5'], ['+Inf', '6']), 'not-a-number'],
  ['a bucket of no count', buckets(['1', 'NaN'], ['+Inf', '6']), 'not-a-number'],
  ['a series without a bound', [sample('5') as never], 'not-a-number'],
  [
    'two histograms',
    [...buckets(['+Inf', '1']), { metric: { le: '+Inf', pod: 'b' }, value: [at, '1'] as [number, string] }],
    'ambiguous',
  ],
  ['a native bucket of no count', [native(['1', '2', 'NaN'])], 'not-a-number'],
  ['a native bucket of no bound', [native(['x', '2', '1'])], 'not-a-number'],
])('%s is no histogram', (_, series, reason) => {
  expect(histogramOf(series, undefined)).toMatchObject({ kind: 'missing', reason })
})

test('the last digit of a sum makes no bucket shrink', () => {
  expect(histogramOf(buckets(['1', '5.000000000001'], ['2', '5'], ['+Inf', '6']), undefined)).toMatchObject({
    counts: [5.000000000001, 0, 1],
  })
})

test('declared to be summed, histograms with other bounds keep those they share', () => {
  const other = buckets(['0.5', '1'], ['1', '2'], ['+Inf', '3']).map(({ metric, value }) => ({
    metric: { ...metric, pod: 'b' },
    value,
  }))
  expect(histogramOf([...buckets(['0.1', '4'], ['1', '9'], ['+Inf', '10']), ...other], 'sum')).toEqual({
    kind: 'histogram',
    bounds: [1],
    counts: [11, 2],
  })
})

test('native buckets keep their bounds, gaps are empty, and an empty histogram is one', () => {
  expect(
    histogramOf([native(['-1', '-0.5', '1'], ['-0.001', '0.001', '2'], ['1', '2', '3'], ['2', '4', '0.5'])], undefined),
  ).toEqual({
    kind: 'histogram',
    bounds: [-1, -0.5, -0.001, 0.001, 1, 2, 4],
    counts: [0, 1, 0, 2, 0, 3, 0.5, 0],
  })
  expect(histogramOf([native()], undefined)).toEqual({ kind: 'histogram', bounds: [], counts: [0] })
  expect(histogramOf([native(['2', '+Inf', '3'])], undefined)).toEqual({ kind: 'histogram', bounds: [2], counts: [0, 3] })
})

test('histograms of different resolution get the bounds that both can tell', () => {
  const fine = histogramOf([native(['1', '1.5', '1'], ['1.5', '2', '2'], ['8', '16', '1'])], undefined) as Histogram
  const coarse = histogramOf([native(['1', '2', '5'], ['2', '4', '7'])], undefined) as Histogram
  expect(aligned(fine, coarse)).toEqual([
    { kind: 'histogram', bounds: [1, 2, 4, 8, 16], counts: [0, 3, 0, 0, 1, 0] },
    { kind: 'histogram', bounds: [1, 2, 4, 8, 16], counts: [0, 5, 7, 0, 0, 0] },
  ])
})

const histogram = fc
  .uniqueArray(fc.integer({ min: 0, max: 12 }), { maxLength: 6 })
  .chain((bounds) =>
    fc
      .array(fc.nat(3), { minLength: bounds.length + 1, maxLength: bounds.length + 1 })
      .map((counts): Histogram => ({ kind: 'histogram', bounds: bounds.sort((a, b) => a - b), counts })),
  )

test('aligning neither loses nor invents requests, below any bound that is left', () => {
  let kept = 0
  fc.assert(
    fc.property(histogram, histogram, (a, b) => {
      const pair = aligned(a, b)
      expect(pair[0].bounds).toEqual(pair[1].bounds)
      kept += pair[0].bounds.length > 1 ? 1 : 0
      const below = ({ bounds, counts }: Histogram, limit: number) =>
        counts.reduce((sum, count, i) => sum + ((bounds[i] ?? Number.POSITIVE_INFINITY) <= limit ? count : 0), 0)
      for (const limit of [...pair[0].bounds, Number.POSITIVE_INFINITY])
        for (const [i, before] of [a, b].entries()) expect(below(pair[i]!, limit)).toBe(below(before, limit))
    }),
  )
  expect(kept).toBeGreaterThan(20)
})
