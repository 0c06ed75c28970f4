import pRetry from 'p-retry'
import type { CallOptions } from '../ports/call-options.js'
import type { Clock } from '../ports/clock.js'
import { ReleaseError } from '../vocabulary/errors.js'

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
  readonly signal: AbortSignal
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
  return pRetry(() => callOnce(setting, call), {
    retries: policy.attempts - 1,
    // Waiting is ours, on our clock; p-retry's own would not pass in virtual time.
    minTimeout: 0,
    signal,
    shouldRetry: ({ error }) => isTemporary(error),
    onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
      if (retriesLeft === 0 || !isTemporary(error)) return
      const waitMs = Math.min(policy.firstWaitMs * 2 ** (attemptNumber - 1), policy.longestWaitMs)
      await wait(clock, waitMs * (0.5 + random() / 2), signal)
    },
  })
}

function isTemporary(error: unknown): boolean {
  return ReleaseError.is(error) && (error.code === 'adapter/unavailable' || error.code === 'adapter/unverified')
}

async function callOnce<T>(setting: AttemptSetting, call: (options: CallOptions) => Promise<T>): Promise<T> {
  const { clock, policy, fencingToken, idempotencyKey, timeoutMs = policy.callTimeoutMs } = setting
  const controller = new AbortController()
  const outer = () => controller.abort(setting.signal.reason)
  setting.signal.throwIfAborted()
  setting.signal.addEventListener('abort', outer)
  const cancel = clock.at(clock.now() + timeoutMs, () =>
    controller.abort(
      new ReleaseError('adapter/unavailable', `No answer within ${timeoutMs} ms; what became of the call is unknown.`),
    ),
  )
  try {
    const gaveUp = new Promise<never>((_, reject) => {
      controller.signal.addEventListener('abort', () => reject(controller.signal.reason))
    })
    const answer = call({ signal: controller.signal, fencingToken, idempotencyKey })
    return await Promise.race([
      answer,
      gaveUp.catch(async (reason) => {
        await Promise.race([answer.catch(() => {}), pass(clock, graceMs)])
        throw reason
      }),
    ])
  } catch (error) {
    throw asReleaseError(error)
  } finally {
    cancel()
    setting.signal.removeEventListener('abort', outer)
  }
}

/** How long an aborted call may take to end; then it is left behind. Milliseconds. */
const graceMs = 1_000

function pass(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.at(clock.now() + ms, resolve))
}

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
function wait(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      cancel()
      reject(signal.reason)
    }
    const cancel = clock.at(clock.now() + ms, () => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    })
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
