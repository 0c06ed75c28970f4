import type { Outcome, Reason, Verdict } from '../vocabulary/verdict.js'

const byWeight: readonly Outcome[] = ['fail', 'inconclusive', 'pass']

/** The verdict of all reasons together: any fail fails, otherwise anything undecided leaves it undecided. The first reason decided. */
export function verdictOf(reasons: readonly Reason[]): Verdict {
  const sorted = reasons.toSorted((a, b) => byWeight.indexOf(a.outcome) - byWeight.indexOf(b.outcome))
  return { outcome: sorted[0]?.outcome ?? 'inconclusive', reasons: sorted }
}
