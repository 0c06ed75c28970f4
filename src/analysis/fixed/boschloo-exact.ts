import { ReleaseError } from '../../vocabulary/errors.js'
import { minimise } from '../stats/golden-section.js'
import { binomialPmf, hypergeometricPmf } from '../stats/unimodal-pmf.js'
import type { Insufficient } from './insufficient.js'
import type { Alternative } from './mann-whitney-u.js'
import { checkProportion, type Proportion } from './proportion.js'

/** Points of the first look at the nuisance parameter. */
const gridPoints = 64
const largestTotal = 2_000

/**
 * Boschloo's exact unconditional test: Fisher's p-value as the statistic, and its worst distribution over the common rate as
 * the null. Never less powerful than Fisher's test. `greater` means that the canary's rate is higher; two-sided is twice the
 * smaller one-sided p-value.
 *
 * @throws ReleaseError `input/invalid` for counts that are not whole with `0 ≤ bad ≤ total`, or above 2,000 requests in a cohort
 * @see R. D. Boschloo (1970), Stat. Neerl. 24(1), 1-9. doi:10.1111/j.1467-9574.1970.tb00104.x
 */
export function boschlooExact(
  control: Proportion,
  canary: Proportion,
  alternative: Alternative = 'two-sided',
): { readonly p: number } | Insufficient {
  for (const [side, proportion] of Object.entries({ control, canary })) {
    checkProportion(proportion, `Boschloo's test, ${side}`)
    const { bad, total } = proportion
    if (!Number.isInteger(bad) || !Number.isInteger(total) || total > largestTotal)
      throw new ReleaseError(
        'input/invalid',
        `Boschloo's test takes whole numbers up to 2,000, got ${bad} of ${total} for ${side}.`,
      )
  }
  if (control.total === 0 || canary.total === 0)
    return { insufficient: `Needs requests of both cohorts, got ${control.total} of control and ${canary.total} of canary.` }
  if (alternative === 'greater') return { p: isHigher(control, canary) }
  if (alternative === 'less') return { p: isHigher(canary, control) }
  return { p: Math.min(1, 2 * Math.min(isHigher(control, canary), isHigher(canary, control))) }
}

/** One-sided p-value: is the rate of `high` above that of `low`? */
function isHigher(low: Proportion, high: Proportion): number {
  const fewestBad = rejectionRegion(low, high)
  const chance = (rate: number) => {
    const { probabilities: ofLow } = binomialPmf(low.total, rate)
    const { probabilities: ofHigh } = binomialPmf(high.total, rate)
    const atLeast = new Float64Array(high.total + 2)
    for (let k = high.total; k >= 0; k--) atLeast[k] = atLeast[k + 1]! + ofHigh[k]!
    return ofLow.reduce((sum, probability, k) => sum + probability * atLeast[fewestBad[k]!]!, 0)
  }
  const grid = Array.from({ length: gridPoints + 1 }, (_, i) => chance(i / gridPoints))
  const best = grid.indexOf(Math.max(...grid))
  const [from, to] = [Math.max(0, best - 1) / gridPoints, Math.min(gridPoints, best + 1) / gridPoints]
  const worst = minimise((rate) => -chance(rate), from, to)
  return Math.min(1, Math.max(grid[best]!, chance(worst)))
}

/**
 * For each number of bad ones in `low`, the fewest bad ones in `high` that make a table at least as extreme, by Fisher's
 * p-value, as the observed one. One more than the total when there are none.
 */
function rejectionRegion(low: Proportion, high: Proportion): Int32Array {
  const all = low.total + high.total
  const upperTails = (bad: number) => {
    const { first, probabilities } = hypergeometricPmf(all, bad, high.total)
    for (let i = probabilities.length - 2; i >= 0; i--) probabilities[i]! += probabilities[i + 1]!
    return { first, tails: probabilities }
  }
  const seen = upperTails(low.bad + high.bad)
  const limit = seen.tails[high.bad - seen.first]! * (1 + 1e-7)
  const fewestBad = new Int32Array(low.total + 1).fill(high.total + 1)
  for (let bad = 0; bad <= all; bad++) {
    const { first, tails } = upperTails(bad)
    for (let i = tails.length - 1; i >= 0 && tails[i]! <= limit; i--) {
      const ofLow = bad - first - i
      fewestBad[ofLow] = Math.min(fewestBad[ofLow]!, first + i)
    }
  }
  return fewestBad
}
