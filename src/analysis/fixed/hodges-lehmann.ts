import { ReleaseError } from '../../vocabulary/errors.js'
import { normalQuantile } from '../stats/normal-distribution.js'
import { emptySample, type Insufficient } from './insufficient.js'
import { compareSorted, deviationOfU, tieSumOf } from './mann-whitney-u.js'
import { rankSumDistribution } from './rank-sum-distribution.js'
import { sortedSample } from './sorted-sample.js'

export interface HodgesLehmannOptions {
  /** Coverage of the interval, above 0 and below 1. Default 0.95. */
  readonly confidence?: number
  /** Default: `exact` when both samples have fewer than 50 numbers and no two are equal. Exact takes 100 per sample at most. */
  readonly method?: 'exact' | 'asymptotic'
}

export interface HodgesLehmann {
  /** Median of all differences x − y: how far x lies above y, in their unit. */
  readonly estimate: number
  readonly lower: number
  readonly upper: number
  readonly method: 'exact' | 'asymptotic'
}

/**
 * The Hodges-Lehmann estimate of the shift from y to x, with Moses' interval: all shifts that a two-sided Mann-Whitney test
 * does not reject. Both ends are order statistics of the differences, hence exact in any unit, however small. Equal to R's
 * `wilcox.test(conf.int = TRUE)`, but for the tolerance of R's root finder. NaN are left out.
 *
 * @param x - the canary, finite
 * @param y - the control, finite
 * @throws ReleaseError `input/invalid` for infinite numbers, a confidence out of range, or `exact` on more than 100 in a sample
 * @see J. L. Hodges, E. L. Lehmann (1963), Ann. Math. Stat. 34(2), 598-611. doi:10.1214/aoms/1177704172
 */
export function hodgesLehmann(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  { confidence = 0.95, method }: HodgesLehmannOptions = {},
): HodgesLehmann | Insufficient {
  const [xs, ys] = [sortedSample(x), sortedSample(y)]
  const empty = emptySample(xs, ys)
  if (empty !== undefined) return empty
  const size = Math.max(xs.length, ys.length)
  const chosen = method ?? (size < 50 && compareSorted(xs, ys).tieSum === 0 ? 'exact' : 'asymptotic')
  check(xs, ys, confidence, chosen)
  const pairs = xs.length * ys.length
  const rank = Math.max(1, (chosen === 'exact' ? exactRank : asymptoticRank)(xs, ys, (1 - confidence) / 2))
  const difference = (k: number) => kthDifference(xs, ys, k)
  return {
    estimate: (difference(Math.ceil(pairs / 2)) + difference(Math.floor(pairs / 2) + 1)) / 2,
    lower: difference(rank),
    upper: difference(pairs + 1 - rank),
    method: chosen,
  }
}

function check(xs: Float64Array, ys: Float64Array, confidence: number, method: 'exact' | 'asymptotic'): void {
  const refuse = (problem: string) => new ReleaseError('input/invalid', `Hodges-Lehmann: ${problem}`)
  if (!(confidence > 0 && confidence < 1)) throw refuse(`confidence lies between 0 and 1, got ${confidence}.`)
  if (method === 'exact' && Math.max(xs.length, ys.length) > 100)
    throw refuse(`the exact interval takes at most 100 numbers per sample, got ${xs.length} and ${ys.length}. Use asymptotic.`)
  if (!Number.isFinite(xs.at(-1)! - ys[0]!) || !Number.isFinite(xs[0]! - ys.at(-1)!))
    throw refuse('numbers and their differences have to be finite. Remove infinite values first.')
}

/** The smallest u with P(U ≤ u) ≥ `tail`, for samples without ties. */
function exactRank({ length: n }: Float64Array, { length: m }: Float64Array, tail: number): number {
  const few = Math.min(n, m)
  const smallest = (few * (few - 1)) / 2
  const ways = rankSumDistribution(
    Array.from({ length: n + m }, (_, rank) => rank),
    few,
  ).subarray(smallest)
  const enough = tail * ways.reduce((sum, count) => sum + count, 0)
  let soFar = 0
  return ways.findIndex((count) => {
    soFar += count
    return soFar >= enough
  })
}

/**
 * Between two neighbouring differences no shifted x equals a y, so only ties within a sample lower the variance there, and it
 * is the same everywhere: the test changes its mind at one rank.
 */
function asymptoticRank(xs: Float64Array, ys: Float64Array, tail: number): number {
  const deviation = deviationOfU(xs.length, ys.length, tieSumOf(xs) + tieSumOf(ys))
  return Math.ceil((xs.length * ys.length) / 2 - 0.5 + normalQuantile(tail) * deviation)
}

/** The k-th smallest x − y (k from 1), by bisection between differences that exist: never builds them all. */
function kthDifference(xs: Float64Array, ys: Float64Array, k: number): number {
  let first = xs[0]! - ys.at(-1)!
  let last = xs.at(-1)! - ys[0]!
  while (first < last) {
    const middle = first / 2 + last / 2
    const { count, below, above } = aroundDifference(xs, ys, middle < last ? Math.max(first, middle) : first)
    if (count >= k) last = below
    else first = above
  }
  return first
}

/** How many differences are at most `limit`, the largest of those, and the smallest above it. */
function aroundDifference(xs: Float64Array, ys: Float64Array, limit: number) {
  let [count, below, above, j] = [0, -Infinity, Infinity, 0]
  for (const x of xs) {
    while (j < ys.length && x - ys[j]! > limit) j++
    if (j > 0) above = Math.min(above, x - ys[j - 1]!)
    if (j === ys.length) continue
    count += ys.length - j
    below = Math.max(below, x - ys[j]!)
  }
  return { count, below, above }
}
