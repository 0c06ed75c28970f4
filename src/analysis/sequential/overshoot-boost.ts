import { logSumExp } from '../stats/log-space.js'
import { unimodalPmf } from '../stats/unimodal-pmf.js'
import { type Counts, countFactors } from './count-factors.js'
import type { Wealth } from './node-mixture.js'

/**
 * How much log wealth can be added in one interval for free, because wealth beyond 1/α is of no use: the largest b ≥ 0 with
 * `E[min(e^b · wealth after, 1/α)] = wealth before`, the canary's share of the bad events being binomial at the edge of
 * `canary rate ≤ relative · control rate`.
 *
 * With an absolute margin the canary's share q may be larger than that at the edge. What the boost adds, less what the cap
 * takes, is then a function of the canary's bad events that changes its sign once, from + to −; so does its mean as q grows
 * (the binomial is totally positive), and that is 0 at the edge. So wealth, after it has paid for the absolute margin, may be
 * boosted as if there were none.
 *
 * Exact for Poisson counts. For Bernoulli outcomes at the null's edge it was measured, not proven, to keep alpha. Meaningless
 * under over-dispersion. Fractional totals are rounded.
 *
 * @param wealth - before the interval's outcomes, after paying for the absolute margin; cash comes last
 * @param relative - above 0
 * @param alpha - the only level at which the boosted process is valid
 * @see L. Fischer, A. Ramdas (2024), arXiv:2410.16076; S. Karlin (1968), Total Positivity, for the change of sign.
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
  // Multiples of all wealth before, by strategy, if `first` bad events were the canary's; each more multiplies them by their nodes.
  const multiples = wealth.map((log, j) => {
    const node = nodes[j]
    if (node === undefined) return Math.exp(log - before)
    const { logCanary, logControl } = countFactors(counts, relative, node)
    return Math.exp(log - before + first * logCanary + (bad - first) * logControl)
  })
  // Out of reach, as it often is for a good canary.
  if (multiples.reduce((sum, multiple, j) => sum + multiple * (nodes[j] ?? 1) ** (last - first), 0) < cap) return 0
  const { probabilities } = unimodalPmf(first, last, Math.floor((bad + 1) * share), (k) => ((bad - k) / (k + 1)) * odds)
  let probabilityBelow = 0
  let wealthBelow = 0
  for (let i = 0; i < probabilities.length && 1 - probabilityBelow >= 1e-13; i++) {
    let multiple = 0
    for (let j = 0; j < multiples.length; j++) multiple += multiples[j]!
    const needed = 1 - cap * (1 - probabilityBelow)
    if (needed > 0 && needed * multiple >= cap * wealthBelow) return Math.max(Math.log(needed / wealthBelow), 0)
    probabilityBelow += probabilities[i]!
    wealthBelow += probabilities[i]! * multiple
    for (let j = 0; j < nodes.length; j++) multiples[j] = multiples[j]! * nodes[j]!
  }
  return 0
}
