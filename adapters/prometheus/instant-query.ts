import { z } from 'zod'
import type { CallOptions } from '../../src/ports/call-options.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { type Endpoint, post, statusError } from './post.js'

type Sample<T> = readonly [seconds: number, T]
export interface Series {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: Sample<string>
  /** Of a native histogram: which ends belong to the bucket, its lower and its upper end, and its count. */
  readonly histogram?: Sample<{ readonly buckets?: readonly (readonly [number, string, string, string])[] }>
}

const answerSchema = z.object({
  status: z.literal('success'),
  data: z.object({ resultType: z.string(), result: z.custom<unknown[]>(Array.isArray) }),
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
  const { place } = endpoint
  const { status, retryAfter, text, quoted } = await post(endpoint, promql, at, options)
  const body = parsed(text)
  // VictoriaMetrics says 422 to everything that it does not understand.
  const refusal = status === 400 || status === 422 ? refusalSchema.safeParse(body).data : undefined
  if (refusal) return { reason: 'outage', detail: `Prometheus refused the query: ${quoted(refusal.error)}` }
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
  const odd = result.findIndex((one) => !isSeries(one))
  if (odd !== -1) return broken(`with a series that is none, at ${odd}`)
  const series = result as Series[]
  const isOfThen = ({ value, histogram }: Series) => Math.abs(((value ?? histogram)?.[0] ?? 0) * 1000 - at) < 1000
  if (series.every(isOfThen)) return { series }
  return broken('for another time than it was asked for. With VictoriaMetrics, set -search.latencyOffset=0s')
}

/** By hand: there may be thousands, and a schema would take longer than the request. */
function isSeries(one: unknown): one is Series {
  const { metric, value, histogram } = Object(one) as Record<string, unknown>
  if (typeof metric !== 'object' || metric === null || !Object.values(metric).every(isText)) return false
  if (value !== undefined && !(isSample(value) && isText(value[1]))) return false
  return histogram === undefined || (isSample(histogram) && areBuckets(Object(histogram[1]).buckets))
}

const isText = (value: unknown) => typeof value === 'string'
const isSample = (value: unknown): value is Sample<unknown> =>
  Array.isArray(value) && value.length === 2 && typeof value[0] === 'number'
const areBuckets = (buckets: unknown) => buckets === undefined || (Array.isArray(buckets) && buckets.every(isBucket))
const isBucket = (bucket: unknown) =>
  Array.isArray(bucket) && bucket.length === 4 && typeof bucket[0] === 'number' && bucket.slice(1).every(isText)

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
