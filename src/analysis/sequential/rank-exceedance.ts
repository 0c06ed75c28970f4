import { hypergeometricMode } from '../stats/hypergeometric-mgf.js'
import { hypergeometricMgfs, unwanted } from '../stats/hypergeometric-mgfs.js'
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
  const nodes = [1, ...mixture.nodes]
  const bets: Bets = {
    logs: nodes.map(Math.log),
    odds: nodes.map((node) => odds * node),
    hasCash: mixture.prior.length > mixture.nodes.length,
  }
  return {
    begin: (): readonly Wealth[] => Array.from({ length: levels }, () => initialWealth(mixture)),
    update(wealth: readonly Wealth[], tables: readonly ExceedanceTable[], share = 0): readonly Wealth[] {
      let gains: readonly number[] = []
      return wealth.map((logs, level) => {
        const table = tables[level]!
        // Buckets are few, so that levels next to each other are often cut at the same bound.
        if (level === 0 || table !== tables[level - 1]) gains = isTelling(table) ? logLikelihoodRatios(table, bets) : []
        return redistribute(
          logs.map((log, j) => log + (gains[j + 1] ?? 0)),
          mixture.prior,
          share,
        )
      })
    },
  }
}

/** Null and nodes, from which the canary's odds are ever further away, and whether there is money that never bets. */
interface Bets {
  readonly logs: readonly number[]
  /** Of being above the cut, as a multiple of those of control. */
  readonly odds: readonly number[]
  readonly hasCash: boolean
}

/** Whether both sides of the cut, and both cohorts, have requests: otherwise there is nothing to compare. */
export const isTelling = ({ total, canary, above }: ExceedanceTable) => above > 0 && above < total && canary > 0 && canary < total

/**
 * A node that wins e^−150 of what another does in one interval is bankrupt, however much it had: wealth is kept above e^−60,
 * and below what proves enough. Giving the rest away is always fair.
 */
const hopeless = 150

/** ln of what null and nodes win: nothing, and what they do; of hopeless ones, without working out how little. */
function logLikelihoodRatios({ total, canary, above, canaryAbove }: ExceedanceTable, { logs, odds, hasCash }: Bets): number[] {
  const modes = odds.map((odds) => hypergeometricMode(total, canary, above, odds))
  // Winnings are concave in the node's log, growing by canaryAbove − mean, of which modes are within one. So from node to node
  // they grow by at most what they do at the first, and at least what they do at the second.
  const atMost = [0]
  let least = 0
  let best = hasCash ? 0 : Number.NEGATIVE_INFINITY
  for (let j = 1; j < logs.length; j++) {
    const way = logs[j]! - logs[j - 1]!
    atMost.push(atMost[j - 1]! + way * (canaryAbove - modes[j - 1]!))
    least += way * (canaryAbove - modes[j]!)
    best = Math.max(best, least)
  }
  for (let j = 1; j < logs.length; j++) if (atMost[j]! < best - hopeless) modes[j] = unwanted
  const prices = hypergeometricMgfs({ total, drawn: canary, marked: above }, odds[0]!, logs, modes)
  return logs.map((log, j) => canaryAbove * log - prices[j]!)
}

/** Evidence that the canary is worse at some level: an average of e-values. */
export const anyLevel = (wealth: readonly Wealth[]): number => logMeanExp(wealth.map(logSumExp))

/** Evidence that the canary is good at every level: the weakest, and no level needs a share of α for that. */
export const everyLevel = (wealth: readonly Wealth[]): number => Math.min(...wealth.map(logSumExp))
