import { emptySample, type Insufficient } from './insufficient.js'
import { compareSorted } from './mann-whitney-u.js'
import { sortedSample } from './sorted-sample.js'

/**
 * Common-language effect size: the chance that a random x exceeds a random y, ties by half; 0.5 when neither tends to be
 * larger. NaN are left out.
 *
 * @see K. O. McGraw, S. P. Wong (1992), Psychol. Bull. 111(2), 361-365. doi:10.1037/0033-2909.111.2.361
 */
export function cles(x: ArrayLike<number>, y: ArrayLike<number>): number | Insufficient {
  const [xs, ys] = [sortedSample(x), sortedSample(y)]
  return emptySample(xs, ys) ?? compareSorted(xs, ys).u / (xs.length * ys.length)
}
