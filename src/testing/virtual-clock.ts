import type { Clock } from '../ports/clock.js'

/** Time that passes when it is told to. */
export interface VirtualClock extends Clock {
  /** Lets so much time pass, timer by timer; everything each timer leads to happens before the next. @param ms - 0 lets the present finish */
  advance(ms: number): Promise<void>
  /** Lets time pass, timer by timer, until `isDone` says so. @throws Error when no timer is left before that */
  runUntil(isDone: () => boolean): Promise<void>
}

interface Timer {
  readonly instant: number
  readonly order: number
  readonly call: () => void
  isCancelled: boolean
}

/** @param startAt - epoch milliseconds */
export function virtualClock(startAt = Date.UTC(2030, 0, 1)): VirtualClock {
  let now = startAt
  let order = 0
  /** A binary heap, the timer that is due first on top. Cancelled ones stay until they get there. */
  const timers: Timer[] = []

  function next(): Timer | undefined {
    while (timers[0]?.isCancelled) removeFirst(timers)
    return timers[0]
  }

  function fire({ instant, call }: Timer): Promise<void> {
    removeFirst(timers)
    now = Math.max(now, instant)
    call()
    return settled()
  }

  return {
    now: () => now,
    at(instant, call) {
      const timer = { instant, order: order++, call, isCancelled: false }
      insert(timers, timer)
      return () => {
        timer.isCancelled = true
      }
    },
    async advance(ms) {
      const end = now + ms
      await settled()
      for (let timer = next(); timer && timer.instant <= end; timer = next()) await fire(timer)
      now = end
    },
    async runUntil(isDone) {
      await settled()
      while (!isDone()) {
        const timer = next()
        if (timer === undefined)
          throw new Error('Nothing is due any more, and it is not done: somebody is waited for who never comes.')
        await fire(timer)
      }
    },
  }
}

const isBefore = (a: Timer, b: Timer) => a.instant < b.instant || (a.instant === b.instant && a.order < b.order)

function insert(heap: Timer[], timer: Timer): void {
  let place = heap.length
  for (; place > 0; place = (place - 1) >> 1) {
    const above = heap[(place - 1) >> 1]!
    if (isBefore(above, timer)) break
    heap[place] = above
  }
  heap[place] = timer
}

function removeFirst(heap: Timer[]): void {
  const last = heap.pop()!
  if (heap.length === 0) return
  let place = 0
  for (let below = 1; below < heap.length; below = 2 * place + 1) {
    if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below += 1
    if (isBefore(last, heap[below]!)) break
    heap[place] = heap[below]!
    place = below
  }
  heap[place] = last
}

/** Everything that waits for nothing but itself has happened: the microtasks are done. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
