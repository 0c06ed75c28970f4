import type { Measurement } from '../../src/vocabulary/measurement.js'
import type { Series } from './instant-query.js'
import { finiteNumber, type Missing, missing } from './missing.js'

export type Histogram = Extract<Measurement, { kind: 'histogram' }>

/** What fell in `(lower, upper]`. */
interface Bucket {
  readonly lower: number
  readonly upper: number
  readonly count: number
}

/** One histogram from the series of one cohort: native ones, one series each, or classic ones, with a series for each bucket. */
export function histogramOf(series: readonly Series[], reduce: 'sum' | undefined): Histogram | Missing {
  const sets = Map.groupBy(series, ({ metric }) => JSON.stringify({ ...metric, le: undefined }))
  if (sets.size > 1 && reduce === undefined)
    return missing('ambiguous', `${sets.size} histograms; declare "reduce", or select one`)
  const histograms = [...sets.values()].map((set) => (set[0]?.histogram ? nativeBuckets(set) : classicBuckets(set)))
  const buckets: Bucket[] = []
  for (const histogram of histograms) {
    if ('kind' in histogram) return histogram
    buckets.push(...histogram)
  }
  return binned(buckets, commonBounds(buckets))
}

/** Two histograms with the same bounds, since native ones name only the buckets that hold something. */
export function aligned(a: Histogram, b: Histogram): [Histogram, Histogram] {
  if (a.bounds.length === b.bounds.length && a.bounds.every((bound, i) => bound === b.bounds[i])) return [a, b]
  const [left, right] = [bucketsOf(a), bucketsOf(b)]
  const bounds = commonBounds(
    [...left, ...right].filter(({ count }) => count > 0),
    [...a.bounds, ...b.bounds],
  )
  return [binned(left, bounds), binned(right, bounds)]
}

/** Classic buckets count everything up to their bound, `le`. */
function classicBuckets(series: readonly Series[]): Bucket[] | Missing {
  const sums = series.map(({ metric, value }) => ({ upper: edge(metric.le), sum: finiteNumber(value?.[1]) }))
  if (sums.some(({ upper, sum }) => upper === undefined || sum === undefined))
    return missing('not-a-number', 'a bucket whose "le" or count is no number')
  const ordered = (sums as { upper: number; sum: number }[]).sort((a, b) => a.upper - b.upper)
  if (ordered.at(-1)?.upper !== Number.POSITIVE_INFINITY) return missing('empty', 'no bucket with le="+Inf"')
  if (new Set(ordered.map(({ upper }) => upper)).size < ordered.length)
    return missing('ambiguous', 'two buckets of the same bound')
  const buckets = ordered.map(({ upper, sum }, i) => {
    const { upper: lower, sum: before } = ordered[i - 1] ?? { upper: Number.NEGATIVE_INFINITY, sum: 0 }
    return { lower, upper, count: sum - before }
  })
  const rounding = (ordered.at(-1)?.sum ?? 0) * 1e-6
  if (buckets.some(({ count }) => count < -rounding)) return missing('not-a-number', 'buckets that shrink as their bounds grow')
  return buckets.map((bucket) => ({ ...bucket, count: Math.max(0, bucket.count) }))
}

/** Which of its two ends belongs to a bucket matters for single values only, and is not kept. */
function nativeBuckets([first, ...others]: readonly Series[]): Bucket[] | Missing {
  if (others.length > 0) return missing('ambiguous', 'a native histogram that comes twice')
  const buckets = (first?.histogram?.[1].buckets ?? []).map(([, lower, upper, count]) => ({
    lower: edge(lower),
    upper: edge(upper),
    count: finiteNumber(count),
  }))
  const isSound = (bucket: (typeof buckets)[number]): bucket is Bucket =>
    bucket.lower !== undefined && bucket.upper !== undefined && bucket.count !== undefined && bucket.count >= 0
  return buckets.every(isSound) ? buckets : missing('not-a-number', 'a bucket whose bounds or count are no numbers')
}

const edge = (text: string | undefined) =>
  text !== undefined && /^[+-]?Inf$/.test(text) ? Number(text.replace('Inf', 'Infinity')) : finiteNumber(text)

const bucketsOf = ({ bounds, counts }: Histogram): Bucket[] =>
  counts.map((count, i) => ({
    lower: bounds[i - 1] ?? Number.NEGATIVE_INFINITY,
    upper: bounds[i] ?? Number.POSITIVE_INFINITY,
    count,
  }))

/** Those that cut no bucket in two: nobody knows how many lie on either side. */
function commonBounds(buckets: readonly Bucket[], bounds = buckets.flatMap(({ lower, upper }) => [lower, upper])): number[] {
  const byLower = buckets.toSorted((a, b) => a.lower - b.lower)
  let next = 0
  let reach = Number.NEGATIVE_INFINITY
  /** How far those reach that begin below. */
  const reachBelow = (bound: number) => {
    for (; (byLower[next]?.lower ?? Number.POSITIVE_INFINITY) < bound; next++) reach = Math.max(reach, byLower[next]!.upper)
    return reach
  }
  const sorted = [...new Set(bounds)].filter(Number.isFinite).sort((a, b) => a - b)
  return sorted.filter((bound) => reachBelow(bound) <= bound)
}

function binned(buckets: readonly Bucket[], bounds: number[]): Histogram {
  const counts = [...bounds, Number.POSITIVE_INFINITY].map(() => 0)
  for (const { upper, count } of buckets) {
    const place = bounds.findIndex((bound) => upper <= bound)
    counts[place === -1 ? bounds.length : place]! += count
  }
  return { kind: 'histogram', bounds, counts }
}
