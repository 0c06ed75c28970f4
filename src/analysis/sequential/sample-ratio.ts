import { logLogGrid, type Wealth } from './node-mixture.js'

const factors = logLogGrid(1.01, 3, 32)

/** Bets on too much canary traffic, then bets on too little. */
export const firstSampleRatioWealth: Wealth = [...factors, ...factors].map(() => -Math.log(2 * factors.length))

/**
 * Anytime-valid check of the traffic split: does the canary get the share of requests that it was given? A mismatch means
 * that the split, the routing or the measurement is wrong, and that the cohorts may not be comparable.
 *
 * The null is that every interval's share lies within `share · (1 ± tolerance)`. Assumes that requests are assigned one by
 * one; with sticky sessions they come in clumps, which look like mismatches: pass `requestsPerAssignment`.
 *
 * @param canary - requests of the canary in this interval
 * @param total - requests of both cohorts
 * @param share - what the canary was to get in this interval, within (0, 1); otherwise nothing is learnt
 * @param tolerance - relative, within [0, 1)
 */
export function sampleRatio(
  wealth: Wealth,
  canary: number,
  total: number,
  share: number,
  tolerance = 0.05,
  requestsPerAssignment = 1,
): Wealth {
  if (total <= 0 || share <= 0 || share >= 1) return wealth
  const most = Math.min(share * (1 + tolerance), 1 - 1e-9)
  const least = share * (1 - tolerance)
  const logGain = (edge: number, factor: number) => {
    const odds = (edge / (1 - edge)) * factor
    const bet = odds / (1 + odds)
    return (canary * Math.log(bet / edge) + (total - canary) * Math.log((1 - bet) / (1 - edge))) / requestsPerAssignment
  }
  const size = factors.length
  return wealth.map((log, j) => log + (j < size ? logGain(most, factors[j]!) : logGain(least, 1 / factors[j - size]!)))
}
