/**
 * How many times faster than allowed the error budget goes: 1 uses it up exactly at the end of its period.
 *
 * @param bad - bad requests of a window
 * @param total - all requests of it; with none, nothing burns
 * @param target - the objective, such as 0.999
 * @see B. Beyer et al. (2018), The Site Reliability Workbook, ch. 5.
 */
export function burnRate(bad: number, total: number, target: number): number {
  return total > 0 ? bad / total / (1 - target) : 0
}

/** The burn rate that uses this fraction of a period's budget within one window. Both lengths in the same unit. */
export function burnThreshold(budgetFraction: number, window: number, period: number): number {
  return (budgetFraction * period) / window
}

/** The fraction of the error budget that is left: 1 when nothing is spent, 0 when all of it is, and negative beyond that. */
export function errorBudgetLeft(bad: number, total: number, target: number): number {
  return 1 - burnRate(bad, total, target)
}
