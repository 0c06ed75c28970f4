/** Works on items side by side, but on those of one lane one after the other, in the order in which they came. */
export interface Lanes<T> {
  /** @returns false when there is no room */
  add(lane: string, item: T): boolean
  readonly size: number
  /** Takes back what nobody works on yet. */
  clear(): T[]
  /** Resolves once there is nothing left to do. */
  idle(): Promise<void>
}

/** @param work - must not reject */
export function lanes<T>(
  limits: { readonly room: number; readonly abreast: number },
  work: (item: T) => Promise<void>,
): Lanes<T> {
  const waiting = new Map<string, T[]>()
  const busy = new Set<string>()
  let size = 0
  let waiters: (() => void)[] = []

  function pump(): void {
    for (const [lane, items] of waiting) {
      if (busy.size >= limits.abreast) return
      if (!busy.has(lane)) void run(lane, items)
    }
  }

  async function run(lane: string, items: T[]): Promise<void> {
    const item = items.shift()
    // To the end of the line, if there is more: a busy lane does not keep the others waiting.
    waiting.delete(lane)
    if (items.length > 0) waiting.set(lane, items)
    if (item === undefined) return
    busy.add(lane)
    await work(item)
    busy.delete(lane)
    leave(1)
    pump()
  }

  function leave(items: number): void {
    size -= items
    if (size > 0) return
    for (const wake of waiters) wake()
    waiters = []
  }

  return {
    add(lane, item) {
      if (size >= limits.room) return false
      size += 1
      const items = waiting.get(lane)
      if (items) items.push(item)
      else waiting.set(lane, [item])
      pump()
      return true
    },
    get size() {
      return size
    },
    clear() {
      const items = [...waiting.values()].flat()
      waiting.clear()
      leave(items.length)
      return items
    },
    async idle() {
      if (size > 0) await new Promise<void>((resolve) => waiters.push(resolve))
    },
  }
}
