import { hypergeometricMgf } from '../stats/hypergeometric-mgf.js'
import { logMeanExp, logSumExp } from '../stats/log-space.js'
import type { ExceedanceTable } from './exceedance-table.js'
import { initialWealth, type NodeMixture, redistribute, type Wealth } from './node-mixture.js'

/**
 * Anytime-valid test of latencies: at several levels, is the canary among the slow requests more often than its share?
 *
 * Per interval and level, the canary's number above a cut of the pooled requests is hypergeometric if the cohorts are
 * alike, and stays below that if the canary is faster. Evidence is the likelihood ratio of Fisher's noncentral
 * hypergeometric distribution against the null `odds of being above the cut ≤ tolerated · those of control` (≥ with
 * `non-inferiority` nodes).
 *
 * Assumes that requests are independent given the interval. Any shape of latency, any drift that both cohorts share, and
 * any weight are fine. What breaks it: one slow instance or one burst that hits many canary requests at once, which looks
 * like a slow canary (as it does to every test on requests).
 *
 * @param odds - tolerated odds ratio, above 0; 1 when the values were already divided by a tolerated slowdown
 * @returns wealth by level; its evidence is {@link anyLevel} for harm, {@link everyLevel} for promotion
 */
export function rankExceedance(mixture: NodeMixture, levels: number, odds = 1) {
  const tolerated = Math.log(odds)
  const logNodes = mixture.nodes.map(Math.log)
  return {
    begin: (): readonly Wealth[] => Array.from({ length: levels }, () => initialWealth(mixture)),
    update(wealth: readonly Wealth[], tables: readonly ExceedanceTable[], share = 0): readonly Wealth[] {
      let gains: readonly number[] = []
      return wealth.map((logs, level) => {
        const table = tables[level]!
        // Buckets are few, so that levels next to each other are often cut at the same bound.
        if (level === 0 || table !== tables[level - 1])
          gains = isTelling(table) ? logLikelihoodRatios(table, logNodes, tolerated) : []
        return redistribute(
          logs.map((log, j) => log + (gains[j] ?? 0)),
          mixture.prior,
          share,
        )
      })
    },
  }
}

/** Whether both sides of the cut, and both cohorts, have requests: otherwise there is nothing to compare. */
export const isTelling = ({ total, canary, above }: ExceedanceTable) => above > 0 && above < total && canary > 0 && canary < total

function logLikelihoodRatios(
  { total, canary, above, canaryAbove }: ExceedanceTable,
  logNodes: readonly number[],
  tolerated: number,
) {
  const logMgf = hypergeometricMgf(total, canary, above)
  const atNull = tolerated === 0 ? 0 : logMgf(tolerated)
  return logNodes.map((log) => canaryAbove * log - (logMgf(tolerated + log) - atNull))
}

/** Evidence that the canary is worse at some level: an average of e-values. */
export const anyLevel = (wealth: readonly Wealth[]): number => logMeanExp(wealth.map(logSumExp))

/** Evidence that the canary is good at every level: the weakest, and no level needs a share of α for that. */
export const everyLevel = (wealth: readonly Wealth[]): number => Math.min(...wealth.map(logSumExp))
