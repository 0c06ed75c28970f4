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
  const sums: { upper: number; sum: number }[] = []
  for (const { metric, value } of series) {
    const [upper, sum] = [edge(metric.le), finiteNumber(value?.[1])]
    if (upper === undefined || sum === undefined) return missing('not-a-number', 'a bucket whose "le" or count is no number')
    sums.push({ upper, sum })
  }
  sums.sort((a, b) => a.upper - b.upper)
  const whole = sums.at(-1)
  if (whole?.upper !== Number.POSITIVE_INFINITY) return missing('empty', 'no bucket with le="+Inf"')
  const buckets: Bucket[] = []
  for (const [i, { upper, sum }] of sums.entries()) {
    const below = sums[i - 1]
    if (upper === below?.upper) return missing('ambiguous', 'two buckets of the same bound')
    const count = sum - (below?.sum ?? 0)
    if (count < whole.sum * -1e-6) return missing('not-a-number', 'buckets that shrink as their bounds grow')
    buckets.push({ lower: below?.upper ?? Number.NEGATIVE_INFINITY, upper, count: Math.max(0, count) })
  }
  return buckets
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

const infinities = new Map<string | undefined, number>([
  ['+Inf', Number.POSITIVE_INFINITY],
  ['Inf', Number.POSITIVE_INFINITY],
  ['-Inf', Number.NEGATIVE_INFINITY],
])
const edge = (text: string | undefined) => infinities.get(text) ?? finiteNumber(text)

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
