import type { Clock } from '../ports/clock.js'

/** Time that passes when it is told to. */
export interface VirtualClock extends Clock {
  /** Lets so much time pass, timer by timer; everything each timer leads to happens before the next. @param ms - 0 lets the present finish */
  advance(ms: number): Promise<void>
  /** Lets time pass, timer by timer, until `isDone` says so. @throws Error when no timer is left before that */
  runUntil(isDone: () => boolean): Promise<void>
}

/** @param startAt - epoch milliseconds */
export function virtualClock(startAt = Date.UTC(2030, 0, 1)): VirtualClock {
  let now = startAt
  let order = 0
  const timers = new Map<object, { readonly instant: number; readonly order: number; readonly call: () => void }>()

  function next() {
    const [first] = [...timers].sort(([, a], [, b]) => a.instant - b.instant || a.order - b.order)
    return first
  }

  async function fire([token, { instant, call }]: NonNullable<ReturnType<typeof next>>) {
    timers.delete(token)
    now = Math.max(now, instant)
    call()
    await settled()
  }

  return {
    now: () => now,
    at(instant, call) {
      const token = {}
      timers.set(token, { instant, order: order++, call })
      return () => timers.delete(token)
    },
    async advance(ms) {
      const end = now + ms
      await settled()
      for (let timer = next(); timer && timer[1].instant <= end; timer = next()) await fire(timer)
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

/** Everything that waits for nothing but itself has happened: the microtasks are done. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
