import type { Comparison, Measurement } from '../../vocabulary/measurement.js'
import { logSumExp } from '../stats/log-space.js'
import { bernoulliEProcess } from './bernoulli-e-process.js'
import { countEProcess, type Pace } from './count-e-process.js'
import type { Counts, Margin } from './count-factors.js'
import { countSight } from './count-sight.js'
import { deadlineLook, drawOf, firstDeadlineState } from './deadline-test.js'
import { type Dispersion, dispersionPhi, noDispersion, observeDispersion } from './dispersion.js'
import { idleCohort, type Levels, type MetricTest, meritCeiling, shareOf, short } from './metric-test.js'
import { type Direction, initialWealth, kept, nodeMixture, type Wealth } from './node-mixture.js'
import { firstRatioLikelihood, observeRatio, type RatioLikelihood } from './ratio-confidence.js'

export interface CountMetricSettings {
  readonly kind: 'ratio' | 'events'
  /** Where less is worse, cohorts change places: the null is then `control rate ≤ relative · canary rate + absolute`. */
  readonly harm: 'up' | 'down'
  readonly common?: boolean
  readonly dispersion: 'adaptive' | number
  /** Without one, the metric is no guardrail. */
  readonly tolerate?: Margin
  readonly promote: Margin
  readonly deadline?: { readonly looks: number; readonly baseline: number } | undefined
}

/** In all counts, the cohort under suspicion is called canary, even where it is control because less is worse. */
export interface CountMetricState {
  readonly harm: Wealth | null
  readonly merit: Wealth
  readonly totals: Counts
  readonly dispersion: Dispersion
  readonly ratio: RatioLikelihood
  /** Until the deadline: bad events, those of the canary, and its share of them under the null, in 10^-4. */
  readonly draws: readonly (readonly [bad: number, canaryBad: number, share: number])[] | null
}

/**
 * Fewer and nearer nodes than the default grid has: measured, they find errors of 1.5 to 5 times in 3 to 7 % fewer requests,
 * and take 12 places in the state and not 32. Beyond its ends a grid still wins: 10 finds 20 times nearly as fast, 1.2 finds 1.1 slowly.
 */
const grid = { lowest: 1.2, highest: 10, size: 12 }

/** So much that what gets worse late is found within 1.7 times the delay of what was bad from the start, which pays 3 % for it. */
const cash = 0.4

/** A canary that gets worse must not pass for noise, which would delay its rollback; strong noise is underestimated for that. */
const mostOfResidual = 2.5

/** With a deadline, the part of α that is left for what goes on after it. */
const afterDeadline = 0.1

/** Looks with more bad requests than this are left to the other evidence, which then needs no help: the exact test would be slow. */
const mostDrawn = 20_000

/** Tests a rate: bad requests of all requests, or events of exposure. Assumptions: {@link countEProcess}. */
export function countMetric(settings: CountMetricSettings, levels: Levels): MetricTest<CountMetricState> {
  const { kind, tolerate, promote, deadline, dispersion } = settings
  const part = deadline === undefined ? 1 : afterDeadline
  const harm = tolerate && bettor(settings, 'regression', tolerate, levels.alpha * part)
  const merit = bettor(settings, 'non-inferiority', promote)
  const ceiling = meritCeiling(levels.promotionAlpha)
  const orient = <T>(pair: { canary: T; control: T }) =>
    settings.harm === 'up' ? pair : { canary: pair.control, control: pair.canary }
  const countsOf = (comparison: Comparison): Counts => {
    const { canary, control } = orient(comparison)
    const [of, against] = [amounts(canary), amounts(control)]
    return { canaryTotal: of.total, canaryBad: of.bad, controlTotal: against.total, controlBad: against.bad }
  }
  return {
    kinds: [kind === 'ratio' ? 'counts' : 'events'],
    begin: () => ({
      harm: harm ? initialWealth(harm.mixture) : null,
      merit: initialWealth(merit.mixture),
      totals: { controlTotal: 0, controlBad: 0, canaryTotal: 0, canaryBad: 0 },
      dispersion: noDispersion,
      ratio: firstRatioLikelihood,
      draws: deadline ? [] : null,
    }),
    observe(state, comparison, seconds) {
      const counts = countsOf(comparison)
      const { canary, control } = orient({ canary: counts.canaryTotal, control: counts.controlTotal })
      const idle = idleCohort(canary, control)
      if (idle) return idle
      const phi = dispersion === 'adaptive' ? dispersionPhi(state.dispersion) : dispersion
      const { canaryBad, paid } = observeRatio(state.ratio, counts, phi)
      const pace = { phi, share: shareOf(seconds) }
      return {
        harm: harm && state.harm ? kept(harm.bet(state.harm, counts, state.totals, pace)) : null,
        merit: kept(merit.bet(state.merit, counts, state.totals, { phi }), ceiling),
        totals: added(state.totals, counts),
        dispersion: dispersion === 'adaptive' ? observeDispersion(state.dispersion, counts, mostOfResidual) : noDispersion,
        ratio: { canaryBad: short(canaryBad), paid: paid.map(toThousandth) },
        draws: tolerate && deadline ? drawn(state.draws, counts, tolerate, deadline) : null,
      }
    },
    // Boosted, it is an e-value no further than that.
    harm: ({ harm }) => (harm ? Math.min(logSumExp(harm) + Math.log(part), -Math.log(levels.alpha)) : Number.NEGATIVE_INFINITY),
    isHarmProven: ({ draws }) =>
      deadline !== undefined && hasCrossed(draws ?? [], deadline.looks, levels.alpha * (1 - afterDeadline)),
    merit: (state) => logSumExp(state.merit),
    requests: ({ totals }) =>
      kind === 'ratio' ? orient({ canary: totals.canaryTotal, control: totals.controlTotal }).canary : undefined,
    isBaselineZero: ({ totals }) => promote.absolute === 0 && totals.controlBad === 0,
    describe: (state) => countSight(settings, state, levels.reportAlpha),
  }
}

