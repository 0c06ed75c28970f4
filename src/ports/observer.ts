import type { JournalRecord } from './journal.js'

/** Told of every record after it is durable. Can neither delay nor change a release: its errors are dropped, its time is its own. */
export interface Observer {
  record(record: JournalRecord): void
}
