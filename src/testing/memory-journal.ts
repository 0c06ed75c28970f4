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
  /** Nobody will ever read: each record is let go of as soon as it was found to be the next one. Default false. */
  readonly forgets?: boolean
}

export const memoryJournal = ({ trustsWriter = false, forgets = false }: MemoryJournalOptions = {}): MemoryJournal =>
  new JournalOnShelf({ trustsWriter, forgets, stored: [], read: [], lengths: new Map() }, 1)

/**
 * What is read is what any other process would read: out of JSON, and nothing shared with the writer. Most records of a
 * simulation are never read, so that one is made of what is stored only when somebody asks.
 */
interface Shelf {
  readonly trustsWriter: boolean
  readonly forgets: boolean
  /** Texts, or the writer's own records where it is trusted. */
  readonly stored: (string | JournalRecord)[]
  readonly read: JournalRecord[]
  /** How many records there are of each release, oldest first. */
  readonly lengths: Map<string, number>
}

function put({ trustsWriter, forgets, stored, lengths }: Shelf, record: JournalRecord): void {
  if (!forgets) stored.push(trustsWriter ? record : JSON.stringify(record))
  lengths.set(record.release, record.seq)
}

function recordsOn({ stored, read }: Shelf): readonly JournalRecord[] {
  while (read.length < stored.length) {
    const next = stored[read.length]!
    read.push(JSON.parse(typeof next === 'string' ? next : JSON.stringify(next)))
  }
  return read
}

/**
 * A class, with generators outside of it: an accessor or a generator in an object literal is made anew with every journal, and
 * V8 keeps what it closes over, here all the records, until the next full collection. Its methods are members of its own, so
 * that a test can copy a journal and replace one of them.
 */
class JournalOnShelf implements MemoryJournal {
  readonly #shelf: Shelf
  #isClosed = false

  constructor(
    shelf: Shelf,
    readonly fencingToken: number,
  ) {
    this.#shelf = shelf
  }

  get records(): readonly JournalRecord[] {
    return recordsOn(this.#shelf)
  }

  readonly append = async (record: JournalRecord): Promise<void> => {
    if (this.#isClosed)
      throw new ReleaseError('journal/locked', 'This journal was taken over. Stop, and let the new owner go on.')
    const expected = (this.#shelf.lengths.get(record.release) ?? 0) + 1
    if (record.seq !== expected)
      throw new ReleaseError(
        'journal/conflict',
        `Record ${expected} of "${record.release}" is next, and ${record.seq} was appended.`,
      )
    put(this.#shelf, record)
  }

  readonly read = (release: string): AsyncGenerator<JournalRecord> => readFrom(this.#shelf, release)

  readonly releases = (): AsyncGenerator<string> => releasesOn(this.#shelf)

  readonly close = async (): Promise<void> => {
    this.#isClosed = true
  }

  readonly reopen = (): MemoryJournal => {
    this.#isClosed = true
    return new JournalOnShelf(this.#shelf, this.fencingToken + 1)
  }
}

async function* readFrom(shelf: Shelf, release: string): AsyncGenerator<JournalRecord> {
  yield* recordsOn(shelf).filter((record) => record.release === release)
}

async function* releasesOn({ lengths }: Shelf): AsyncGenerator<string> {
  yield* lengths.keys()
}
