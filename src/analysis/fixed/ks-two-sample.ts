import { emptySample, type Insufficient } from './insufficient.js'
import { sortedSample } from './sorted-sample.js'

export interface KolmogorovSmirnov {
  /** Largest distance between the two empirical distribution functions, 0 to 1. */
  readonly d: number
  /** Two-sided. */
  readonly p: number
  readonly method: 'exact' | 'asymptotic'
}

/**
 * Two-sample Kolmogorov-Smirnov test: do x and y come from one distribution? Exact up to 300 numbers per sample without ties;
 * else Kolmogorov's limit, which is conservative under ties. NaN are left out.
 *
 * @param method - overrides the choice; exact ignores that ties make it conservative
 * @see J. L. Hodges (1958), Ark. Mat. 3(5), 469-486. doi:10.1007/BF02589501
 */
export function ksTwoSample(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  method?: 'exact' | 'asymptotic',
): KolmogorovSmirnov | Insufficient {
  const [xs, ys] = [sortedSample(x), sortedSample(y)]
  const empty = emptySample(xs, ys)
  if (empty !== undefined) return empty
  const [n, m] = [xs.length, ys.length]
  const { gap, hasTies } = largestGap(xs, ys)
  const d = gap / n / m
  const chosen = method ?? (Math.max(n, m) <= 300 && !hasTies ? 'exact' : 'asymptotic')
  const p = chosen === 'exact' ? chanceToStray(n, m, gap) : kolmogorovTail(d * Math.sqrt((n * m) / (n + m)))
  return { d, p, method: chosen }
}

/** The distance times n·m, which is a whole number. */
function largestGap(xs: Float64Array, ys: Float64Array): { readonly gap: number; readonly hasTies: boolean } {
  const [n, m] = [xs.length, ys.length]
  let [i, j, gap, hasTies] = [0, 0, 0, false]
  while (i < n && j < m) {
    const value = Math.min(xs[i]!, ys[j]!)
    const before = i + j
    while (i < n && xs[i] === value) i++
    while (j < m && ys[j] === value) j++
    hasTies ||= i + j > before + 1
    gap = Math.max(gap, Math.abs(i * m - j * n))
  }
  // What is left of one sample only closes the gap, but may hold ties.
  const hasRepeats = (rest: Float64Array) => rest.some((value, k) => k > 0 && rest[k - 1] === value)
  return { gap, hasTies: hasTies || hasRepeats(xs.subarray(i)) || hasRepeats(ys.subarray(j)) }
}

/**
 * All orders of n x and m y are equally likely: the chance that one strays by `gap` or more from the diagonal. Adds up the
 * chances of straying for the first time, all positive, rather than subtract those of never straying from 1.
 */
function chanceToStray(n: number, m: number, gap: number): number {
  if (gap === 0) return 1
  let strayed = 0
  let row = new Float64Array(m + 1)
  row[0] = 1
  for (let i = 0; i <= n; i++) {
    const next = new Float64Array(m + 1)
    for (let j = 0; j <= m; j++) {
      const chance = row[j]!
      if (Math.abs(i * m - j * n) >= gap) strayed += chance
      else if (chance > 0) {
        const left = n - i + m - j
        if (j < m) row[j + 1]! += (chance * (m - j)) / left
        if (i < n) next[j] = (chance * (n - i)) / left
      }
    }
    row = next
  }
  return Math.min(1, strayed)
}

/** P(K > λ) of Kolmogorov's distribution: the alternating series for large λ, its theta-function dual for small. */
function kolmogorovTail(lambda: number): number {
  if (lambda < 1e-3) return 1
  const terms = [1, 2, 3, 4, 5, 6]
  if (lambda > 1) return 2 * terms.reduce((sum, k) => sum - (-1) ** k * Math.exp(-2 * (k * lambda) ** 2), 0)
  const dual = terms.reduce((sum, k) => sum + Math.exp(-(((2 * k - 1) * Math.PI) ** 2) / (8 * lambda ** 2)), 0)
  return 1 - (Math.sqrt(2 * Math.PI) / lambda) * dual
}
