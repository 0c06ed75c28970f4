import { ReleaseError } from '../../vocabulary/errors.js'
import { normalQuantile } from '../stats/normal-distribution.js'
import type { Insufficient } from './insufficient.js'
import { checkProportion, type Proportion } from './proportion.js'

/**
 * Wilson score interval for a proportion, without continuity correction. For error rates from few requests: it stays within
 * [0, 1], and says something even at zero errors.
 *
 * @param confidence - coverage, above 0 and below 1
 * @returns fractions with `lower ≤ bad / total ≤ upper`
 * @throws ReleaseError `input/invalid` when not `0 ≤ bad ≤ total`, or for a confidence out of range
 * @see E. B. Wilson (1927), J. Am. Stat. Assoc. 22(158), 209-212. doi:10.1080/01621459.1927.10502953
 */
export function wilsonInterval(
  { bad, total }: Proportion,
  confidence = 0.95,
): { readonly lower: number; readonly upper: number } | Insufficient {
  checkProportion({ bad, total }, 'Wilson interval')
  if (!(confidence > 0 && confidence < 1))
    throw new ReleaseError('input/invalid', `Wilson interval: confidence lies between 0 and 1, got ${confidence}.`)
  if (total === 0) return { insufficient: 'Needs at least one request for an interval of a rate, got none.' }
  const z = normalQuantile((1 + confidence) / 2)
  const rate = bad / total
  const shrink = 1 + z ** 2 / total
  const centre = (rate + z ** 2 / (2 * total)) / shrink
  const halfWidth = (z / shrink) * Math.sqrt((rate * (1 - rate)) / total + z ** 2 / (4 * total ** 2))
  // Rounding can push a bound past the estimate at 0 and at 1; the contract wins.
  return { lower: Math.min(rate, Math.max(0, centre - halfWidth)), upper: Math.max(rate, Math.min(1, centre + halfWidth)) }
}
