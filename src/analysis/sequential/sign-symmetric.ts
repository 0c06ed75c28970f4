import { quantileOfSorted } from '../fixed/quantile.js'
import { sortedSample } from '../fixed/sorted-sample.js'
import type { Wealth } from './node-mixture.js'

export interface SignState {
  /** One entry for each bet size. */
  readonly wealth: Wealth
  /** The latest absolute differences, newest last. */
  readonly past: readonly number[]
}

/** Bet sizes, in medians of past absolute values. */
const betSizes = [0.25, 0.5, 1, 2]
/** Enough for a stable median, and it follows a scale that changes. */
const remembered = 24

export const firstSignState: SignState = { wealth: betSizes.map(() => -Math.log(betSizes.length)), past: [] }

/**
 * Anytime-valid test that paired differences are symmetric about zero, or about something below it: for gauges such as
 * memory, queue length or saturation, of which there is one pair per interval. Each interval multiplies wealth by
 * `e^z / cosh z`, z being the difference in units of the median of past absolute ones.
 *
 * Assumes only that, given the past, a difference is as likely to be +x as −x (or that +x is the less likely). Any
 * distribution, any scale, and drift that both cohorts share are fine. Autocorrelated differences break it: average blocks
 * of intervals first. It needs about 11 intervals to reject at 1 %, since none can more than double the wealth.
 *
 * @param difference - canary minus control minus margin, or the like for logs
 * @param scale - a typical absolute difference, known from before; without it the first interval makes no bet
 * @see A. Ramdas, J. Ruf, M. Larsson, W. Koolen (2020), arXiv:2009.03167, for the nonnegative martingales of symmetry.
 */
export function signSymmetric(state: SignState, difference: number, scale = 0): SignState {
  const unit = state.past.length > 0 ? quantileOfSorted(sortedSample(state.past), 0.5) : scale
  const logGain = (size: number) => {
    const z = (size * difference) / unit
    // z − ln cosh z, where neither overflows.
    return Math.min(0, 2 * z) - Math.log1p(Math.exp(-2 * Math.abs(z))) + Math.LN2
  }
  return {
    wealth: unit > 0 ? state.wealth.map((log, j) => log + logGain(betSizes[j]!)) : state.wealth,
    past: [...state.past, Math.abs(difference)].slice(-remembered),
  }
}
