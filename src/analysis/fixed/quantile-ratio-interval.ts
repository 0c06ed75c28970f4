import { ReleaseError } from '../../vocabulary/errors.js'
import type { RandomSource } from '../../vocabulary/xoshiro128.js'
import { drawBeta } from '../stats/draw-beta.js'
import { emptySample, type Insufficient } from './insufficient.js'
import { quantileOfSorted } from './quantile.js'
import { sortedSample } from './sorted-sample.js'

export interface QuantileRatioOptions {
  /** Which quantile, above 0 and below 1: 0.99 for the 99th percentile. */
  readonly level: number
  readonly random: RandomSource
  /** Default 0.95. */
  readonly confidence?: number
  /** Default 2,000. */
  readonly draws?: number
}

/**
 * Bootstrap interval of the ratio of a quantile of x to that of y, such as the canary's p99 latency over the control's.
 * Resampling and sorting is spared: the rank that a resample's k-th value had in the sample is a beta variate. NaN are left out.
 *
 * @param x - the canary, positive
 * @param y - the control, positive, in the same unit
 * @throws ReleaseError `input/invalid` for options out of range or numbers that are not positive and finite
 * @see B. Efron, R. J. Tibshirani (1993), An Introduction to the Bootstrap, chapter 13 (percentile interval).
 */
export function quantileRatioInterval(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  { level, random, confidence = 0.95, draws = 2_000 }: QuantileRatioOptions,
): { readonly estimate: number; readonly lower: number; readonly upper: number } | Insufficient {
  const isFraction = (value: number) => value > 0 && value < 1
  if (!isFraction(level) || !isFraction(confidence) || !Number.isInteger(draws) || draws < 1)
    throw new ReleaseError(
      'input/invalid',
      `A quantile ratio needs a level and a confidence between 0 and 1 and at least one draw, got ${level}, ${confidence}, ${draws}.`,
    )
  const [xs, ys] = [sortedSample(x), sortedSample(y)]
  const empty = emptySample(xs, ys)
  if (empty !== undefined) return empty
  if (!(xs[0]! > 0 && ys[0]! > 0 && xs.at(-1)! < Infinity && ys.at(-1)! < Infinity))
    throw new ReleaseError('input/invalid', 'A ratio of quantiles takes positive, finite numbers. Compare differences instead.')
  const resampled = (sorted: Float64Array) => {
    const rank = Math.ceil(sorted.length * level)
    const position = Math.ceil(sorted.length * drawBeta(random, rank, sorted.length - rank + 1))
    return sorted[Math.max(1, position) - 1]!
  }
  const ratios = Float64Array.from({ length: draws }, () => resampled(xs) / resampled(ys)).sort()
  return {
    estimate: quantileOfSorted(xs, level) / quantileOfSorted(ys, level),
    lower: quantileOfSorted(ratios, (1 - confidence) / 2),
    upper: quantileOfSorted(ratios, (1 + confidence) / 2),
  }
}
