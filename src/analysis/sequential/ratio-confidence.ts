import { crossing } from '../stats/crossing.js'
import { logSumExp } from '../stats/log-space.js'
import type { Counts } from './count-factors.js'

/** Ratios from e^−3 to e^3, a twentieth to twenty, are told apart; beyond that there is no bound. */
const span = 3
/** Chebyshev points: the likelihood is so smooth there that interpolation errs by about 1e-10 per bad event. */
const points = Array.from({ length: 25 }, (_, k) => span * Math.cos((k * Math.PI) / 24))
const weights = points.map((_, k) => (k % 2 === 0 ? 1 : -1) * (k === 0 || k === points.length - 1 ? 0.5 : 1))

/** Prior on the log ratio: normal with this deviation, on a grid. */
const deviation = 0.8
const grid = Array.from({ length: 121 }, (_, j) => -span + (2 * span * j) / 120)
const logPrior = normalised(grid.map((x) => -(x * x) / (2 * deviation * deviation)))

function normalised(logs: readonly number[]): number[] {
  const total = logSumExp(logs)
  return logs.map((log) => log - total)
}

/** Log-likelihood of the ratio canary rate / control rate, of any number of intervals, in bounded space. */
export interface RatioLikelihood {
  readonly canaryBad: number
  /** At each Chebyshev point x, the log of what all bad events together paid for the ratio being e^x and not 1. */
  readonly paid: readonly number[]
}

export const firstRatioLikelihood: RatioLikelihood = { canaryBad: 0, paid: points.map(() => 0) }

/** Takes in one interval; `phi` is its over-dispersion, by which its bad events count for less. */
export function observeRatio(
  state: RatioLikelihood,
  { canaryTotal, controlTotal, canaryBad, controlBad }: Counts,
  phi = 1,
): RatioLikelihood {
  if (canaryTotal <= 0 || controlTotal <= 0) return state
  const bad = (canaryBad + controlBad) / phi
  const share = canaryTotal / (controlTotal + canaryTotal)
  return {
    canaryBad: state.canaryBad + canaryBad / phi,
    paid: state.paid.map((sum, k) => sum + bad * Math.log1p(share * expm1OfPoints[k]!)),
  }
}

const expm1OfPoints = points.map(Math.expm1)

/** Barycentric interpolation of values at the Chebyshev points. */
function interpolate(values: readonly number[], x: number): number {
  let numerator = 0
  let denominator = 0
  for (let k = 0; k < points.length; k++) {
    const distance = x - points[k]!
    if (distance === 0) return values[k]!
    const weight = weights[k]! / distance
    numerator += weight * values[k]!
    denominator += weight
  }
  return numerator / denominator
}

const logLikelihood = ({ canaryBad, paid }: RatioLikelihood, x: number) => canaryBad * x - interpolate(paid, x)

/** The same at every grid point, where what each Chebyshev point contributes is known beforehand. */
const contributions = grid.map((x) =>
  Float64Array.from(points, (_, k) =>
    interpolate(
      points.map((_, i) => (i === k ? 1 : 0)),
      x,
    ),
  ),
)
function onGrid({ canaryBad, paid }: RatioLikelihood, j: number): number {
  const row = contributions[j]!
  let log = canaryBad * grid[j]!
  for (let k = 0; k < row.length; k++) log -= row[k]! * paid[k]!
  return log
}

/** What is less likely than the peak by more than this (and the prior's range) adds nothing to a double. */
const negligible = 50

/** Log-likelihood at the grid points from `first` on that are about its peak; further away, where it is negligible, it is not worked out. */
function aroundPeak(state: RatioLikelihood): { first: number; peak: number; logs: number[] } {
  let [peak, last] = [0, grid.length - 1]
  // Concave in the log ratio: it rises up to the peak, and falls from there on.
  while (peak < last) {
    const middle = (peak + last) >> 1
    if (onGrid(state, middle) < onGrid(state, middle + 1)) peak = middle + 1
    else last = middle
  }
  const logs = [onGrid(state, peak)]
  const least = logs[0]! - negligible
  for (let j = peak + 1; j < grid.length && logs.at(-1)! >= least; j++) logs.push(onGrid(state, j))
  const below: number[] = []
  for (let j = peak - 1; j >= 0 && (below.at(-1) ?? least) >= least; j--) below.push(onGrid(state, j))
  return { first: peak - below.length, peak, logs: [...below.reverse(), ...logs] }
}

/**
 * Confidence sequence for canary rate / control rate: at every look at once, it covers the true ratio with probability
 * 1 − α, if there is one. Inverts a mixture of conditional binomial likelihoods; the null needs no baseline.
 *
 * Assumes independent rare bad events, and one ratio for the whole time; a ratio that changes is covered on average only,
 * and bursts or noise of one cohort make the interval too narrow.
 *
 * With very many bad events the prior's grid shows, and the interval stays about 5 % wide on either side.
 *
 * @returns `lower` is 0 and `upper` is Infinity where there is no bound
 * @see H. Robbins (1970), Ann. Math. Stat. 41(5), 1397-1409, for the mixture. doi:10.1214/aoms/1177696786
 */
export function ratioConfidence(state: RatioLikelihood, alpha = 0.05): { lower: number; upper: number } {
  const { first, peak, logs } = aroundPeak(state)
  const level = logSumExp(logs.map((log, i) => log + logPrior[first + i]!)) + Math.log(alpha)
  const excess = (x: number) => logLikelihood(state, x) - level
  const isInside = (j: number) => (logs[j - first] ?? Number.NEGATIVE_INFINITY) >= level
  const last = grid.length - 1
  // A mixture is nowhere above its peak, which therefore is inside. The nearest grid points that are not bracket the edges.
  let [below, above] = [peak, peak]
  while (below >= 0 && isInside(below)) below--
  while (above <= last && isInside(above)) above++
  return {
    lower: below < 0 ? 0 : Math.exp(crossing(excess, grid[below]!, grid[below + 1]!)),
    upper: above > last ? Number.POSITIVE_INFINITY : Math.exp(crossing(excess, grid[above]!, grid[above - 1]!)),
  }
}
