import { logSumExp } from '../stats/log-space.js'
import { unimodalPmf } from '../stats/unimodal-pmf.js'
import { type Counts, countFactors } from './count-factors.js'
import type { Wealth } from './node-mixture.js'

/**
 * How much log wealth can be added in one interval for free, because wealth beyond 1/α is of no use: the largest b ≥ 0 with
 * `E[min(e^b · wealth after, 1/α)] = wealth before`, the canary's share of the bad events being binomial at the null's edge.
 *
 * Exact for Poisson counts. For Bernoulli outcomes at the null's edge it was measured, not proven, to keep α. Meaningless
 * under over-dispersion. Fractional totals are rounded.
 *
 * @param wealth - before the interval
 * @param alpha - the only level at which the boosted process is valid
 * @see L. Fischer, A. Ramdas (2024), arXiv:2410.16076.
 */
export function overshootBoost(
  wealth: Wealth,
  counts: Counts,
  nodes: readonly number[],
  relative: number,
  alpha: number,
): number {
  const bad = Math.round(counts.canaryBad + counts.controlBad)
  const before = logSumExp(wealth)
  const room = -Math.log(alpha) - before
  if (room <= 0 || bad === 0) return 0
  const cap = Math.exp(room)
  const expected = relative * counts.canaryTotal
  const odds = expected / counts.controlTotal
  const share = expected / (counts.controlTotal + expected)
  const mean = bad * share
  const deviation = Math.sqrt(mean * (1 - share))
  const first = Math.max(0, Math.floor(mean - 9 * deviation - 10))
  const last = Math.min(bad, Math.ceil(mean + 12 * deviation + 25))
  const factors = nodes.map((node) => countFactors(counts, relative, node))
  const growth = (k: number) =>
    logSumExp(
      wealth.map((log, j) => {
        const factor = factors[j]
        return factor === undefined ? log : log + k * factor.logCanary + (bad - k) * factor.logControl
      }),
    ) - before
  // Out of reach, as it mostly is for a good canary.
  if (growth(last) < room) return 0
  const binomial = unimodalPmf(first, last, Math.floor((bad + 1) * share), (k) => ((bad - k) / (k + 1)) * odds)
  let probabilityBelow = 0
  let wealthBelow = 0
  for (let k = first; k <= last && 1 - probabilityBelow >= 1e-13; k++) {
    const growthHere = growth(k)
    const needed = 1 - cap * (1 - probabilityBelow)
    if (needed > 0 && wealthBelow > 0) {
      const boost = Math.log(needed / wealthBelow)
      if (boost + growthHere >= room) return Math.max(boost, 0)
    }
    const probability = binomial.probabilities[k - first]!
    probabilityBelow += probability
    wealthBelow += probability * Math.exp(growthHere)
  }
  return 0
}
