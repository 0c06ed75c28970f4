import type { HeldLease, Lease } from '../ports/lease.js'

/** Leases of one pretended product, for any number of pretended processes. */
export interface MemoryLeases {
  /** As one more process sees them. */
  lease(): Lease
  /** Whoever holds the lease of a release has lost it. */
  expire(release: string): void
}

interface Holder {
  readonly heldBy: string
  readonly sinceAt: number
  readonly lost: AbortController
}

/** @param now - the store's clock, epoch milliseconds; by default it stands still */
export function memoryLeases(now: () => number = () => 0): MemoryLeases {
  const holders = new Map<string, Holder>()
  let newestToken = 0
  let processes = 0

  function hold(release: string, holder: Holder): HeldLease {
    holders.set(release, holder)
    newestToken += 1
    return {
      fencingToken: newestToken,
      lost: holder.lost.signal,
      async release() {
        if (holders.get(release) === holder) holders.delete(release)
      },
    }
  }

  return {
    lease() {
      processes += 1
      const heldBy = `process ${processes}`
      return {
        async acquire(release, { signal }) {
          signal.throwIfAborted()
          const holder = holders.get(release)
          if (holder) return { heldBy: holder.heldBy, sinceAt: holder.sinceAt }
          return hold(release, { heldBy, sinceAt: now(), lost: new AbortController() })
        },
        async vacant(releases) {
          return releases.filter((release) => !holders.has(release))
        },
      }
    },
    expire(release) {
      holders.get(release)?.lost.abort()
      holders.delete(release)
    },
  }
}
