import type { Hook, HookRequest } from '../../ports/hook.js'
import { outcomeSchema } from '../../vocabulary/verdict.js'
import { call, ensure, frozen, givenUp, type Law, lawsOf } from './law.js'

/** A hook to try, and what to call it with. */
export interface HookSubject {
  readonly hook: Hook
  readonly request: HookRequest
  /** How often it has taken effect: rows written, messages sent. */
  readonly effects?: () => number | Promise<number>
  /** The same hook, as the next process would have it. */
  readonly reopen?: () => Hook
}

const law = lawsOf<HookSubject>()

/** What every `Hook` obeys. */
export const hookLaws: readonly Law<HookSubject>[] = [
  law('HK1', 'it answers with an outcome and a sentence, and leaves its request as it is', [], async ({ hook, request }) => {
    const { outcome, says } = await hook(frozen(structuredClone(request)), call())
    ensure(outcomeSchema.safeParse(outcome).success, `the outcome is ${String(outcome)}`)
    ensure(typeof says === 'string' && says.trim() !== '', 'it does not say what came out')
  }),

  law('HK2', 'called again with the same key, it comes to the same outcome', [], async ({ hook, request }) => {
    const outcomes = [await hook(request, call()), await hook(request, call())].map(({ outcome }) => outcome)
    ensure(outcomes[0] === outcomes[1], `the outcomes were ${outcomes.join(' and ')}`)
  }),

  law('HK3', 'called again with the same key, it takes no second effect', ['effects'], async ({ hook, request, effects }) => {
    await hook(request, call())
    const once = await effects()
    await hook(request, call())
    ensure((await effects()) === once, `it took effect ${await effects()} times instead of ${once}`)
  }),

  law('HK4', 'called again after a crash, it takes no second effect', ['effects', 'reopen'], async (subject) => {
    const { hook, request, effects, reopen } = subject
    await hook(request, call())
    const once = await effects()
    await reopen()(request, call())
    ensure((await effects()) === once, `it took effect ${await effects()} times instead of ${once}`)
  }),

  law('HK5', 'a call that was given up before it began takes no effect', ['effects'], async ({ hook, request, effects }) => {
    const before = await effects()
    const isDone = await hook(request, givenUp()).then(
      () => true,
      () => false,
    )
    ensure(!isDone, 'it answered a call that was given up')
    ensure((await effects()) === before, 'it took effect')
  }),
]
