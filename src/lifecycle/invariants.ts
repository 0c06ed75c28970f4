import { effectInvariants } from './invariants/effects.js'
import { evidenceInvariants } from './invariants/evidence.js'
import type { History, Invariant } from './invariants/history.js'
import { recordInvariants } from './invariants/records.js'
import { trafficInvariants } from './invariants/traffic.js'

export { type History, historyOf, type Invariant, type WorldCall } from './invariants/history.js'

/**
 * What every release keeps, whatever happens; the numbers are cited by tests and never reused. Each is a question to the
 * records of one release and to the calls that reached the world. Those numbers up to I46 that are not here are not questions of
 * that kind; `docs/promises.md` names their tests.
 */
export const invariants: readonly Invariant[] = [
  ...trafficInvariants,
  ...evidenceInvariants,
  ...recordInvariants,
  ...effectInvariants,
].toSorted((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)))

/** Everything a history breaks, as `I4: record 12 (…): …`; empty for a sound one. */
export function violations(history: History): string[] {
  return invariants.flatMap(({ id, check }) => {
    const says = check(history)
    return says === undefined ? [] : `${id}: ${says}`
  })
}
