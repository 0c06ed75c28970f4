import { ReleaseError } from '../../vocabulary/errors.js'
import { hypergeometricPmf } from '../stats/unimodal-pmf.js'
import type { Alternative } from './mann-whitney-u.js'

export type TwoByTwo = readonly [readonly [number, number], readonly [number, number]]

/**
 * Fisher's exact test of a 2x2 table of whole numbers, conditional on its margins. `greater` means that the first cell is
 * larger than chance has it (odds ratio above 1). Two-sided: all tables at most as likely as the observed one, as R and SciPy.
 *
 * @param table - for instance `[[canary bad, canary good], [control bad, control good]]`
 * @returns the p-value; 1 for an empty row or column, where only one table is possible
 * @throws ReleaseError `input/invalid` for cells that are not whole numbers of at least 0
 * @see R. A. Fisher (1935), J. R. Stat. Soc. 98(1), 39-82. doi:10.2307/2342435
 */
export function fisherExact([[a, b], [c, d]]: TwoByTwo, alternative: Alternative = 'two-sided'): number {
  if (![a, b, c, d].every((cell) => Number.isSafeInteger(cell) && cell >= 0))
    throw new ReleaseError('input/invalid', `Fisher's test takes whole numbers of at least 0, got ${[a, b, c, d].join(', ')}.`)
  const { first, probabilities } = hypergeometricPmf(a + b + c + d, a + c, a + b)
  const seen = a - first
  const add = (sum: number, probability: number) => sum + probability
  const tail = {
    less: () => probabilities.subarray(0, seen + 1).reduce(add, 0),
    greater: () => probabilities.subarray(seen).reduce(add, 0),
    // The margin keeps tables that are equally likely, but for rounding, on the same side.
    'two-sided': () => probabilities.filter((probability) => probability <= probabilities[seen]! * (1 + 1e-7)).reduce(add, 0),
  }
  return Math.min(1, tail[alternative]())
}
