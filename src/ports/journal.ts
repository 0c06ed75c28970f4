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

/** What a release amounted to after one of its records. */
export interface Checkpoint {
  readonly release: string
  readonly seq: number
  readonly text: string
}

/**
 * Shortens the way back after a crash, and nothing else: the journal holds a digest of each checkpoint, so that one that is
 * torn, stale or altered is found out and the release replayed from its records. It need not be durable.
 */
export interface Checkpoints {
  /** Keeps it in place of the release's last one, some time soon. Never throws. */
  save(checkpoint: Checkpoint): void
  /** Every one that is kept; of several of one release the last counts. What cannot be read is left out. */
  all(): AsyncIterable<Checkpoint>
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
  /**
   * Those among them that have not ended, oldest first, where the journal can tell without reading their records. One that has
   * ended may be among them; one that has not is never left out. Where this is missing, all are read once.
   */
  unfinished?(): AsyncIterable<string>
  /** Waits for what was accepted, and gives the journal free for others. */
  close(): Promise<void>
  /** Where there are none, a release is replayed from its first record. */
  readonly checkpoints?: Checkpoints
  /**
   * In one pass, the records of all releases that are wanted; those of one release in order.
   * @throws ReleaseError `journal/corrupt`
   */
  readWanted?(isWanted: (release: string, seq: number) => boolean): AsyncIterable<JournalRecord>
}