/** One half of the test: its nodes, and how it bets on them. */
function bettor({ common }: CountMetricSettings, direction: Direction, margin: Margin, boostAlpha?: number) {
  const mixture = nodeMixture({ direction, ...grid, ...(direction === 'regression' && { cash }) })
  const rare = countEProcess(mixture, margin)
  const boosted = countEProcess(mixture, margin, boostAlpha)
  const frequent = bernoulliEProcess(mixture, margin)
  const bet = (wealth: Wealth, counts: Counts, past: Counts, pace: Pace): Wealth => {
    if (common === true) return frequent.update({ ...past, wealth }, counts, pace).wealth
    // A boost takes longer to work out than all the rest, and brings little to those who have lost so far.
    const isBoosted = boostAlpha !== undefined && logSumExp(wealth) > 0
    return (isBoosted ? boosted : rare).update(wealth, [counts], pace)
  }
  return { mixture, bet }
}

function amounts(measurement: Measurement): { total: number; bad: number } {
  if (measurement.kind === 'counts') return measurement
  return measurement.kind === 'events' ? { total: measurement.exposure, bad: measurement.count } : { total: 0, bad: 0 }
}

const added = (a: Counts, b: Counts): Counts => ({
  controlTotal: short(a.controlTotal + b.controlTotal),
  controlBad: short(a.controlBad + b.controlBad),
  canaryTotal: short(a.canaryTotal + b.canaryTotal),
  canaryBad: short(a.canaryBad + b.canaryBad),
})

/** Of log-likelihoods, which have a scale of their own; never the -0 that JSON forgets. */
const toThousandth = (log: number) => Math.round(log * 1e3) / 1e3 + 0

/** The absolute margin becomes a relative one at the declared baseline. After the last planned look there is nothing to keep. */
function drawn(
  draws: CountMetricState['draws'],
  counts: Counts,
  { relative, absolute }: Margin,
  { looks, baseline }: { looks: number; baseline: number },
): CountMetricState['draws'] {
  if (draws === null || draws.length >= looks) return null
  const { bad, canaryBad, share } = drawOf(counts, relative + absolute / baseline)
  if (bad > mostDrawn) return [...draws, [0, 0, 0]]
  // Rounded up, which expects more of the canary's bad events and so keeps the test on the safe side.
  return [...draws, [bad, canaryBad, Math.min(9_999, Math.ceil(share * 1e4))]]
}

function hasCrossed(draws: NonNullable<CountMetricState['draws']>, looks: number, alpha: number): boolean {
  let state = firstDeadlineState
  return draws.some(([bad, canaryBad, share]) => {
    state = deadlineLook(state, { bad, canaryBad, share: share / 1e4 }, looks, alpha)
    return state.sum >= state.boundary
  })
}
