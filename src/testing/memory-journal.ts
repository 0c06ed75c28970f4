import type { Journal, JournalRecord } from '../ports/journal.js'
import { ReleaseError } from '../vocabulary/errors.js'

/** A journal that lives as long as the process: for tests, and for simulation. Opening it again takes it over, as a new process would. */
export interface MemoryJournal extends Journal {
  /** The same records for a new owner; this one can append no more. */
  reopen(): MemoryJournal
  /** All records in the order in which they were written. */
  readonly records: readonly JournalRecord[]
}

export function memoryJournal(records: JournalRecord[] = [], fencingToken = 1): MemoryJournal {
  let isClosed = false
  const of = (release: string) => records.filter((record) => record.release === release)
  return {
    fencingToken,
    records,
    async append(record) {
      if (isClosed) throw new ReleaseError('journal/locked', 'This journal was taken over. Stop, and let the new owner go on.')
      const expected = of(record.release).length + 1
      if (record.seq !== expected)
        throw new ReleaseError(
          'journal/conflict',
          `Record ${expected} of "${record.release}" is next, and ${record.seq} was appended.`,
        )
      // What is stored is what any other process would read: JSON, and nothing shared with the writer.
      records.push(JSON.parse(JSON.stringify(record)))
    },
    async *read(release) {
      yield* of(release)
    },
    async *releases() {
      yield* new Set(records.map(({ release }) => release))
    },
    async close() {
      isClosed = true
    },
    reopen() {
      isClosed = true
      return memoryJournal(records, fencingToken + 1)
    },
  }
}
