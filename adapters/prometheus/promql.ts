import { growth } from './growth.js'
import { expressionsOf, type LabelMatcher, type PrometheusQuery, type Selector } from './query.js'
import { escaped, fillTemplate, fillText, literal, type Values } from './template.js'

/** The PromQL of each part of a query, to be evaluated at the end of the interval. */
export function promqlOf(query: PrometheusQuery, values: Values, from: number): [part: string, promql: string][] {
  return expressionsOf(query).map(([part, expression]) => [
    part,
    typeof expression === 'string' ? fillTemplate(expression, values) : written(query, part, expression, values, from),
  ])
}

function written(query: PrometheusQuery, part: string, selector: Selector, values: Values, from: number): string {
  const { interval } = values
  const isClassic = 'histogram' in query && query.native !== true
  const series = selected(isClassic ? { ...selector, name: `${selector.name}_bucket` } : selector, values)
  // Not the newest value known, which may be minutes older than the interval.
  if (part === 'gauge') return `last_over_time(${series}[${interval}ms])`
  if (part === 'exposure') return `sum(avg_over_time(${series}[${interval}ms])) * ${interval / 1000}`
  const grown = 'histogram' in query && !isClassic ? `increase(${series}[${interval}ms])` : growth(series, interval, from)
  if (query.reduce === undefined) return grown
  return isClassic ? `sum by (le) (${grown})` : `sum(${grown})`
}

function selected({ name, labels }: Selector, values: Values): string {
  const matchers = Object.entries(labels).map(([label, matcher]) => `${label}${operation(matcher, values)}`)
  return `${name}{${matchers.join(',')}}`
}

function operation(matcher: LabelMatcher, values: Values): string {
  const text = (template: string) => fillText(template, values)
  if (typeof matcher === 'string') return `="${escaped(text(matcher))}"`
  if ('not' in matcher) return `!="${escaped(text(matcher.not))}"`
  const pattern = 'in' in matcher ? matcher.in.map((one) => literal(text(one))).join('|') : `${literal(text(matcher.prefix))}.*`
  return `=~"${escaped(pattern)}"`
}
