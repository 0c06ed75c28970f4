import { type Counts, countFactors, type Margin } from './count-factors.js'
import { initialWealth, type NodeMixture, redistribute, type Wealth } from './node-mixture.js'
import { overshootBoost } from './overshoot-boost.js'

/** How one interval is weighed. Neither may depend on this interval's outcomes. */
export interface Pace {
  /** Share of wealth to spread anew afterwards, 0 to 1. */
  readonly share?: number
  /** Over-dispersion: evidence is divided by it. At least 1. */
  readonly phi?: number
}

export interface CountEProcess {
  begin(): Wealth
  /** @param strata - counts of one interval, apart for each endpoint, region or pod class whose mix differs between cohorts */
  update(wealth: Wealth, strata: readonly Counts[], pace?: Pace): Wealth
}

/**
 * Anytime-valid test of two rates from counts that arrive in intervals: the affine-null count e-process.
 *
 * The null is `canary rate ≤ relative · control rate + absolute` in every interval (with `non-inferiority` nodes: ≥). At a
 * node a, which is the canary's rate as a multiple of the tolerated one, an interval multiplies wealth by
 * `A^canaryBad · B^controlBad · e^(−absolute · canaryTotal · (A−1))`, with A and B such that no rates within the null make
 * that more than 1 on average.
 *
 * Assumes that requests fail independently of each other, given the interval's rates. Rates may drift together, weights may
 * change, requests may differ, a request may be partly bad. What breaks it: retries, bursts, noise of one cohort alone;
 * temper by `phi` (exact for clusters of at most `phi`), or widen the margin. It is conservative for rates above 5 %: use
 * {@link bernoulliEProcess} there. Simpson's paradox, where cohorts get other mixes of endpoints: use strata.
 *
 * An interval without canary requests, or without control requests while they matter, changes nothing.
 *
 * @param boostAlpha - with a level, no evidence is wasted by overshooting it; needs `regression` nodes, and is left out where
 *   `relative` is 0, there are several strata, or `phi` is not 1. The result is valid at this level only
 * @see A. Ramdas, P. Grünwald, V. Vovk, G. Shafer (2023), Statistical Science 38(4), 576-601. doi:10.1214/23-STS894
 */
export function countEProcess(mixture: NodeMixture, margin: Margin, boostAlpha?: number): CountEProcess {
  const { nodes, prior } = mixture
  const { relative, absolute } = margin
  const logNodes = nodes.map(Math.log)
  return {
    begin: () => initialWealth(mixture),
    update(wealth, strata, { share = 0, phi = 1 } = {}) {
      const usable = strata.filter(({ canaryTotal, controlTotal }) => canaryTotal > 0 && (controlTotal > 0 || relative === 0))
      if (usable.length === 0) return wealth
      const paid = wealth.slice()
      const won = wealth.map(() => 0)
      for (const counts of usable)
        for (let j = 0; j < nodes.length; j++) {
          const { canary, logCanary, logControl } = countFactors(counts, relative, nodes[j]!, logNodes[j]!)
          paid[j] = paid[j]! - (absolute * counts.canaryTotal * (canary - 1)) / phi
          won[j] = won[j]! + (counts.canaryBad * logCanary + counts.controlBad * logControl) / phi
        }
      const isBoosted = boostAlpha !== undefined && relative > 0 && phi === 1 && usable.length === 1
      const boost = isBoosted ? overshootBoost(paid, usable[0]!, nodes, relative, boostAlpha) : 0
      for (let j = 0; j < paid.length; j++) paid[j] = paid[j]! + won[j]! + boost
      return redistribute(paid, prior, share)
    },
  }
}
