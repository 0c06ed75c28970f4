import { compareSorted, deviationOfU } from '../fixed/mann-whitney-u.js'
import { sortedSample } from '../fixed/sorted-sample.js'
import { normalQuantile } from '../stats/normal-distribution.js'
import { brentRoot } from './brent-root.js'

/** In the unit of the metric, whatever that is: metrics of small numbers are a blur to it. Kayenta's, and R's default. */
const tolerance = 1e-4

/**
 * The shift from `y` to `x` and its interval as Kayenta finds them: roots of the standardised Mann-Whitney statistic, searched
 * for and met to within the tolerance, so that `lower` can even end above `upper`. `hodgesLehmann` gives the exact ones.
 *
 * @param x - finite, at least one number; not constant where `y` is, or there is nothing to search
 */
export function searchedShift(x: readonly number[], y: readonly number[], confidence: number) {
  const [xs, ys] = [sortedSample(x), sortedSample(y)]
  const least = xs[0]! - ys.at(-1)!
  const most = xs.at(-1)! - ys[0]!
  const search = (z: number) => brentRoot((shift) => standardisedU(xs, ys, shift) - z, least, most, tolerance)
  const end = (z: number) => {
    if (standardisedU(xs, ys, least) <= z) return least
    return standardisedU(xs, ys, most) >= z ? most : search(z)
  }
  const z = normalQuantile((1 - confidence) / 2)
  return { lower: end(-z), upper: end(z), estimate: search(0) }
}

/** Mann-Whitney's U of `xs` less `shift`, in standard deviations from its mean, with correction for continuity. Both ascending. */
export function standardisedU(xs: Float64Array, ys: Float64Array, shift: number): number {
  const shifted = xs.map((value) => value - shift)
  const { u, tieSum } = compareSorted(shifted, ys)
  const excess = u - (xs.length * ys.length) / 2
  return (excess - Math.sign(excess) / 2) / deviationOfU(xs.length, ys.length, tieSum)
}
