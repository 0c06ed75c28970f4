import { logGamma } from '../stats/log-gamma.js'

/**
 * Anytime-valid check of a split among several arms: log Bayes factor of "some other split" against exactly these weights.
 *
 * Assumes that requests are assigned one by one with fixed weights; there is no tolerance, so that with much traffic even a
 * tiny, harmless deviation is found. Clumps (sticky sessions) and weights that changed look like mismatches.
 *
 * @param counts - requests of each arm since the beginning
 * @param weights - intended shares, each above 0, adding up to 1
 * @param concentration - how near to the weights the alternative is expected, in pseudo-requests
 * @see M. Lindon, A. Malek (2022), NeurIPS 35. arXiv:2011.03567
 */
export function dirichletMultinomial(counts: readonly number[], weights: readonly number[], concentration = 100): number {
  const total = counts.reduce((sum, count) => sum + count, 0)
  return counts.reduce(
    (log, count, arm) => {
      const weight = weights[arm]!
      const expected = concentration * weight
      return log + logGamma(expected + count) - logGamma(expected) - count * Math.log(weight)
    },
    logGamma(concentration) - logGamma(concentration + total),
  )
}
