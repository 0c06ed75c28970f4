import { z } from 'zod'
import type { Measurement } from '../../vocabulary/measurement.js'
import type { Verdict } from '../../vocabulary/verdict.js'
import { verdictOf } from '../verdict-of.js'
import { sayNumber, sayPercent } from '../wording.js'
import { errorBudgetLeft } from './burn-rate.js'
import type { Objective } from './objective.js'
import { usableCounts } from './usable-counts.js'

/** How careful to be with what is left of the error budget, as fractions of all of it. */
export const budgetPaceSchema = z
  .strictObject({
    easyAbove: z.number().positive().max(1).default(0.5).describe('Above this much left, bakes take as long as planned.'),
    holdBelow: z.number().positive().lt(1).default(0.1).describe('Below this much left, nothing is released.'),
  })
  .refine(({ easyAbove, holdBelow }) => holdBelow < easyAbove, { error: 'has a holdBelow that is not below easyAbove.' })
export type BudgetPace = z.infer<typeof budgetPaceSchema>

/**
 * Whether the error budget of the period so far allows a release, and at which pace.
 *
 * @param measured - `counts` over the objective's whole period; anything else is inconclusive
 * @returns `stretch` is a factor for bake times, at least 1: twice as long at half of `easyAbove`
 */
export function budgetVerdict(
  { target, period }: Objective,
  { easyAbove, holdBelow }: BudgetPace,
  measured: Measurement,
): { readonly verdict: Verdict; readonly stretch: number } {
  const counts = usableCounts(measured)
  if (typeof counts === 'string') {
    const says = `What is left of the error budget of ${period} is unknown: ${counts}.`
    return { verdict: verdictOf([{ code: 'missing', outcome: 'inconclusive', says }]), stretch: 1 }
  }
  const left = errorBudgetLeft(counts.bad, counts.total, target)
  const isEnough = left >= holdBelow
  const stretch = isEnough ? Math.max(1, easyAbove / left) : 1
  const pace = stretch > 1 ? `, so bakes take ${sayNumber(stretch)} times as long` : ''
  const says = `${sayPercent(left)} of the error budget of ${period} is left, and ${sayPercent(holdBelow)} is needed${pace}.`
  const numbers = { left, holdBelow, easyAbove, stretch, target, total: counts.total, bad: counts.bad }
  const reason = isEnough
    ? ({ code: 'budget-left', outcome: 'pass' } as const)
    : ({ code: 'budget-spent', outcome: 'fail' } as const)
  return { verdict: verdictOf([{ ...reason, says, numbers }]), stretch }
}
