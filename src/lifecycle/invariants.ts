import { effectInvariants } from './invariants/effects.js'
import { evidenceInvariants } from './invariants/evidence.js'
import type { History, Invariant } from './invariants/history.js'
import { recordInvariants } from './invariants/records.js'
import { trafficInvariants } from './invariants/traffic.js'

export { type History, historyOf, type Invariant, type WorldCall } from './invariants/history.js'

/**
 * What every release keeps, whatever happens; the numbers are cited by tests and never reused. Each is a question to the
 * records of one release and to the calls that reached the world. I20 is asked within I18.
 *
 * Not questions of that kind, and tested elsewhere:
 * I14 verdicts are recomputed, I30 crash = no crash, I25 each effect once: `test/crash`.
 * I16, I17 error rates and minimum samples of the judges: `test/analysis`.
 * I31 to I34 what a file holds after a crash, a flipped byte, a full disk: `test/adapters/file`.
 * I36 one journal, one snapshot: `test/lifecycle`. I37 journals of older versions: `src/lifecycle/record.ts`.
 * I38 no clock, chance or I/O in a decision: `test/architecture.test.ts`.
 * I40 leases by the store's clock: the lease adapters. I44 sizes: the plan's limits.
 * I45 secrets: adapters keep them out of what they answer and throw. I46 throwing readers: `test/faults`.
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
