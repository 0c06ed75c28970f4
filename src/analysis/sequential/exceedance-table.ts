import { sortedSample } from '../fixed/sorted-sample.js'

/** How requests of both cohorts lie about one cut, in whole requests. */
export interface ExceedanceTable {
  readonly total: number
  readonly canary: number
  /** Requests of both cohorts at or above the cut. */
  readonly above: number
  readonly canaryAbove: number
}

/**
 * Tables from samples, one for each level. The cut is the pooled quantile: the ⌈(1 − level)·n⌉-th largest value, and all
 * that equal it are above.
 *
 * @param levels - quantile levels, within (0, 1)
 * @param slowdown - tolerated factor on the canary's latency, by which its values are divided
 */
export function sampleTables(
  control: readonly number[],
  canary: readonly number[],
  levels: readonly number[],
  slowdown = 1,
): ExceedanceTable[] {
  return sortedTables(sortedSample(control), sortedSample(canary), levels, slowdown)
}

/** The same of samples in ascending order, for callers who need several tables of them. */
export function sortedTables(
  control: Float64Array,
  canary: Float64Array,
  levels: readonly number[],
  slowdown: number,
): ExceedanceTable[] {
  const adjusted = canary.map((value) => value / slowdown)
  const pool = merged(control, adjusted)
  return levels.map((level) => {
    if (pool.length === 0) return { total: 0, canary: 0, above: 0, canaryAbove: 0 }
    const cut = pool[pool.length - Math.max(1, Math.ceil((1 - level) * pool.length - 1e-9))]!
    return { total: pool.length, canary: canary.length, above: atLeast(pool, cut), canaryAbove: atLeast(adjusted, cut) }
  })
}

function merged(a: Float64Array, b: Float64Array): Float64Array {
  const both = new Float64Array(a.length + b.length)
  for (let i = 0, j = 0, k = 0; k < both.length; k++) both[k] = j >= b.length || a[i]! <= b[j]! ? a[i++]! : b[j++]!
  return both
}

/** How many of the sorted values are `cut` or more. */
function atLeast(sorted: Float64Array, cut: number): number {
  let below = 0
  let end = sorted.length
  while (below < end) {
    const middle = (below + end) >>> 1
    if (sorted[middle]! < cut) below = middle + 1
    else end = middle
  }
  return sorted.length - below
}

/** Counts of a histogram: `counts[i]` fell in `(bounds[i-1], bounds[i]]`, the last one above all bounds, which rise. */
export interface Buckets {
  readonly bounds: readonly number[]
  readonly counts: readonly number[]
}

/**
 * Tables from buckets, one for each bound that both cohorts have, in rising order. Counts are rounded to whole requests.
 * A tolerated slowdown cannot be applied to buckets: what lies between two bounds is not known.
 */
export function bucketTables(control: Buckets, canary: Buckets): ExceedanceTable[] {
  const canaryTotal = wholeTotal(canary)
  const total = wholeTotal(control) + canaryTotal
  let above = total
  let canaryAbove = canaryTotal
  let next = 0
  const tables: ExceedanceTable[] = []
  for (let i = 0; i < control.bounds.length; i++) {
    const bound = control.bounds[i]!
    above -= Math.round(control.counts[i]!)
    for (; next < canary.bounds.length && canary.bounds[next]! <= bound; next++) {
      const within = Math.round(canary.counts[next]!)
      above -= within
      canaryAbove -= within
    }
    if (canary.bounds[next - 1] === bound) tables.push({ total, canary: canaryTotal, above, canaryAbove })
  }
  return tables
}

const wholeTotal = ({ counts }: Buckets) => counts.reduce((sum, count) => sum + Math.round(count), 0)

/**
 * For each level, the table whose pooled share above the cut is nearest to `1 − level` in odds. The choice looks at pooled
 * counts only, of which the test's null says nothing, so that it may be made anew in every interval.
 *
 * @param tables - not empty, each with requests on both sides of its cut
 */
export function nearestTables(tables: readonly ExceedanceTable[], levels: readonly number[]): ExceedanceTable[] {
  const seen = tables.map(({ above, total }) => logOdds(above / total))
  return levels.map((level) => {
    const wanted = logOdds(1 - level)
    let nearest = 0
    for (let i = 1; i < seen.length; i++) if (Math.abs(seen[i]! - wanted) < Math.abs(seen[nearest]! - wanted)) nearest = i
    return tables[nearest]!
  })
}

const logOdds = (share: number) => Math.log(share / (1 - share))
