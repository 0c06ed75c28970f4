import { normalQuantile } from '../stats/normal-distribution.js'
import type { Counts } from './count-factors.js'

/** What a comparison of stable with stable says about the noise that the canary will be judged in. */
export interface Calibration {
  /** Over-dispersion to plan with: the upper 90 % limit, at least 1. */
  readonly phi: number
  /** How much a cohort's rate wanders of its own accord: standard deviation of the log ratio, per interval. */
  readonly deviation: number
  /** Lag-1 correlation of the residuals: above 0.3, a cohort's luck lasts, and only a margin helps. */
  readonly persistence: number
  /** The smallest relative margin to tolerate: e^(2 · deviation) where luck lasts, otherwise 1. */
  readonly relative: number
}

/** Above this, residuals of neighbouring intervals have something in common. */
const lasting = 0.3

/**
 * Measures the noise between two cohorts of the same version, from pre-release intervals split as the canary will be.
 *
 * Assumes that nothing was wrong then, and that the noise will be the same. With fewer than about 20 intervals the limit
 * is wide, as it should be.
 *
 * @param history - disjoint intervals with requests of both cohorts; at least 3 of them with bad events
 * @returns `undefined` when there are not that many
 */
export function calibrate(history: readonly Counts[]): Calibration | undefined {
  const usable = history.filter((c) => c.canaryTotal > 0 && c.controlTotal > 0 && c.canaryBad + c.controlBad > 0)
  if (usable.length < 3) return undefined
  const { ratio, expected } = expectations(usable)
  const residuals = usable.map(({ canaryBad }, i) => (canaryBad - expected[i]!.mean) / Math.sqrt(expected[i]!.variance))
  const freedom = usable.length - 1
  const squares = residuals.reduce((sum, residual) => sum + residual ** 2, 0)
  const products = residuals.slice(1).reduce((sum, residual, i) => sum + residual * residuals[i]!, 0)
  const persistence = squares === 0 ? 0 : products / squares
  const information = expected.reduce((sum, { variance }) => sum + variance, 0) / expected.length
  const deviation = ratio > 0 ? Math.sqrt(Math.max(0, squares / freedom - 1) / information) : 0
  return {
    phi: Math.max(1, squares / lowerChiSquared(freedom)),
    deviation,
    persistence,
    relative: persistence > lasting ? Math.exp(2 * deviation) : 1,
  }
}

/** Splits the bad events of every interval as if the ratio of the cohorts' rates were one and the same (Mantel-Haenszel). */
function expectations(history: readonly Counts[]) {
  const [canary, control] = history.reduce(
    ([up, down], c) => {
      const total = c.canaryTotal + c.controlTotal
      return [up + (c.canaryBad * c.controlTotal) / total, down + (c.controlBad * c.canaryTotal) / total]
    },
    [0.5, 0.5],
  )
  const ratio = canary! / control!
  const expected = history.map(({ canaryTotal, controlTotal, canaryBad, controlBad }) => {
    const share = (ratio * canaryTotal) / (controlTotal + ratio * canaryTotal)
    const mean = (canaryBad + controlBad) * share
    return { mean, variance: mean * (1 - share) }
  })
  return { ratio, expected }
}

/** 10 % quantile of χ², by Wilson and Hilferty's cube root; within 1 % from 4 degrees of freedom on. */
function lowerChiSquared(freedom: number): number {
  const spread = 2 / (9 * freedom)
  return freedom * (1 - spread + normalQuantile(0.1) * Math.sqrt(spread)) ** 3
}

/**
 * How many intervals to average before a gauge's differences may count as independent: ⌈1.5 · (1 + r) / (1 − r) − 0.5⌉, r being
 * their lag-1 correlation before the release. Without the half more, a good canary was rolled back in 1.6 % of the hours
 * where 1 % was promised, for r of 0.3 and of 0.6. Assumes that they are roughly autoregressive of order 1.
 *
 * @param differences - paired differences of two cohorts of the same version, in order; at least 3
 */
export function decorrelationBlock(differences: readonly number[]): number {
  const mean = differences.reduce((sum, x) => sum + x, 0) / differences.length
  const centred = differences.map((x) => x - mean)
  const squares = centred.reduce((sum, x) => sum + x * x, 0)
  const products = centred.slice(1).reduce((sum, x, i) => sum + x * centred[i]!, 0)
  const correlation = squares === 0 ? 0 : Math.min(0.95, Math.max(0, products / squares))
  return Math.ceil((1.5 * (1 + correlation)) / (1 - correlation) - 0.5)
}
