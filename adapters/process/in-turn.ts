/** Runs work of the same key one after the other, in the order of the calls; work of different keys at the same time. */
export function inTurn() {
  const last = new Map<string, Promise<unknown>>()
  return <T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
    const turn = (last.get(key) ?? Promise.resolve()).then(() => {
      signal.throwIfAborted()
      return work()
    })
    const over = turn.then(
      () => {},
      () => {},
    )
    last.set(key, over)
    void over.then(() => last.get(key) === over && last.delete(key))
    return Promise.race([turn, aborted(signal)])
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
