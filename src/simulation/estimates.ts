import { quantileOfSorted } from '../analysis/fixed/quantile.js'
import { wilsonInterval } from '../analysis/fixed/wilson-interval.js'
import { normalQuantile } from '../analysis/stats/normal-distribution.js'

/** How often something happened, with an interval of 95 % confidence. All but the counts are fractions. */
export interface Rate {
  readonly count: number
  readonly runs: number
  readonly rate: number
  readonly lower: number
  readonly upper: number
}

/** How much of something there was, with an interval of 95 % confidence for the mean. */
export interface Amount {
  readonly runs: number
  readonly mean: number
  readonly lower: number
  readonly upper: number
  readonly p50: number
  readonly p95: number
}

const z = normalQuantile(0.975)

/** @param runs - at least 1 */
export function rateOf(count: number, runs: number): Rate {
  const interval = wilsonInterval({ bad: count, total: runs })
  if ('insufficient' in interval) throw new RangeError(interval.insufficient)
  return { count, runs, rate: count / runs, ...interval }
}

/** @param values - at least one; of none can be negative, so that no interval is either */
export function amountOf(values: readonly number[]): Amount {
  const runs = values.length
  const mean = values.reduce((sum, value) => sum + value, 0) / runs
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  const half = runs > 1 ? z * Math.sqrt(squares / (runs - 1) / runs) : Number.POSITIVE_INFINITY
  const sorted = Float64Array.from(values).sort()
  return {
    runs,
    mean,
    lower: Math.max(0, mean - half),
    upper: mean + half,
    p50: quantileOfSorted(sorted, 0.5),
    p95: quantileOfSorted(sorted, 0.95),
  }
}
