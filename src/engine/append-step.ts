import type { ReleaseEvent } from '../lifecycle/protocol.js'
import { recordOf } from '../lifecycle/record.js'
import { type ReleaseSnapshot, step } from '../lifecycle/release.js'
import type { Journal, JournalRecord } from '../ports/journal.js'
import type { Observer } from '../ports/observer.js'

/** Where a release stands: what its records amount to, and how many there are. */
export interface Progress {
  readonly snapshot: ReleaseSnapshot
  readonly seq: number
  /** The newest record. */
  readonly last: JournalRecord
}

/**
 * Lets the machine decide, and resolves once the decision is durable. Nothing may be done about it before that (I23).
 * @throws ReleaseError `journal/failed`, `journal/conflict`
 */
export async function appendStep(
  { journal, observers }: { readonly journal: Journal; readonly observers: readonly Observer[] },
  before: Pick<Progress, 'snapshot' | 'seq'> | undefined,
  event: ReleaseEvent,
): Promise<Progress> {
  const next = step(before?.snapshot, event)
  const seq = (before?.seq ?? 0) + 1
  const last: JournalRecord = { release: next.snapshot.release, seq, at: event.at, body: recordOf(event, next) }
  await journal.append(last)
  for (const observer of observers) {
    try {
      // Typed as void, and async all the same in many a caller's code: its rejection must not end the process.
      Promise.resolve(observer.record(last)).catch(() => {})
    } catch {
      // I46: a reader can neither break nor delay a decision.
    }
  }
  return { snapshot: next.snapshot, seq, last }
}
