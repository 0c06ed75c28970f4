import { hash } from 'node:crypto'
import { fromCheckpoint } from '../lifecycle/checkpoint.js'
import { parseRecord, replayStep } from '../lifecycle/record.js'
import { hasEnded } from '../lifecycle/release.js'
import type { Checkpoint, Journal, JournalRecord } from '../ports/journal.js'
import { ReleaseError } from '../vocabulary/errors.js'
import type { Progress } from './append-step.js'
import { internPlan } from './intern-plan.js'

/** What a record says of the checkpoint that was made after it. */
export const digestOf = (text: string): string => `sha256:${hash('sha256', text)}`

/** Where a release stands, from its first record on. @throws ReleaseError `release/unknown`, `journal/corrupt`, `journal/version` */
export async function replay(journal: Journal, id: string): Promise<Progress> {
  let progress: Progress | undefined
  for await (const record of journal.read(id)) progress = followed(progress, record)
  if (progress === undefined) throw new ReleaseError('release/unknown', `The journal holds no release "${id}".`)
  return progress
}

/**
 * Where every release of a journal stands that has not ended, each from its checkpoint where there is one.
 *
 * Y1 A checkpoint is believed when the record after which it was made is there, and holds its digest. With any other, its
 *    release is replayed from the first record, as if there were none.
 *
 * @throws ReleaseError `journal/corrupt`, `journal/version`
 */
export async function* replayAll(journal: Journal): AsyncGenerator<Progress> {
  if (journal.readWanted === undefined) {
    for await (const id of journal.releases()) yield* unlessEnded(await replay(journal, id))
    return
  }
  const kept = new Map<string, Checkpoint>()
  for await (const checkpoint of journal.checkpoints?.all() ?? []) kept.set(checkpoint.release, checkpoint)
  const isWanted = (release: string, seq: number) => seq === 1 || seq >= (kept.get(release)?.seq ?? 1)
  /** `null` once it has ended, since what it amounted to would only take room. */
  const reached = new Map<string, Progress | null>()
  const doubtful = new Set<string>()
  for await (const record of journal.readWanted(isWanted)) {
    const { release, seq } = record
    const before = reached.get(release)
    if (before === null || doubtful.has(release)) continue
    const progress = seq === (before?.seq ?? 0) + 1 ? followed(before, record) : jumped(before, record, kept.get(release))
    if (progress === undefined) doubtful.add(release)
    else reached.set(release, hasEnded(progress.snapshot) ? null : progress)
  }
  for (const [release, progress] of reached)
    if (progress !== null && !doubtful.has(release)) {
      if (progress.seq >= (kept.get(release)?.seq ?? 0)) yield progress
      else doubtful.add(release)
    }
  for (const release of doubtful) yield* unlessEnded(await replay(journal, release))
}

function followed(before: Progress | undefined, last: JournalRecord): Progress {
  const where = `Record ${last.seq} of release "${last.release}"`
  const record = parseRecord(last.body, where)
  const { event } = record
  const shared = event.type === 'release.proposed' ? { ...record, event: { ...event, plan: internPlan(event.plan) } } : record
  return { snapshot: replayStep(before?.snapshot, shared, where), seq: last.seq, last }
}

/** From the first record over all others up to the checkpoint's. */
function jumped(first: Progress | undefined, last: JournalRecord, checkpoint: Checkpoint | undefined): Progress | undefined {
  if (first?.seq !== 1 || checkpoint?.seq !== last.seq) return undefined
  const { checkpoint: digest } = parseRecord(last.body, `Record ${last.seq} of release "${last.release}"`)
  if (digest !== digestOf(checkpoint.text)) return undefined
  return { snapshot: fromCheckpoint(first.snapshot, checkpoint.text), seq: last.seq, last }
}

function* unlessEnded(progress: Progress): Generator<Progress> {
  if (!hasEnded(progress.snapshot)) yield progress
}
