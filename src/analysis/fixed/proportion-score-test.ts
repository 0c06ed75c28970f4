import { normalUpperTail } from '../stats/normal-distribution.js'
import type { Insufficient } from './insufficient.js'
import { checkProportion, type Proportion } from './proportion.js'

export interface ProportionScore {
  /** Positive when the canary's rate is the higher one. */
  readonly z: number
  readonly pTwoSided: number
  /** Against the alternative that the canary's rate is higher. */
  readonly pGreater: number
  readonly pLess: number
}

/**
 * Score test of two equal proportions, pooled and without continuity correction; its square is Pearson's chi-square. Needs
 * about five bad requests in each cohort; below that take an exact test.
 *
 * @throws ReleaseError `input/invalid` when not `0 ≤ bad ≤ total`
 * @see K. Pearson (1900), Philos. Mag. 50(302), 157-175. doi:10.1080/14786440009463897
 */
export function proportionScoreTest(control: Proportion, canary: Proportion): ProportionScore | Insufficient {
  checkProportion(control, 'Score test, control')
  checkProportion(canary, 'Score test, canary')
  if (control.total === 0 || canary.total === 0)
    return { insufficient: `Needs requests of both cohorts, got ${control.total} of control and ${canary.total} of canary.` }
  const pooled = (control.bad + canary.bad) / (control.total + canary.total)
  // All good or all bad: there is nothing to tell apart.
  if (pooled === 0 || pooled === 1) return { z: 0, pTwoSided: 1, pGreater: 0.5, pLess: 0.5 }
  const deviation = Math.sqrt(pooled * (1 - pooled) * (1 / control.total + 1 / canary.total))
  const z = (canary.bad / canary.total - control.bad / control.total) / deviation
  return { z, pTwoSided: 2 * normalUpperTail(Math.abs(z)), pGreater: normalUpperTail(z), pLess: normalUpperTail(-z) }
}
