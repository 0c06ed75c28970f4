import { ReleaseError } from '../../vocabulary/errors.js'
import type { Insufficient } from './insufficient.js'
import { sortedSample } from './sorted-sample.js'

/**
 * Quantiles by linear interpolation between order statistics: type 7, the default of R and NumPy. NaN are left out.
 *
 * @param levels - each from 0 (the smallest value) to 1 (the largest)
 * @returns one quantile per level
 * @throws ReleaseError `input/invalid` for a level out of range
 * @see R. J. Hyndman, Y. Fan (1996), Am. Stat. 50(4), 361-365. doi:10.1080/00031305.1996.10473566
 */
export function quantiles(values: ArrayLike<number>, levels: readonly number[]): number[] | Insufficient {
  const wrong = levels.find((level) => !(level >= 0 && level <= 1))
  if (wrong !== undefined)
    throw new ReleaseError(
      'input/invalid',
      `A quantile level lies between 0 and 1, got ${wrong}. Write 0.99 for the 99th percentile.`,
    )
  const sorted = sortedSample(values)
  if (sorted.length === 0) return { insufficient: 'Needs at least one number for a quantile, got none.' }
  return levels.map((level) => quantileOfSorted(sorted, level))
}

/** The same of at least one number, ascending and without NaN. */
export function quantileOfSorted(sorted: Float64Array, level: number): number {
  const position = level * (sorted.length - 1)
  const below = Math.floor(position)
  const [left, right] = [sorted[below]!, sorted[Math.ceil(position)]!]
  return left === right ? left : left + (position - below) * (right - left)
}
