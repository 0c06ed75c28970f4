import pRetry from 'p-retry'
import type { CallOptions } from '../ports/call-options.js'
import type { Clock } from '../ports/clock.js'
import { ReleaseError } from '../vocabulary/errors.js'
import type { RecallSignal } from './recall.js'

/** How calls through ports are repeated. All times in milliseconds. */
export interface RetryPolicy {
  /** Calls in all. */
  readonly attempts: number
  /** Before the second call; doubles each time, up to `longestWaitMs`. Each wait is drawn between half and the whole. */
  readonly firstWaitMs: number
  readonly longestWaitMs: number
  /** For one call; where the order has a time limit of its own, that counts. */
  readonly callTimeoutMs: number
}

export const defaultRetryPolicy: RetryPolicy = { attempts: 5, firstWaitMs: 200, longestWaitMs: 10_000, callTimeoutMs: 30_000 }

export interface AttemptSetting {
  readonly clock: Clock
  /** Uniform in [0, 1): jitter. */
  readonly random: () => number
  readonly policy: RetryPolicy
  readonly fencingToken: number
  /** Aborted when the order is no longer wanted. */
  readonly signal: RecallSignal
  readonly idempotencyKey: string
  readonly timeoutMs?: number
}

/**
 * Calls through a port until it succeeds, is refused for good, or has been tried often enough. Every call carries the same
 * key, and a deadline of its own. An adapter that ignores its signal is left behind: its late result changes nothing (I27).
 * @throws ReleaseError as the adapter threw it; anything else it threw becomes `adapter/unavailable`
 */
export async function attempt<T>(setting: AttemptSetting, call: (options: CallOptions) => Promise<T>): Promise<T> {
  const { clock, random, policy, signal } = setting
  let last: unknown
  try {
    // Nearly every call is answered at once, and a release makes thousands.
    return await callOnce(setting, call)
  } catch (error) {
    if (policy.attempts < 2 || !isTemporary(error)) throw error
    last = error
  }
  return pRetry(
    async (repeat) => {
      // Waiting is ours, on our clock; p-retry's own would not pass in virtual time.
      const waitMs = Math.min(policy.firstWaitMs * 2 ** (repeat - 1), policy.longestWaitMs)
      await wait(clock, Math.max(waitMs * (0.5 + random() / 2), retryAfterMs(last)), signal)
      return callOnce(setting, call).catch((error: unknown) => {
        last = error
        throw error
      })
    },
    { retries: policy.attempts - 2, minTimeout: 0, shouldRetry: ({ error }) => isTemporary(error) },
  )
}

/** What a product asks for when it is asked too often, within reason: it must not stop a rollback for an hour. Milliseconds. */
const longestRetryAfterMs = 60_000

function retryAfterMs(error: unknown): number {
  const seconds = ReleaseError.is(error) ? error.details.retryAfterSeconds : undefined
  return typeof seconds === 'number' && seconds > 0 ? Math.min(seconds * 1_000, longestRetryAfterMs) : 0
}

function isTemporary(error: unknown): boolean {
  return ReleaseError.is(error) && (error.code === 'adapter/unavailable' || error.code === 'adapter/unverified')
}

/** What a call is told. Its signal is made when it is asked for: to make one takes longer than many a call. */
class Told implements CallOptions {
  declare readonly signal: AbortSignal
  readonly idempotencyKey: string
  readonly fencingToken: number
  #controller: AbortController | undefined
  #end: { readonly reason: unknown } | undefined

  /**
   * One for all of them, and a member of each, so that it is copied like any other. A getter in an object literal would give
   * each object a shape of its own, and that keeps alive all that the call has touched until the next full collection.
   */
  static readonly #signal = {
    enumerable: true,
    get(this: Told): AbortSignal {
      this.#controller ??= new AbortController()
      if (this.#end) this.#controller.abort(this.#end.reason)
      return this.#controller.signal
    },
  }

  constructor({ idempotencyKey, fencingToken }: AttemptSetting) {
    this.idempotencyKey = idempotencyKey
    this.fencingToken = fencingToken
    Object.defineProperty(this, 'signal', Told.#signal)
  }

  /** @returns false where it was recalled before */
  recall(reason: unknown): boolean {
    if (this.#end) return false
    this.#end = { reason }
    this.#controller?.abort(reason)
    return true
  }
}

function callOnce<T>(setting: AttemptSetting, call: (options: CallOptions) => Promise<T>): Promise<T> {
  const { clock, policy, signal, timeoutMs = policy.callTimeoutMs } = setting
  return new Promise<T>((resolve, reject) => {
    signal.throwIfAborted()
    const options = new Told(setting)
    const abort = (reason: unknown) => {
      if (!options.recall(reason)) return
      cancel()
      // Whatever the call comes to within the grace is believed; then it is left behind.
      cancel = clock.at(clock.now() + graceMs, () => fail(reason))
    }
    const outer = () => abort(signal.reason)
    let cancel = clock.at(clock.now() + timeoutMs, () =>
      abort(new ReleaseError('adapter/unavailable', `No answer within ${timeoutMs} ms; what became of the call is unknown.`)),
    )
    signal.addEventListener('abort', outer)
    const settle = () => {
      cancel()
      signal.removeEventListener('abort', outer)
    }
    const fail = (error: unknown) => {
      settle()
      reject(asReleaseError(error))
    }
    try {
      Promise.resolve(call(options)).then((answer) => {
        settle()
        resolve(answer)
      }, fail)
    } catch (error) {
      fail(error)
    }
  })
}

/** How long an aborted call may take to end; then it is left behind. Milliseconds. */
const graceMs = 1_000

/** Longest text of an error that is kept; some carry whole documents. */
export const longestText = 1_000

/** Any thrown thing as a ReleaseError; what no adapter has classified may pass (F17). */
export function asReleaseError(error: unknown): ReleaseError {
  let says: string
  try {
    if (ReleaseError.is(error)) return error
    says = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  } catch {
    says = 'an error that cannot be shown'
  }
  return new ReleaseError('adapter/unavailable', says.slice(0, longestText), {}, { cause: error })
}

/** Resolves once so much time has passed, or rejects with the signal's reason. */
function wait(clock: Clock, ms: number, signal: RecallSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const onAbort = () => {
      signal.removeEventListener('abort', onAbort)
      cancel()
      reject(signal.reason)
    }
    const cancel = clock.at(clock.now() + ms, () => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    })
    signal.addEventListener('abort', onAbort)
  })
}
