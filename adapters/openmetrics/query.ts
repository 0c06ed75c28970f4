import { z } from 'zod'
import type { Json } from '../../src/vocabulary/canonical-json.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'

/** An empty text and a label that is not there are the same, as in Prometheus. */
const matcherSchema = z.union(
  [
    z.string(),
    z.strictObject({ not: z.string() }),
    z.strictObject({ in: z.array(z.string()).min(1) }),
    z.strictObject({ prefix: z.string().min(1) }),
  ],
  { error: 'write a text to be equal to, { "not": text }, { "in": [text, …] } or { "prefix": text }; there are no patterns' },
)
export type LabelMatcher = z.infer<typeof matcherSchema>

/** Zod leaves out a member of this name without a word, and a selector with one matcher less selects more. */
const noPrototype = z.unknown().refine((labels) => typeof labels !== 'object' || !labels || !Object.hasOwn(labels, '__proto__'), {
  error: 'a label cannot be named "__proto__"',
})

/** Samples by their name as exposed (with `_total`, `_count`), and by labels, all of which must match. */
const selectorSchema = z.strictObject({
  name: z.string().regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, { error: 'not a metric name' }),
  labels: noPrototype
    .pipe(z.record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, { error: 'not a label name' }), matcherSchema))
    .exactOptional(),
})
export type Selector = z.infer<typeof selectorSchema>

/** How several series of one instance become one. Without it they are `ambiguous`. */
const sum = z.literal('sum').exactOptional()

const forms = {
  counts: z.strictObject({
    total: selectorSchema,
    bad: selectorSchema,
    reduce: sum,
    /** `zero` where the client library exposes a series only after its first event. The default is `missing`. */
    absentBad: z.enum(['zero', 'missing']).exactOptional(),
  }),
  histogram: z.strictObject({
    /** The name without `_bucket`; classic buckets only. */
    histogram: selectorSchema.refine(({ labels }) => labels?.le === undefined, {
      error: '"le" tells buckets apart and cannot be selected',
    }),
    reduce: sum,
  }),
  events: z.strictObject({ counter: selectorSchema, reduce: sum }),
  gauge: z.strictObject({ gauge: selectorSchema, reduce: z.enum(['sum', 'min', 'max', 'mean']).exactOptional() }),
}

/** What to read from every instance; its form decides what comes back: `counts`, `histogram`, `events` or `gauge`. */
export const openMetricsQuerySchema = z.union([forms.counts, forms.histogram, forms.events, forms.gauge], {
  error: 'write { total, bad }, { histogram }, { counter } or { gauge }',
})
export type OpenMetricsQuery = z.infer<typeof openMetricsQuerySchema>

/** A union cannot say which of its members was meant; the first telling key can, and makes the message precise. */
function formOf(query: Json): z.ZodType<OpenMetricsQuery> {
  const has = (key: string) => typeof query === 'object' && query !== null && Object.hasOwn(query, key)
  if (has('total') || has('bad')) return forms.counts
  if (has('histogram')) return forms.histogram
  if (has('counter')) return forms.events
  return has('gauge') ? forms.gauge : openMetricsQuerySchema
}

/** @throws ReleaseError `plan/incapable`, naming the metric and the path in its query */
export function parseQueries(queries: Readonly<Record<string, Json>>): [metric: string, query: OpenMetricsQuery][] {
  return Object.entries(queries).map(([metric, query]) => {
    const { data, error } = formOf(query).safeParse(query)
    if (data !== undefined) return [metric, data]
    const [issue] = error.issues
    const path = issue?.path.join('.') ?? ''
    const where = path === '' ? '' : ` at ${path}`
    throw new ReleaseError(
      'plan/incapable',
      `The OpenMetrics query of metric "${metric}" is wrong${where}: ${issue?.message}. Mend it in the plan.`,
      { metric, path },
    )
  })
}
