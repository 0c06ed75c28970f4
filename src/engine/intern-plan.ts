import { hash } from 'node:crypto'
import type { PlanTree } from '../plan/plan-schema.js'

const known = new Map<string, WeakRef<PlanTree>>()
const forgotten = new FinalizationRegistry<string>((digest) => {
  if (known.get(digest)?.deref() === undefined) known.delete(digest)
})

/**
 * The one copy of a plan: thousands of releases run the same one, and read it out of the journal one by one. Told by its text as
 * it is, which costs a fraction of its canonical one; where its members are in another order, there are two copies.
 */
export function internPlan(plan: PlanTree): PlanTree {
  const digest = hash('sha256', JSON.stringify(plan))
  const same = known.get(digest)?.deref()
  if (same) return same
  known.set(digest, new WeakRef(plan))
  forgotten.register(plan, digest)
  return plan
}
