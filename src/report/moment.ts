import { parseRecord, type ReleaseRecord, replayStep } from '../lifecycle/record.js'
import type { ReleaseSnapshot } from '../lifecycle/release.js'
import type { JournalRecord } from '../ports/journal.js'
import { ReleaseError } from '../vocabulary/errors.js'

/** One record of a release, and what it made of it. */
export interface Moment {
  readonly record: JournalRecord
  readonly entry: ReleaseRecord
  /** Absent for the first record. */
  readonly before: ReleaseSnapshot | undefined
  readonly after: ReleaseSnapshot
}

/** Reads one record on top of those before it. @throws ReleaseError `journal/corrupt` or `journal/version` */
export function momentOf(before: ReleaseSnapshot | undefined, record: JournalRecord): Moment {
  const where = `record ${record.seq} of release "${record.release}"`
  const entry = parseRecord(record.body, where)
  return { record, entry, before, after: replayStep(before, entry, where) }
}

/**
 * Every moment of one release.
 * @param records - all of them, in order
 * @throws ReleaseError `release/unknown` without any record; `journal/corrupt` for a gap or a record of another release
 */
export function momentsOf(records: Iterable<JournalRecord>): [Moment, ...Moment[]] {
  const moments: Moment[] = []
  for (const record of records) {
    const last = moments.at(-1)
    const seq = moments.length + 1
    if (record.seq !== seq || (last && last.record.release !== record.release))
      throw new ReleaseError(
        'journal/corrupt',
        `Expected record ${seq} of one release, and found record ${record.seq} of "${record.release}". Pass all records of one release, in order.`,
      )
    moments.push(momentOf(last?.after, record))
  }
  const [first, ...others] = moments
  if (first === undefined) throw new ReleaseError('release/unknown', 'There is no record of the release. Check its id.')
  return [first, ...others]
}
