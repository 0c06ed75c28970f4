/** Time as the engine knows it. Passed in, so that a day can pass in a millisecond. */
export interface Clock {
  /** Epoch milliseconds. Never goes back within one process life, whatever happens to the wall clock (I41). */
  now(): number
  /** Calls back once, at or after the instant. Any instant works: past, tomorrow, next year. @returns cancels */
  at(instant: number, call: () => void): () => void
}
