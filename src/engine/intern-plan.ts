import { planHash } from '../plan/define-plan.js'
import type { PlanTree } from '../plan/plan-schema.js'

const known = new Map<string, WeakRef<PlanTree>>()
const forgotten = new FinalizationRegistry<string>((hash) => {
  if (known.get(hash)?.deref() === undefined) known.delete(hash)
})

/** The one copy of a plan: thousands of releases run the same one, and read it out of the journal one by one. */
export function internPlan(plan: PlanTree): PlanTree {
  const hash = planHash(plan)
  const same = known.get(hash)?.deref()
  if (same) return same
  known.set(hash, new WeakRef(plan))
  forgotten.register(plan, hash)
  return plan
}
