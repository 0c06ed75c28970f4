import { z } from 'zod'
import { durationMs, positiveDurationSchema } from '../../vocabulary/duration.js'
import { burnThreshold } from './burn-rate.js'

/** Fires while the budget burns faster than `burn` in both windows: the long one for proof, the short one to end soon after. */
export const burnRuleSchema = z
  .strictObject({
    long: positiveDurationSchema,
    short: positiveDurationSchema,
    burn: z.number().positive().describe('Multiples of the burn rate that uses up the budget exactly at the end of its period.'),
    severity: z.enum(['page', 'ticket']).describe('A page fails; a ticket leaves the verdict open, for a person to decide.'),
  })
  .refine(({ long, short }) => durationMs(short) <= durationMs(long), {
    error: 'has a short window that is longer than its long one.',
  })
export type BurnRule = z.infer<typeof burnRuleSchema>

/** What a service owes its users: this fraction of good requests in any period of this length. */
export const objectiveSchema = z.strictObject({
  target: z.number().gt(0).lt(1).describe('Fraction of requests that must be good, such as 0.999.'),
  period: positiveDurationSchema.default('30d'),
  rules: z.array(burnRuleSchema).min(1).max(20).optional().describe('Default: four pairs of windows, from 1h to 3d.'),
})
export type Objective = z.infer<typeof objectiveSchema>

const usualRules = [
  { long: '1h', short: '5m', budgetFraction: 0.02, severity: 'page' },
  { long: '6h', short: '30m', budgetFraction: 0.05, severity: 'page' },
  { long: '1d', short: '2h', budgetFraction: 0.1, severity: 'ticket' },
  { long: '3d', short: '6h', budgetFraction: 0.1, severity: 'ticket' },
] as const

/**
 * The pairs of windows of the SRE workbook: burn rates 14.4, 6, 3 and 1 for a period of 30 days, and in proportion for
 * others. Below a burn rate of 1 the budget lasts its period, so that no rule fires there; windows longer than the period go.
 *
 * @see B. Beyer et al. (2018), The Site Reliability Workbook, ch. 5, table 5-8.
 */
export function burnRules({ period, rules }: Objective): readonly BurnRule[] {
  if (rules !== undefined) return rules
  return usualRules
    .filter(({ long }) => durationMs(long) <= durationMs(period))
    .map(({ budgetFraction, ...rule }) => {
      return { ...rule, burn: Math.max(1, burnThreshold(budgetFraction, durationMs(rule.long), durationMs(period))) }
    })
}
