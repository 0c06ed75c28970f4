/** The sole right to drive a release. Held by whoever holds the journal where one process owns it whole. */
export interface Lease {
  /** Resolves with a fencing token higher than any before, once nobody else holds it. */
  acquire(release: string, options: { readonly signal: AbortSignal }): Promise<HeldLease>
}

export interface HeldLease {
  readonly fencingToken: number
  /** Aborted the moment the lease may be somebody else's. */
  readonly lost: AbortSignal
  release(): Promise<void>
}
