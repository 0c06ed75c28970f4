import type { Hook, HookRequest } from '../ports/hook.js'

type Answer = Awaited<ReturnType<Hook>>

/** A hook that takes effect once for each key. @param answer - what comes out; by default it passes */
export function fakeHook(
  answer: (request: HookRequest) => Answer | Promise<Answer> = () => ({ outcome: 'pass', says: 'It passes.' }),
): Hook & { readonly effects: readonly HookRequest[] } {
  const effects: HookRequest[] = []
  const answers = new Map<string, Promise<Answer>>()
  const hook: Hook = async (request, { signal, idempotencyKey }) => {
    signal.throwIfAborted()
    const given = answers.get(idempotencyKey)
    if (given) return given
    effects.push(request)
    const first = Promise.resolve(answer(request))
    answers.set(idempotencyKey, first)
    return first
  }
  return Object.assign(hook, { effects })
}
