/**
 * Remembers which links and callbacks have been used, so that the thousandth click costs nothing. The engine refuses an id
 * that has acted in any case, also after a restart.
 */
export interface UsedIds {
  /** @param expiresAt - epoch milliseconds; from then on the id may be forgotten. @returns false when it was claimed before */
  claim(id: string, expiresAt: number): Promise<boolean>
  /** Gives it back: what it was claimed for did not happen. */
  release(id: string): Promise<void>
}

export function usedInMemory(now: () => number): UsedIds {
  const used = new Map<string, number>()
  return {
    async claim(id, expiresAt) {
      for (const [other, until] of used) if (until <= now()) used.delete(other)
      if (used.has(id)) return false
      used.set(id, expiresAt)
      return true
    },
    async release(id) {
      used.delete(id)
    },
  }
}
