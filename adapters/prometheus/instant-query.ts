import { z } from 'zod'
import type { CallOptions } from '../../src/ports/call-options.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { type Endpoint, placeOf, post, statusError } from './post.js'

const sample = <T extends z.ZodType>(value: T) => z.tuple([z.number(), value])
const seriesSchema = z.object({
  metric: z.record(z.string(), z.string()),
  value: sample(z.string()).optional(),
  /** Of a native histogram: which ends belong to the bucket, its lower and its upper end, and its count. */
  histogram: sample(
    z.object({ buckets: z.array(z.tuple([z.number(), z.string(), z.string(), z.string()])).optional() }),
  ).optional(),
})
export type Series = z.infer<typeof seriesSchema>

const answerSchema = z.object({
  status: z.literal('success'),
  data: z.object({ resultType: z.string(), result: z.array(z.unknown()) }),
  warnings: z.array(z.string()).optional(),
  isPartial: z.boolean().optional(),
})
const refusalSchema = z.object({ status: z.literal('error'), error: z.string() })

/** What Prometheus said of a query: its vector, or why there is none that could be judged. */
export type Answer = { readonly series: readonly Series[] } | { readonly reason: 'partial' | 'outage'; readonly detail: string }

/**
 * One query at one instant. A query that is refused, or answered in part only, is an answer.
 * @throws ReleaseError `adapter/unavailable` or `adapter/rejected` when Prometheus as a whole does not answer
 */
export async function instantQuery(endpoint: Endpoint, promql: string, at: number, options: CallOptions): Promise<Answer> {
  const place = placeOf(endpoint)
  const { status, retryAfter, text, quoted } = await post(endpoint, promql, at, options)
  const body = parsed(text)
  const refusal = refusalSchema.safeParse(body)
  // VictoriaMetrics says 422 to everything that it does not understand.
  if ((status === 400 || status === 422) && refusal.success)
    return { reason: 'outage', detail: `Prometheus refused the query: ${quoted(refusal.data.error)}` }
  if (status !== 200) throw statusError(place, status, retryAfter)
  const answer = answerSchema.safeParse(body)
  if (!answer.success)
    throw new ReleaseError(
      'adapter/unavailable',
      `${place} answered what is not the result of a query. See whether something else answers in its place, such as a login page.`,
      { status },
    )
  const { data, warnings = [], isPartial = false } = answer.data
  if (isPartial || warnings.length > 0)
    return { reason: 'partial', detail: `Prometheus warns: ${quoted(warnings.join('; ') || 'partial answer')}` }
  return vectorOf(data, at, endpoint.maxSeries)
}

function vectorOf({ resultType, result }: z.infer<typeof answerSchema>['data'], at: number, maxSeries: number): Answer {
  const broken = (detail: string) => ({ reason: 'outage', detail: `Prometheus answered ${detail}` }) as const
  if (resultType !== 'vector') return broken(`a ${resultType}, where a vector is needed`)
  if (result.length > maxSeries) return broken(`with ${result.length} series, more than ${maxSeries}`)
  const { data: series, error } = z.array(seriesSchema).safeParse(result)
  if (series === undefined) return broken(`with a series that is none, at ${error.issues[0]?.path.join('.')}`)
  const isOfThen = ({ value, histogram }: Series) => Math.abs(((value ?? histogram)?.[0] ?? 0) * 1000 - at) < 1000
  if (series.every(isOfThen)) return { series }
  return broken('for another time than it was asked for. With VictoriaMetrics, set -search.latencyOffset=0s')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
