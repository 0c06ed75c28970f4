import type { Measurement } from '../../src/vocabulary/measurement.js'
import { histogramOf } from './histogram.js'
import type { Series } from './instant-query.js'
import { finiteNumber, type Missing, missing } from './missing.js'
import type { PrometheusQuery } from './query.js'

/** `increase` stretches each counter to the ends of the interval on its own, so that bad may seem to be more than all, but not by this. */
const stretch = 1.25

/** What one cohort's series amount to. @param seriesOf - the series that answer a part of the query, such as `total` */
export function measure(query: PrometheusQuery, seriesOf: (part: string) => readonly Series[]): Measurement {
  const count = (part: string) => reduced(part, seriesOf(part), 'gauge' in query ? undefined : query.reduce)
  if ('gauge' in query) return gaugeOf(seriesOf('gauge'), query.reduce)
  if ('histogram' in query) {
    const series = seriesOf('histogram')
    return series.length > 0 ? histogramOf(series, query.reduce) : absent('histogram')
  }
  if ('counter' in query) {
    const [events, exposure] = [count('counter'), count('exposure')]
    if (typeof events !== 'number') return events
    return typeof exposure === 'number' ? { kind: 'events', count: events, exposure } : exposure
  }
  const total = count('total')
  if (typeof total !== 'number') return total
  const bad = query.absentBad === 'zero' && seriesOf('bad').length === 0 ? 0 : count('bad')
  if (typeof bad !== 'number') return bad
  return bad <= total * stretch
    ? { kind: 'counts', total, bad: Math.min(bad, total) }
    : missing('ambiguous', `${bad} bad of a total of ${total}`)
}

function gaugeOf(series: readonly Series[], reduce: 'each' | keyof typeof reducers | undefined): Measurement {
  if (reduce !== 'each') {
    const value = reduced('gauge', series, reduce, Number.NEGATIVE_INFINITY)
    return typeof value === 'number' ? { kind: 'gauge', values: [value] } : value
  }
  const values = series.map((one) => reduced('gauge', [one], undefined, Number.NEGATIVE_INFINITY))
  const gap = values.find((value) => typeof value !== 'number')
  if (values.length === 0) return absent('gauge')
  return gap ?? { kind: 'gauge', values: values.filter((value) => typeof value === 'number') }
}

const add = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)
const reducers = {
  sum: add,
  min: (values: readonly number[]) => values.reduce((a, b) => Math.min(a, b)),
  max: (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b)),
  mean: (values: readonly number[]) => add(values) / values.length,
}

function reduced(
  part: string,
  series: readonly Series[],
  reduce: keyof typeof reducers | undefined,
  least = 0,
): number | Missing {
  if (series.length === 0) return absent(part)
  if (series.length > 1 && reduce === undefined)
    return missing('ambiguous', `${series.length} series for "${part}"; declare "reduce", or select one`)
  const numbers = series.map(({ value }) => finiteNumber(value?.[1]))
  if (numbers.includes(undefined)) return missing('not-a-number', `a series for "${part}" whose value is no finite number`)
  const value = reducers[reduce ?? 'sum'](numbers as number[])
  if (!Number.isFinite(value) || value < least) return missing('not-a-number', `${value} for "${part}"`)
  return value
}

const absent = (part: string) => missing('empty', `no series for "${part}" was scraped in the interval`)
