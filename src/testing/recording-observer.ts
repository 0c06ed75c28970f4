import type { JournalRecord } from '../ports/journal.js'
import type { Observer } from '../ports/observer.js'

export interface RecordingObserver extends Observer {
  /** All that it was told, in order. */
  readonly records: readonly JournalRecord[]
}

export function recordingObserver(): RecordingObserver {
  const records: JournalRecord[] = []
  return { records, record: (record) => void records.push(record) }
}
