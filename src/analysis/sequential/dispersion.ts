import type { Counts } from './count-factors.js'
import { short } from './metric-test.js'

/** What is remembered to estimate over-dispersion: sums over past intervals of the same traffic split, and residuals. */
export interface Dispersion {
  readonly canaryTotal: number
  readonly controlTotal: number
  readonly canaryBad: number
  readonly bad: number
  readonly squares: number
  readonly residuals: number
}

export const noDispersion: Dispersion = { canaryTotal: 0, controlTotal: 0, canaryBad: 0, bad: 0, squares: 0, residuals: 0 }

/** A split that changes by more than this factor starts a new past: the old share of bad events says nothing about it. */
const sameSplit = 1.5
/** Weight of "no over-dispersion", in intervals. */
const priorIntervals = 5

/**
 * φ for the next interval: how much more the canary's share of the bad events scatters from interval to interval than
 * independent failures would, estimated from the past alone. No finite-sample guarantee: bursts shorter than the history
 * still cost some validity. An effect that never leaves the canary cannot be told from a regression.
 *
 * @param least - φ known from elsewhere, such as {@link calibrate}; at least 1
 */
export function dispersionPhi({ squares, residuals }: Dispersion, least = 1): number {
  return Math.max(least, (priorIntervals + squares) / (priorIntervals + residuals))
}

/**
 * Takes in one interval: its recursive residual against the past share, then its counts.
 *
 * @param most - what a squared residual counts for at most. Without a limit, a canary that gets worse looks like noise at
 *   first, and is found half as fast again; with a low one, strong bursts are underestimated
 */
export function observeDispersion(
  past: Dispersion,
  { canaryTotal, controlTotal, canaryBad, controlBad }: Counts,
  most = Number.POSITIVE_INFINITY,
): Dispersion {
  if (canaryTotal <= 0 || controlTotal <= 0) return past
  const change = past.canaryTotal === 0 ? 1 : (canaryTotal * past.controlTotal) / (controlTotal * past.canaryTotal)
  const hasPast = past.canaryTotal > 0 && change < sameSplit && change > 1 / sameSplit
  const { squares, residuals } = past
  const before = hasPast ? past : noDispersion
  const bad = canaryBad + controlBad
  return {
    canaryTotal: short(before.canaryTotal + canaryTotal),
    controlTotal: short(before.controlTotal + controlTotal),
    canaryBad: short(before.canaryBad + canaryBad),
    bad: short(before.bad + bad),
    squares: hasPast ? short(squares + Math.min(most, squaredResidual(before, bad, canaryBad))) : squares,
    residuals: hasPast ? residuals + 1 : residuals,
  }
}

function squaredResidual(past: Dispersion, bad: number, canaryBad: number): number {
  if (bad === 0) return 1
  const share = Math.min(Math.max((past.canaryBad + 0.5) / (past.bad + 1), 1e-6), 1 - 1e-6)
  const variance = bad * share * (1 - share) * (1 + bad / Math.max(past.bad, 1))
  return (canaryBad - bad * share) ** 2 / Math.max(variance, 1e-9)
}
