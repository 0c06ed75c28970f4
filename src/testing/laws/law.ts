import type { CallOptions } from '../../ports/call-options.js'
import { ReleaseError } from '../../vocabulary/errors.js'

/** Makes what is tried, afresh for each law. Where it is `AsyncDisposable`, it is disposed of afterwards. */
export type Make<Subject> = () => Subject | Promise<Subject>

/** One thing that every adapter of a port obeys. Data, for any test runner; see `lawCases`. */
export interface Law<Subject> {
  /** Two letters for the port, and a number that no other law will ever get. */
  readonly id: string
  readonly says: string
  /** Members of the subject without which the law cannot be tried. */
  readonly requires: readonly (string & keyof Subject)[]
  /** @throws Error when the law is broken, or cannot be tried */
  readonly check: (make: Make<Subject>) => Promise<void>
}

/** How the laws of one port are written: those that need an optional member of the subject name it, and can count on it. */
export function lawsOf<Subject extends object>() {
  return <Need extends string & keyof Subject = never>(
    id: string,
    says: string,
    requires: readonly Need[],
    check: (subject: Subject & Required<Pick<Subject, Need>>) => Promise<void>,
  ): Law<Subject> => ({
    id,
    says,
    requires,
    async check(make) {
      const subject = await make()
      try {
        const absent = requires.filter((name) => !subject[name])
        ensure(
          absent.length === 0,
          `${id} cannot be tried: the subject has no ${absent.join(', ')}. Add it, or say why it lacks it.`,
        )
        await check(subject as Subject & Required<Pick<Subject, Need>>)
      } finally {
        await (subject as Partial<AsyncDisposable>)[Symbol.asyncDispose]?.()
      }
    },
  })
}

/** Options of a call by the process in charge. */
export const call = (changes: Partial<CallOptions> = {}): CallOptions => ({
  signal: new AbortController().signal,
  idempotencyKey: 'law',
  fencingToken: 1,
  ...changes,
})

/** Options of a call that was given up before it began. */
export const givenUp = (): CallOptions =>
  call({ signal: AbortSignal.abort(new ReleaseError('engine/stopped', 'Given up.')), idempotencyKey: 'given up' })

export async function isRefused(what: string, act: () => Promise<unknown>): Promise<ReleaseError> {
  const outcome = await act().then(
    () => 'nothing',
    (error: unknown) => error,
  )
  ensure(ReleaseError.is(outcome), `${what} should throw a ReleaseError, and threw ${String(outcome)}`)
  return outcome as ReleaseError
}

export async function isRefusedForGood(what: string, act: () => Promise<unknown>): Promise<void> {
  const { code } = await isRefused(what, act)
  ensure(code === 'adapter/rejected' || code === 'input/invalid', `${what} should be refused for good, and got ${code}`)
}

export function ensure(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise)
}

/** No adapter may change what it is given. */
export function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const member of Object.values(value)) frozen(member)
  return Object.freeze(value)
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** For messages. */
export const shown = (value: unknown): string => JSON.stringify(value) ?? 'nothing'
