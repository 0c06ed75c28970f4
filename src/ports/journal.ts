/** One line of a release's history, as the engine wrote it. */
export interface JournalRecord {
  readonly release: string
  /** 1 for a release's first record, then without a gap. */
  readonly seq: number
  /** The engine's clock, epoch milliseconds. */
  readonly at: number
  /** JSON; its schema is the lifecycle's. */
  readonly body: unknown
}

/** The truth: append-only, in order, durable. */
export interface Journal {
  /**
   * Grows each time somebody takes the journal over. An adapter that has seen a higher one refuses.
   */
  readonly fencingToken: number
  /**
   * Resolves when the record survives a crash of the machine. Records of one release are appended one after the other.
   * @throws ReleaseError `journal/conflict` when `seq` is taken or leaves a gap; `journal/failed` when the medium fails, and
   * from then on for every append
   */
  append(record: JournalRecord): Promise<void>
  /** Every record of one release, in order; empty for an unknown one. @throws ReleaseError `journal/corrupt` */
  read(release: string): AsyncIterable<JournalRecord>
  /** The ids of all releases, oldest first. */
  releases(): AsyncIterable<string>
  /** Waits for what was accepted, and gives the journal free for others. */
  close(): Promise<void>
}
