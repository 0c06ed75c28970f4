/** What went wrong, for code to branch on. A new code is a minor release; a renamed one is major. */
export type ReleaseErrorCode =
  | 'plan/invalid' // the plan breaks a rule; the message names the path
  | 'plan/unbound' // the plan names an adapter that was not supplied
  | 'plan/incapable' // a supplied adapter cannot do what the plan asks of it
  | 'input/invalid' // an argument of a public function is outside its documented range
  | 'analysis/invalid' // a series or a setting of a judge cannot be used; the message names series and interval
  | 'release/unknown' // no release of that id in this journal
  | 'release/exists' // a release of that id is in this journal already
  | 'release/busy' // another release holds a unit of this plan
  | 'release/finished' // the release has reached its end; nothing can change it
  | 'signal/refused' // the signal does not fit the state of the release, or its sender may not send it
  | 'journal/corrupt' // a record breaks the chain or the schema; the message names it
  | 'journal/version' // written by a newer taxiway, or by an unknown format
  | 'journal/locked' // another process holds the journal
  | 'journal/conflict' // another writer appended first; this one must stop
  | 'journal/failed' // an append or a sync failed; nothing after it was acknowledged
  | 'adapter/unavailable' // the same call may succeed later: timeout, 429, 5xx
  | 'adapter/rejected' // the same call will fail again: 4xx, bad credentials
  | 'adapter/unverified' // the call returned, but what is in force could not be confirmed, or is not what was asked
  | 'engine/stopped' // the orchestrator was disposed while the call was waiting

const brand: unique symbol = Symbol.for('taxiway.ReleaseError') as never

/** Facts about an error that may be journaled: JSON scalars only, never a secret. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean>>

/** The one error class that leaves this library; anything else that escapes is a bug in it. */
export class ReleaseError extends Error {
  override readonly name = 'ReleaseError'

  constructor(
    readonly code: ReleaseErrorCode,
    message: string,
    readonly details: ErrorDetails = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
  }

  /** Holds across two copies of the package and across realms, where `instanceof` does not. */
  static is(value: unknown): value is ReleaseError {
    return typeof value === 'object' && value !== null && brand in value
  }

  get [brand](): true {
    return true
  }
}
