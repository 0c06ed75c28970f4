import { incompleteBeta } from '../stats/incomplete-beta.js'
import { normalQuantile } from '../stats/normal-distribution.js'
import { sayCount, sayPercent } from '../wording.js'
import { finite, type KayentaClassification } from './classification.js'
import { ratioOf, tooFew } from './classify-safe.js'
import { decideShift } from './decide-shift.js'
import type { KayentaMetric, KayentaSettings } from './settings.js'

/** Bad requests of all looks so far. The sides of each look are weighed by that look's traffic, so shared drift cancels. */
export interface CountTally {
  readonly looks: number
  readonly canaryBad: number
  readonly canaryTotal: number
  readonly controlBad: number
  readonly controlTotal: number
  /** Σ over looks of the canary's bad times the control's share of the traffic, and the other way round. */
  readonly canaryWeighed: number
  readonly controlWeighed: number
}

export const emptyTally: CountTally = {
  looks: 0,
  canaryBad: 0,
  canaryTotal: 0,
  controlBad: 0,
  controlTotal: 0,
  canaryWeighed: 0,
  controlWeighed: 0,
}

/** The tally with one more look, in which both sides had traffic. */
export function tallied(
  tally: CountTally,
  canary: { readonly bad: number; readonly total: number },
  control: { readonly bad: number; readonly total: number },
): CountTally {
  const all = canary.total + control.total
  return {
    looks: tally.looks + 1,
    canaryBad: tally.canaryBad + canary.bad,
    canaryTotal: tally.canaryTotal + canary.total,
    controlBad: tally.controlBad + control.bad,
    controlTotal: tally.controlTotal + control.total,
    canaryWeighed: tally.canaryWeighed + (canary.bad * control.total) / all,
    controlWeighed: tally.controlWeighed + (control.bad * canary.total) / all,
  }
}

/**
 * A metric of counts, by an exact test that rare errors do not fool. Given all bad requests of a look, how many fall on the
 * canary is a sum of independent draws whose mean is the canary's share; the binomial distribution of the same mean bounds
 * the tails of such a sum over all looks. The size of the effect is the Mantel-Haenszel ratio of rates.
 *
 * The traffic split has to stay the same over the looks for K1 to hold to the letter. Bad requests that come in bursts count
 * as so many independent ones: for those take a gauge.
 *
 * @see W. Hoeffding (1956), Ann. Math. Stat. 27(3), 713-721; N. Mantel, W. Haenszel (1959), J. Natl. Cancer Inst. 22, 719-748.
 */
export function classifyCounts(
  tally: CountTally,
  metric: KayentaMetric,
  options: Pick<KayentaSettings, 'confidence' | 'tolerance' | 'minimumPoints'>,
): KayentaClassification {
  const { looks, canaryBad, canaryTotal, controlBad, controlTotal, canaryWeighed, controlWeighed } = tally
  const few = tooFew(looks, looks, metric, options.minimumPoints)
  if (few !== undefined) return few
  const bad = canaryBad + controlBad
  const expected = canaryBad - canaryWeighed + controlWeighed
  const [canaryRate, controlRate] = [canaryBad / canaryTotal, controlBad / controlTotal]
  const shift = {
    up: -normalQuantile(atLeast(canaryBad, bad, expected)),
    down: -normalQuantile(atLeast(controlBad, bad, bad - expected)),
    inflation: 1,
    test: 'binomial',
    ratio: ratioOf(canaryWeighed, controlWeighed),
    cles: 0.5 + (canaryRate - controlRate) / 2,
    difference: canaryRate - controlRate,
  }
  const side = (count: number, total: number) => `${sayCount(count)} of ${sayCount(total)} (${sayPercent(count / total)})`
  const seen = `${side(canaryBad, canaryTotal)} against ${side(controlBad, controlTotal)} in ${looks} looks`
  return decideShift(
    shift,
    metric,
    options,
    seen,
    finite({ canaryRate, controlRate, canaryBad, controlBad, canaryTotal, controlTotal }),
  )
}

/** P(X ≥ count) for binomial X of `tries` tries with the given mean; between whole numbers by the beta function. */
function atLeast(count: number, tries: number, mean: number): number {
  return count === 0 ? 1 : incompleteBeta(mean / tries, count, tries - count + 1)
}
