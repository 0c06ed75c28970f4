import type { Clock } from '../ports/clock.js'

/** Longest delay Node's timers hold; a longer one would fire at once. */
const longestDelayMs = 2 ** 31 - 1

/** The machine's clock, made monotonic: the wall clock is read once, and only a steady counter moves it on (I41). */
export function systemClock(): Clock {
  const origin = Date.now() - performance.now()
  // Whole milliseconds: journals and plans know nothing finer.
  const now = () => Math.floor(origin + performance.now())
  return {
    now,
    at(instant, call) {
      let timer: NodeJS.Timeout
      const arm = () => {
        const waitMs = instant - now()
        // Native timers may fire a millisecond early, and cannot wait longer than 24 days: look again.
        if (waitMs <= 0) timer = setTimeout(call, 0)
        else timer = setTimeout(arm, Math.min(Math.ceil(waitMs), longestDelayMs))
      }
      arm()
      return () => clearTimeout(timer)
    },
  }
}
