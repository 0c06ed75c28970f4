import type { Journal, JournalRecord } from '../ports/journal.js'
import { ReleaseError } from '../vocabulary/errors.js'

/** A journal that lives as long as the process: for tests, and for simulation. Opening it again takes it over, as a new process would. */
export interface MemoryJournal extends Journal {
  /** The same records for a new owner; this one can append no more. */
  reopen(): MemoryJournal
  /** All records in the order in which they were written. */
  readonly records: readonly JournalRecord[]
}

export const memoryJournal = (): MemoryJournal => journalOf({ texts: [], read: [], lengths: new Map() }, 1)

/**
 * What is stored is what any other process would read: JSON, and nothing shared with the writer. Most records of a simulation
 * are never read, so that a text becomes a record again only when somebody asks.
 */
interface Shelf {
  readonly texts: string[]
  readonly read: JournalRecord[]
  /** How many records there are of each release, oldest first. */
  readonly lengths: Map<string, number>
}

function put({ texts, lengths }: Shelf, record: JournalRecord): void {
  texts.push(JSON.stringify(record))
  lengths.set(record.release, record.seq)
}

function recordsOn({ texts, read }: Shelf): readonly JournalRecord[] {
  while (read.length < texts.length) read.push(JSON.parse(texts[read.length]!))
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
