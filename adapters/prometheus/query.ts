import { z } from 'zod'
import type { Json } from '../../src/vocabulary/canonical-json.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { templateFlaw } from './template.js'

/** Texts are taken as they are, but for `$version` and `$unit`. Prometheus matches whole values: a prefix is not a pattern here. */
const matcherSchema = z.union(
  [
    z.string(),
    z.strictObject({ not: z.string() }),
    z.strictObject({ in: z.array(z.string()).min(1) }),
    z.strictObject({ prefix: z.string().min(1) }),
  ],
  { error: 'write a text to be equal to, { "not": text }, { "in": [text, …] } or { "prefix": text }' },
)
export type LabelMatcher = z.infer<typeof matcherSchema>

/** Zod leaves out a member of this name without a word, and a selector with one matcher less selects more. */
const noPrototype = z
  .unknown()
  .refine((labels) => !Object.hasOwn(Object(labels), '__proto__'), { error: 'a label cannot be named "__proto__"' })

const selectorSchema = z.strictObject({
  name: z.string().regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, { error: 'not a metric name' }),
  labels: noPrototype.pipe(z.record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, { error: 'not a label name' }), matcherSchema)),
})
export type Selector = z.infer<typeof selectorSchema>

/** A selector of series, or PromQL text with `"$version"`, `"$unit"` and `[$interval]`. */
const expressionSchema = z.union([z.string().min(1), selectorSchema], { error: 'write { "name": …, "labels": { … } } or PromQL' })
export type Expression = z.infer<typeof expressionSchema>

/** How several series become one. Without it they are `ambiguous`. */
const sum = z.literal('sum').exactOptional()

const forms = {
  counts: z.strictObject({
    total: expressionSchema,
    bad: expressionSchema,
    reduce: sum,
    /** `zero` where the client library exposes a series only after its first event. The default is `missing`. */
    absentBad: z.enum(['zero', 'missing']).exactOptional(),
  }),
  histogram: z.strictObject({
    /** The name without `_bucket`. */
    histogram: expressionSchema,
    /** A native histogram; the default is a classic one, with buckets by `le`. */
    native: z.boolean().exactOptional(),
    reduce: sum,
  }),
  events: z.strictObject({
    counter: expressionSchema,
    /** What the events are held against: a gauge, such as `up`, whose sum over the series is multiplied by the interval's seconds. */
    exposure: expressionSchema,
    reduce: sum,
  }),
  /** `each`: every series is an instance with a value of its own. */
  gauge: z.strictObject({ gauge: expressionSchema, reduce: z.enum(['sum', 'min', 'max', 'mean', 'each']).exactOptional() }),
}

/** What to ask Prometheus for; its form decides what comes back: `counts`, `histogram`, `events` or `gauge`. */
export const prometheusQuerySchema = z.union([forms.counts, forms.histogram, forms.events, forms.gauge], {
  error: 'write { total, bad }, { histogram }, { counter, exposure } or { gauge }',
})
export type PrometheusQuery = z.infer<typeof prometheusQuerySchema>

/** A union cannot say which of its members was meant; the first telling key can, and makes the message precise. */
function formOf(query: Json): z.ZodType<PrometheusQuery> {
  const telling = {
    total: forms.counts,
    bad: forms.counts,
    histogram: forms.histogram,
    counter: forms.events,
    gauge: forms.gauge,
  }
  const [form] = Object.entries(telling).flatMap(([key, form]) => (Object.hasOwn(Object(query), key) ? [form] : []))
  return form ?? prometheusQuerySchema
}

/**
 * Checks queries, each once: a plan's are the same at every look, and to check them takes longer than to ask.
 * @throws (the function) ReleaseError `plan/incapable`, naming the metric and the path in its query
 */
export function queryParser() {
  const known = new WeakMap<object, PrometheusQuery>()
  return (queries: Readonly<Record<string, Json>>): [metric: string, query: PrometheusQuery][] =>
    Object.entries(queries).map(([metric, json]) => {
      const query = known.get(Object(json)) ?? parseQuery(metric, json)
      known.set(Object(json), query)
      return [metric, query]
    })
}

function parseQuery(metric: string, json: Json): PrometheusQuery {
  const { data: query, error } = formOf(json).safeParse(json)
  const [path, problem] = query ? (flawOf(query) ?? []) : [error?.issues[0]?.path.join('.'), error?.issues[0]?.message]
  if (query !== undefined && problem === undefined) return query
  const where = path ? ` at ${path}` : ''
  throw new ReleaseError(
    'plan/incapable',
    `The Prometheus query of metric "${metric}" is wrong${where}: ${problem}. Mend it in the plan.`,
    { metric, path: path ?? '' },
  )
}

const parts = new Set(['total', 'bad', 'histogram', 'counter', 'exposure', 'gauge'])

/** The expressions of a query, by its keys. */
export function expressionsOf(query: PrometheusQuery): [part: string, expression: Expression][] {
  return Object.entries(query).filter((entry): entry is [string, Expression] => parts.has(entry[0]))
}

/** What a schema cannot see: cohorts that are not told apart, and several series that nobody has said how to join. */
function flawOf(query: PrometheusQuery): [path: string, problem: string] | undefined {
  for (const [part, expression] of expressionsOf(query)) {
    const problem =
      typeof expression === 'string'
        ? templateFlaw(expression, part === 'gauge' ? ['version'] : ['version', 'interval'])
        : selectorFlaw(expression, query.reduce !== undefined || part === 'exposure', part === 'histogram')
    if (problem !== undefined) return [part, problem]
  }
  return undefined
}

function selectorFlaw({ labels }: Selector, isReduced: boolean, isHistogram: boolean): string | undefined {
  const matchers = Object.entries(labels)
  if (isHistogram && Object.hasOwn(labels, 'le')) return '"le" tells buckets apart and cannot be selected'
  if (!matchers.some(([, matcher]) => JSON.stringify(matcher).includes('$version')))
    return 'no label contains "$version", so canary and stable would be the same series'
  const loose = matchers.find(([, matcher]) => typeof matcher !== 'string')
  if (loose && !isReduced) return `label "${loose[0]}" can match several series; declare "reduce"`
  return undefined
}
