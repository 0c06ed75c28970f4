import type { Measurement, MissingReason } from '../../src/vocabulary/measurement.js'
import type { Exposition } from './exposition.js'
import type { Sample } from './parse.js'
import type { LabelMatcher, Selector } from './query.js'

export type Missing = Extract<Measurement, { kind: 'missing' }>
export const missing = (reason: MissingReason, detail: string): Missing => ({ kind: 'missing', reason, detail })

export const absent = (name: string) => missing('empty', `has no series ${name} that the query selects`)

/** Epoch milliseconds. */
export interface Interval {
  readonly from: number
  readonly to: number
}

/** A sample that may be counted. */
export type Series = Pick<Sample, 'name' | 'labels'> & { readonly value: number }

/** Scrapes follow the interval, and clocks differ: a sample may be stamped this much after its end. */
const skewMs = 60_000

/** Types that contradict a query. What is not declared, or `unknown`, is taken at the query's word. */
const contradicts = { counter: /^gauge/, gauge: /^(?:counter|histogram)$/ }

/** The series a selector finds, perhaps none; each once, of the right type, with a finite number from the interval. */
export function select(
  exposition: Exposition,
  { name, labels = {} }: Selector,
  type: 'counter' | 'gauge',
  { from, to }: Interval,
): Series[] | Missing {
  const matchers = Object.entries(labels)
  const found = (exposition.samples.get(name) ?? []).filter((sample) =>
    matchers.every(([label, matcher]) => matches(sample.labels.get(label) ?? '', matcher)),
  )
  const declared = typeOf(exposition, name)
  if (contradicts[type].test(declared)) return missing('empty', `declares ${name} a ${declared}, not a ${type}`)
  if (new Set(found.map((sample) => labelKey(sample.labels))).size < found.length)
    return missing('ambiguous', `exposes a series ${name} twice`)
  const series: Series[] = []
  for (const { labels, value, at = to } of found) {
    if (at < from) return missing('late', `has a sample of ${name} from ${from - at} ms before the interval`)
    if (at > to + skewMs) return missing('empty', `has a sample of ${name} from ${at - to} ms after the interval`)
    if (value === undefined) return missing('not-a-number', `has a series ${name} whose value is no finite number`)
    if (type === 'counter' && value < 0) return missing('not-a-number', `has a counter ${name} at ${value}, below zero`)
    series.push({ name, labels, value })
  }
  return series
}

function matches(value: string, matcher: LabelMatcher): boolean {
  if (typeof matcher === 'string') return value === matcher
  if ('not' in matcher) return value !== matcher.not
  return 'in' in matcher ? matcher.in.includes(value) : value.startsWith(matcher.prefix)
}

/** Equal for equal label sets, in whatever order. */
export const labelKey = (labels: ReadonlyMap<string, string>) => JSON.stringify([...labels].sort(([a], [b]) => (a < b ? -1 : 1)))

/** The declared type: 0.0.4 declares counters by the sample's name, OpenMetrics without its suffix. */
const typeOf = ({ types }: Exposition, name: string) =>
  types.get(name) ?? types.get(name.replace(/_(?:total|count|sum|bucket)$/, '')) ?? 'unknown'
