/** The sole right to drive a release. Held by whoever holds the journal where one process owns it whole. */
export interface Lease {
  /**
   * Tries to take a release over, once; waiting is the engine's.
   * @returns the lease, with a fencing token higher than any before, or who holds it
   * @throws ReleaseError `adapter/unavailable` when the store does not answer
   */
  acquire(release: string, options: { readonly signal: AbortSignal }): Promise<HeldLease | HeldElsewhere>
  /** Those of the releases that nobody holds now. A moment later somebody may. @throws ReleaseError `adapter/unavailable` */
  vacant(releases: readonly string[]): Promise<readonly string[]>
}

export interface HeldLease {
  readonly fencingToken: number
  /** Aborted the moment the lease may be somebody else's; not by giving it back. */
  readonly lost: AbortSignal
  release(): Promise<void>
}

export interface HeldElsewhere {
  /** For people: which process, and where. */
  readonly heldBy: string
  /** Since when, epoch milliseconds by the clock of the store. */
  readonly sinceAt: number
}
