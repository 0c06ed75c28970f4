import { expect, test } from 'vitest'
import { budgetPaceSchema, budgetVerdict } from '../../../src/analysis/slo/budget-gate.js'
import { objectiveSchema } from '../../../src/analysis/slo/objective.js'
import type { Measurement } from '../../../src/vocabulary/measurement.js'

const objective = objectiveSchema.parse({ target: 0.99 })
const pace = budgetPaceSchema.parse({})
/** A period that has spent this fraction of its budget. */
const spent = (fraction: number): Measurement => ({ kind: 'counts', total: 10_000, bad: 100 * fraction })

test.each([
  [0, 'pass', 1],
  [0.5, 'pass', 1],
  [0.75, 'pass', 2],
  [0.875, 'pass', 4],
  [0.95, 'fail', 1],
  [1.5, 'fail', 1],
])('with %d of the budget spent a release may: %s, with bakes %d times as long', (fraction, outcome, stretch) => {
  const judged = budgetVerdict(objective, pace, spent(fraction))
  expect(judged.verdict.outcome).toBe(outcome)
  expect(judged.stretch).toBeCloseTo(stretch, 9)
})

test('an unknown or unused budget is inconclusive', () => {
  for (const measured of [
    { kind: 'missing', reason: 'late', detail: '' },
    { kind: 'counts', total: 0, bad: 0 },
  ] satisfies Measurement[])
    expect(budgetVerdict(objective, pace, measured).verdict.outcome).toBe('inconclusive')
})

test('a verdict says what is left and what that does to the pace', () => {
  expect(budgetVerdict(objective, pace, spent(0.75)).verdict.reasons[0]?.says).toBe(
    '25 % of the error budget of 30d is left, and 10 % is needed, so bakes take 2 times as long.',
  )
})

test('a pace that holds above where it is easy is refused', () => {
  expect(budgetPaceSchema.safeParse({ easyAbove: 0.2, holdBelow: 0.2 }).success).toBe(false)
})
