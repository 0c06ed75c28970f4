import { logBeta } from '../stats/log-gamma.js'

/**
 * Confidence sequence for a quantile, as ranks: at every sample size at once, the true quantile lies between the order
 * statistics of these ranks with probability 1 − α. Rank 0 means "no lower bound", `n + 1` "no upper bound".
 *
 * Inverts a beta-binomial mixture test of "a share `level` of all values is at most x". Assumes independent values from one
 * distribution; drift or autocorrelation makes the interval too narrow.
 *
 * @param n - values so far, whole
 * @param level - of the quantile, within (0, 1)
 * @param concentration - of the mixture about `level`, in pseudo-values
 * @see S. R. Howard, A. Ramdas (2022), Bernoulli 28(3), 1704-1728. doi:10.3150/21-BEJ1388
 */
export function quantileConfidence(
  n: number,
  level: number,
  alpha = 0.05,
  concentration = 40,
): { lowerRank: number; upperRank: number } {
  const a = concentration * level
  const b = concentration - a
  const logE = (below: number) =>
    logBeta(a + below, b + n - below) - logBeta(a, b) - below * Math.log(level) - (n - below) * Math.log1p(-level)
  const isPossible = (below: number) => logE(below) < -Math.log(alpha)
  const middle = Math.round(n * level)
  let lowerRank = middle
  let most = middle
  while (lowerRank > 0 && isPossible(lowerRank - 1)) lowerRank--
  while (most < n && isPossible(most + 1)) most++
  return { lowerRank, upperRank: most + 1 }
}
