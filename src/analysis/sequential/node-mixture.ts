import { largest, logSumExp } from '../stats/log-space.js'

/**
 * What a bettor against the null hypothesis owns, as natural logs, one entry per strategy. The total, `logSumExp` of
 * it, is the log e-value: it starts at 0 and, while the null is true, exceeds ln(1/α) at any time with probability ≤ α.
 */
export type Wealth = readonly number[]

/**
 * What is tested. `regression`: the null is "the canary is within the margin", so that evidence means harm.
 * `non-inferiority`: the null is "the canary is at or beyond the margin", so that evidence means it is good enough.
 */
export type Direction = 'regression' | 'non-inferiority'

/** Strategies, and how the first unit of money is spread over them; entries beyond the nodes are cash, which never bets. */
export interface NodeMixture {
  readonly nodes: readonly number[]
  readonly prior: readonly number[]
}

/** Numbers above 1 whose logs grow by a constant factor: an effect of any size costs about the same to find. */
export function logLogGrid(lowest: number, highest: number, size: number): number[] {
  const first = Math.log(Math.log(lowest))
  const step = (Math.log(Math.log(highest)) - first) / Math.max(1, size - 1)
  return Array.from({ length: size }, (_, j) => Math.exp(Math.exp(first + step * j)))
}

export interface NodeMixtureOptions {
  readonly direction?: Direction
  readonly lowest?: number
  readonly highest?: number
  readonly size?: number
  /** Share of the money that never bets, so that a regression which comes late finds some left; 0 to 1. */
  readonly cash?: number
}

/**
 * Nodes are multiples of the tolerated rate that the canary may turn out to have: above 1 for `regression`, and their
 * inverses for `non-inferiority`, where no cash is kept because nothing is won by waiting.
 */
export function nodeMixture({
  direction = 'regression',
  lowest = 1.1,
  highest = 20,
  size = 32,
  cash = direction === 'regression' ? 0.3 : 0,
}: NodeMixtureOptions = {}): NodeMixture {
  const grid = logLogGrid(lowest, highest, size)
  const nodes = direction === 'regression' ? grid : grid.map((node) => 1 / node)
  const prior = nodes.map(() => (1 - cash) / size)
  return { nodes, prior: cash > 0 ? [...prior, cash] : prior }
}

export const initialWealth = ({ prior }: NodeMixture): Wealth => prior.map(Math.log)

/**
 * Spreads a share of the total anew, between two intervals: what was lost waiting for a late change is won back soon.
 * The total stays what it was, and with it the guarantee, as long as the share does not depend on the outcomes.
 *
 * @param share - 0 to 1
 * @see M. Herbster, M. K. Warmuth (1998), Machine Learning 32, 151-178, "fixed share".
 */
export function redistribute(wealth: Wealth, prior: readonly number[], share: number): Wealth {
  if (share === 0) return wealth
  const richest = largest(wealth)
  const after = wealth.map((log) => Math.exp(log - richest))
  const spread = share * after.reduce((sum, part) => sum + part, 0)
  for (let j = 0; j < after.length; j++) after[j] = richest + Math.log((1 - share) * after[j]! + spread * prior[j]!)
  return after
}

/** Strategies this poor are kept at it: they can return, and one gift of e^-60 is far below any α. */
const poorest = -60

/**
 * Wealth short enough to be kept for ever: five decimals, rounded down, and nothing above the ceiling. Giving money away
 * is always fair. The ceiling also keeps good evidence fresh: a canary that turns bad loses it within a few events.
 */
export function kept(wealth: Wealth, ceiling = Number.POSITIVE_INFINITY): Wealth {
  const excess = ceiling === Number.POSITIVE_INFINITY ? 0 : Math.max(0, logSumExp(wealth) - ceiling)
  const after = new Array<number>(wealth.length)
  for (let j = 0; j < wealth.length; j++) after[j] = Math.max(poorest, Math.floor((wealth[j]! - excess) * 1e5) / 1e5) + 0
  return after
}
