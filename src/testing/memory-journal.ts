import type { Journal, JournalRecord } from '../ports/journal.js'
import { ReleaseError } from '../vocabulary/errors.js'

/** A journal that lives as long as the process: for tests, and for simulation. Opening it again takes it over, as a new process would. */
export interface MemoryJournal extends Journal {
  /** The same records for a new owner; this one can append no more. */
  reopen(): MemoryJournal
  /** All records in the order in which they were written. */
  readonly records: readonly JournalRecord[]
}

export interface MemoryJournalOptions {
  /** The writer never changes what it has handed over, so that it need not be copied before somebody reads it. Default false. */
  readonly trustsWriter?: boolean
}

export const memoryJournal = ({ trustsWriter = false }: MemoryJournalOptions = {}): MemoryJournal =>
  journalOf({ trustsWriter, stored: [], read: [], lengths: new Map() }, 1)

/**
 * What is read is what any other process would read: out of JSON, and nothing shared with the writer. Most records of a
 * simulation are never read, so that one is made of what is stored only when somebody asks.
 */
interface Shelf {
  readonly trustsWriter: boolean
  /** Texts, or the writer's own records where it is trusted. */
  readonly stored: (string | JournalRecord)[]
  readonly read: JournalRecord[]
  /** How many records there are of each release, oldest first. */
  readonly lengths: Map<string, number>
}

function put({ trustsWriter, stored, lengths }: Shelf, record: JournalRecord): void {
  stored.push(trustsWriter ? record : JSON.stringify(record))
  lengths.set(record.release, record.seq)
}

function recordsOn({ stored, read }: Shelf): readonly JournalRecord[] {
  while (read.length < stored.length) {
    const next = stored[read.length]!
    read.push(JSON.parse(typeof next === 'string' ? next : JSON.stringify(next)))
  }
  return read
}

function journalOf(shelf: Shelf, fencingToken: number): MemoryJournal {
  let isClosed = false
  return {
    fencingToken,
    get records() {
      return recordsOn(shelf)
    },
    async append(record) {
      if (isClosed) throw new ReleaseError('journal/locked', 'This journal was taken over. Stop, and let the new owner go on.')
      const expected = (shelf.lengths.get(record.release) ?? 0) + 1
      if (record.seq !== expected)
        throw new ReleaseError(
          'journal/conflict',
          `Record ${expected} of "${record.release}" is next, and ${record.seq} was appended.`,
        )
      put(shelf, record)
    },
    async *read(release) {
      yield* recordsOn(shelf).filter((record) => record.release === release)
    },
    async *releases() {
      yield* shelf.lengths.keys()
    },
    async close() {
      isClosed = true
    },
    reopen() {
      isClosed = true
      return journalOf(shelf, fencingToken + 1)
    },
  }
}
