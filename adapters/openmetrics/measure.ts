import type { Cumulative } from '../../src/vocabulary/reading.js'
import type { Exposition } from './exposition.js'
import { histogramOf } from './histogram.js'
import type { OpenMetricsQuery, Selector } from './query.js'
import { absent, type Interval, type Missing, missing, type Series, select } from './select.js'

/** What one query finds at one instance. */
export type InstanceValue = Cumulative['instances'][string]['value'] | { readonly kind: 'gauge'; readonly value: number }

/** The names of the samples a query reads. */
export function namesIn(query: OpenMetricsQuery): string[] {
  if ('total' in query) return [query.total.name, query.bad.name]
  if ('histogram' in query) return [`${query.histogram.name}_bucket`]
  return ['counter' in query ? query.counter.name : query.gauge.name]
}

export function measure(query: OpenMetricsQuery, exposition: Exposition, interval: Interval): InstanceValue | Missing {
  const find = (selector: Selector, type: 'counter' | 'gauge') => select(exposition, selector, type, interval)
  const count = (selector: Selector) => reduced(selector.name, find(selector, 'counter'), query.reduce)

  if ('histogram' in query) {
    const name = `${query.histogram.name}_bucket`
    const series = find({ ...query.histogram, name }, 'counter')
    return Array.isArray(series) ? histogramOf(name, series, query.reduce) : series
  }
  if ('gauge' in query) {
    const value = reduced(query.gauge.name, find(query.gauge, 'gauge'), query.reduce)
    return typeof value === 'number' ? { kind: 'gauge', value } : value
  }
  if ('counter' in query) {
    const events = count(query.counter)
    return typeof events === 'number' ? { kind: 'events', count: events } : events
  }
  const total = count(query.total)
  if (typeof total !== 'number') return total
  const bad = query.absentBad === 'zero' && isEmpty(find(query.bad, 'counter')) ? 0 : count(query.bad)
  if (typeof bad !== 'number') return bad
  return bad <= total ? { kind: 'counts', total, bad } : missing('ambiguous', `counts ${bad} bad of a total of ${total}`)
}

const isEmpty = (series: readonly Series[] | Missing) => Array.isArray(series) && series.length === 0

const add = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)
const reducers = {
  sum: add,
  min: (values: readonly number[]) => values.reduce((a, b) => Math.min(a, b)),
  max: (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b)),
  mean: (values: readonly number[]) => add(values) / values.length,
}

function reduced(name: string, series: Series[] | Missing, reduce: keyof typeof reducers | undefined): number | Missing {
  if (!Array.isArray(series)) return series
  if (series.length === 0) return absent(name)
  if (series.length > 1 && reduce === undefined)
    return missing('ambiguous', `has ${series.length} series ${name}; declare "reduce", or select one`)
  const value = reducers[reduce ?? 'sum'](series.map((one) => one.value))
  return Number.isFinite(value) ? value : missing('not-a-number', `has series ${name} whose ${reduce} is no finite number`)
}
