import type { Outcome, Reason } from '../vocabulary/verdict.js'

/** The part of a reason that takes long to work out. */
export interface Told {
  readonly says: string
  readonly numbers: Record<string, number>
}

/**
 * A reason whose words and numbers are worked out when they are first read: that takes several times as long as deciding
 * does, and a simulation reads outcomes alone. Nothing else tells it from a plain object: its members are its own, and are
 * listed, copied and written as JSON like any other. `tell` depends on nothing that can change, so that when is no matter.
 */
export class LazyReason implements Reason {
  // Declared only: fields are set before accessors could be, and the order of members is that of every other reason.
  declare readonly code: string
  declare readonly says: string
  declare readonly metric: string
  declare readonly outcome: Outcome
  declare readonly numbers: Record<string, number>
  readonly #tell: () => Told
  #told: Told | undefined

  // One descriptor for all of them: accessors written in an object literal give each object a shape of its own, at 2 µs apiece.
  static readonly #says = { enumerable: true, get: LazyReason.#getter('says') }
  static readonly #numbers = { enumerable: true, get: LazyReason.#getter('numbers') }

  constructor(code: string, metric: string, outcome: Outcome, tell: () => Told) {
    this.code = code
    Object.defineProperty(this, 'says', LazyReason.#says)
    this.metric = metric
    this.outcome = outcome
    Object.defineProperty(this, 'numbers', LazyReason.#numbers)
    this.#tell = tell
  }

  static #getter(member: keyof Told) {
    return function (this: LazyReason) {
      this.#told ??= this.#tell()
      return this.#told[member]
    }
  }
}
