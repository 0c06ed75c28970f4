import { z } from 'zod'
import { ReleaseError, type ReleaseErrorCode } from '../../src/vocabulary/errors.js'
import { type Secret, withoutSecrets } from '../../src/vocabulary/secret.js'
import type { RouterCall } from './control.js'
import type { MirroringRouter } from './router.js'

const answerSchema = z.object({ result: z.union([z.number(), z.literal('unknown')]).optional() })
const refusalSchema = z.object({
  code: z.string().transform((code) => code as ReleaseErrorCode),
  message: z.string(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
})

/**
 * Drives a proxy in another process through its control port, so that traffic flows on while this process is away.
 *
 * @param config - `url` is that of the control port, such as `http://127.0.0.1:9400`
 * @throws ReleaseError `input/invalid` for a URL that is none, or that holds a user or a password: errors name it
 */
export function connectHttpProxy(config: { url: string; token: Secret; fetch?: typeof globalThis.fetch }): MirroringRouter {
  const { url, token, fetch = globalThis.fetch } = config
  const base = URL.parse(url)
  if (!base || !/^https?:$/.test(base.protocol) || base.username || base.password)
    throw new ReleaseError('input/invalid', 'The URL of the control port is not an http or https URL without user and password.')

  async function send(call: RouterCall, signal: AbortSignal) {
    const credential = await token.reveal()
    const answer = await fetch(new URL('/router', url), {
      method: 'POST',
      headers: { authorization: `Bearer ${credential}`, 'content-type': 'application/json' },
      body: JSON.stringify(call),
      signal,
    }).then(
      async (response) => ({ status: response.status, body: await response.json().catch(() => undefined) }),
      () => {
        signal.throwIfAborted()
        // Without a cause: messages of a network stack may quote what was sent, and so the token.
        throw new ReleaseError('adapter/unavailable', `The proxy at ${url} does not answer. See whether it runs.`, { url })
      },
    )
    signal.throwIfAborted()
    const { status, body } = answer
    const done = answerSchema.safeParse(body)
    if (status === 200 && done.success) return done.data.result
    const refusal = refusalSchema.safeParse(body)
    if (refusal.success) {
      const { code, message, details } = refusal.data
      throw new ReleaseError(code, withoutSecrets(message, [credential]), details)
    }
    const says = `The proxy at ${url} answered ${status} to ${call.call}.`
    if (status === 401) throw new ReleaseError('adapter/rejected', `${says} Give the token it was started with.`, { url, status })
    if (status >= 500) throw new ReleaseError('adapter/unavailable', `${says} See its log.`, { url, status })
    throw new ReleaseError('adapter/rejected', `${says} See whether a proxy of this version listens there.`, { url, status })
  }

  return {
    capabilities: { mirror: true, smallestStepPercent: 0.01 },
    async setWeight(route, percent, { signal, ...options }) {
      await send({ call: 'setWeight', route, percent, ...options }, signal)
    },
    async setMirror(route, percent, { signal, ...options }) {
      await send({ call: 'setMirror', route, percent, ...options }, signal)
    },
    async getWeight(route, { signal, ...options }) {
      return (await send({ call: 'getWeight', route, ...options }, signal)) ?? 'unknown'
    },
    async settle(route, { signal, ...options }) {
      await send({ call: 'settle', route, ...options }, signal)
    },
  }
}
