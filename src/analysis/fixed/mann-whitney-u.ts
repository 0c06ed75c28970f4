import { ReleaseError } from '../../vocabulary/errors.js'
import { normalUpperTail } from '../stats/normal-distribution.js'
import { emptySample, type Insufficient } from './insufficient.js'
import { rankSumDistribution } from './rank-sum-distribution.js'
import { sortedSample } from './sorted-sample.js'

/** Which way `x` differs from `y` under the alternative: `greater` means that x tends to be larger. */
export type Alternative = 'two-sided' | 'greater' | 'less'

export interface MannWhitneyOptions {
  /** Default `two-sided`. */
  readonly alternative?: Alternative
  /** Default: `exact` when both samples have fewer than 50 numbers, `asymptotic` above. Exact takes 100 per sample at most. */
  readonly method?: 'exact' | 'asymptotic'
  /** Moves U half a step towards its mean before the normal approximation. Default true. */
  readonly continuity?: boolean
}

export interface MannWhitney {
  /** U of x: pairs with x > y, and half of those with x = y. */
  readonly u: number
  readonly p: number
  readonly method: 'exact' | 'asymptotic'
  /** Sizes without NaN, and how many NaN were left out. */
  readonly n: number
  readonly m: number
  readonly removed: number
}

/**
 * Mann-Whitney U, also known as Wilcoxon's rank-sum test: does x tend to be larger than y? Ties are counted by half; the exact
 * distribution is conditional on them, and the asymptotic variance corrected for them. Sorts and merges, without ranks.
 *
 * @param x - the canary, in any order and unit
 * @param y - the control, in the same unit
 * @throws ReleaseError `input/invalid` when `exact` is asked for more than 100 numbers in a sample
 * @see H. B. Mann, D. R. Whitney (1947), Ann. Math. Stat. 18(1), 50-60. doi:10.1214/aoms/1177730491
 */
export function mannWhitneyU(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  { alternative = 'two-sided', method, continuity = true }: MannWhitneyOptions = {},
): MannWhitney | Insufficient {
  const [xs, ys] = [sortedSample(x), sortedSample(y)]
  const empty = emptySample(xs, ys)
  if (empty !== undefined) return empty
  const [n, m] = [xs.length, ys.length]
  const chosen = method ?? (Math.max(n, m) < 50 ? 'exact' : 'asymptotic')
  if (chosen === 'exact' && Math.max(n, m) > 100)
    throw new ReleaseError(
      'input/invalid',
      `The exact Mann-Whitney test takes at most 100 numbers per sample, got ${n} and ${m}. Use the asymptotic one.`,
    )
  const { u, tieSum } = compareSorted(xs, ys)
  const p = chosen === 'exact' ? exactP(xs, ys, u, alternative) : asymptoticP(u, n, m, tieSum, alternative, continuity)
  return { u, p, method: chosen, n, m, removed: x.length + y.length - n - m }
}

/** U of `xs`, and Σ(t³ − t) over groups of t equal numbers in both together. Both arrays ascending, without NaN. */
export function compareSorted(xs: Float64Array, ys: Float64Array): { readonly u: number; readonly tieSum: number } {
  const [n, m] = [xs.length, ys.length]
  let [i, j, twiceU, tieSum] = [0, 0, 0, 0]
  while (i < n && j < m) {
    const value = xs[i]!
    const other = ys[j]!
    if (value < other) {
      const start = i++
      twiceU += 2 * j
      // Looking for ties within x only after a step that found none keeps the common path short.
      while (i < n && xs[i] === value) {
        i++
        twiceU += 2 * j
      }
      tieSum += cubeLess(i - start)
    } else if (other < value) {
      const start = j++
      while (j < m && ys[j] === other) j++
      tieSum += cubeLess(j - start)
    } else {
      const [iStart, jStart] = [i, j]
      while (i < n && xs[i] === value) i++
      while (j < m && ys[j] === value) j++
      twiceU += (i - iStart) * (jStart + j)
      tieSum += cubeLess(i - iStart + j - jStart)
    }
  }
  twiceU += 2 * (n - i) * m
  return { u: twiceU / 2, tieSum: tieSum + tieSumOf(xs, i) + tieSumOf(ys, j) }
}

const cubeLess = (count: number) => count * count * count - count

/** Σ(t³ − t) over groups of t equal numbers, from `start` on. */
export function tieSumOf(sorted: Float64Array, start = 0): number {
  let sum = 0
  for (let first = start, end = start + 1; first < sorted.length; first = end++) {
    while (end < sorted.length && sorted[end] === sorted[first]) end++
    sum += cubeLess(end - first)
  }
  return sum
}

/** Standard deviation of U under the null, given the ties. */
export function deviationOfU(n: number, m: number, tieSum: number): number {
  const all = n + m
  return all < 2 ? 0 : Math.sqrt(Math.max(0, ((n * m) / 12) * (all + 1 - tieSum / (all * (all - 1)))))
}

function asymptoticP(u: number, n: number, m: number, tieSum: number, alternative: Alternative, continuity: boolean): number {
  const deviation = deviationOfU(n, m, tieSum)
  if (deviation === 0) return 1
  const half = continuity ? 0.5 : 0
  const shift = u - (n * m) / 2
  if (alternative === 'greater') return normalUpperTail((shift - half) / deviation)
  if (alternative === 'less') return normalUpperTail((-shift - half) / deviation)
  return Math.min(1, 2 * normalUpperTail((Math.abs(shift) - half) / deviation))
}

function exactP(xs: Float64Array, ys: Float64Array, u: number, alternative: Alternative): number {
  // The distribution of the smaller sample is the cheaper one; its U mirrors the other.
  const [few, many, fewU] = xs.length <= ys.length ? [xs, ys, u] : [ys, xs, xs.length * ys.length - u]
  const ways = rankSumDistribution(doubledMidRanks(few, many), few.length)
  // Ranks begin at 0 here, so the smallest possible sum of distinct ones is C(n, 2).
  const sum = 2 * fewU + few.length * (few.length - 1)
  const [atMost, atLeast] = [shareOf(ways, 0, sum), shareOf(ways, sum, ways.length - 1)]
  if (alternative === 'two-sided') return Math.min(1, 2 * Math.min(atMost, atLeast))
  return (alternative === 'greater') === (few === xs) ? atLeast : atMost
}

function shareOf(ways: Float64Array, first: number, last: number): number {
  const add = (sum: number, count: number) => sum + count
  return ways.subarray(first, last + 1).reduce(add, 0) / ways.reduce(add, 0)
}

/** Twice the mean position, counted from 0, of each number of both samples among all of them. */
function doubledMidRanks(a: Float64Array, b: Float64Array): Float64Array {
  const pooled = new Float64Array(a.length + b.length)
  pooled.set(a)
  pooled.set(b, a.length)
  pooled.sort()
  return pooled.map((value) => pooled.indexOf(value) + pooled.lastIndexOf(value))
}
