import { checkpointText } from '../lifecycle/checkpoint.js'
import { soundStep } from '../lifecycle/invariants/at-run-time.js'
import type { ReleaseEvent } from '../lifecycle/protocol.js'
import { recordOf } from '../lifecycle/record.js'
import type { ReleaseSnapshot } from '../lifecycle/release.js'
import type { Journal, JournalRecord } from '../ports/journal.js'
import type { Observer } from '../ports/observer.js'
import { digestOf } from './replay.js'

/** A checkpoint costs as much as a few records; replaying so many takes about a millisecond. */
export const checkpointEvery = 32

/** Where a release stands: what its records amount to, and how many there are. */
export interface Progress {
  readonly snapshot: ReleaseSnapshot
  readonly seq: number
  /** The newest record. */
  readonly last: JournalRecord
}

/**
 * Lets the machine decide, and resolves once the decision is durable. Nothing may be done about it before that (I23).
 * A decision that would break a promise is never recorded: the release is held instead.
 * @throws ReleaseError `journal/failed`, `journal/conflict`
 */
export async function appendStep(
  { journal, observers }: { readonly journal: Journal; readonly observers: readonly Observer[] },
  before: Pick<Progress, 'snapshot' | 'seq'> | undefined,
  happened: ReleaseEvent,
): Promise<Progress> {
  const { event, next } = soundStep(before?.snapshot, happened)
  const seq = (before?.seq ?? 0) + 1
  const { release } = next.snapshot
  const text = journal.checkpoints && seq % checkpointEvery === 0 ? checkpointText(next.snapshot) : undefined
  const body = recordOf(event, next, text && digestOf(text))
  const last: JournalRecord = { release, seq, at: event.at, body }
  await journal.append(last)
  if (text !== undefined) journal.checkpoints?.save({ release, seq, text })
  for (const observer of observers) {
    try {
      // Typed as void, and async all the same in many a caller's code: its rejection must not end the process.
      const returned: unknown = observer.record(last)
      if (returned !== undefined) Promise.resolve(returned).catch(() => {})
    } catch {
      // I46: a reader can neither break nor delay a decision.
    }
  }
  return { snapshot: next.snapshot, seq, last }
}
