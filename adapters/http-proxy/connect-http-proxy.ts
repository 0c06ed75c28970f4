import { z } from 'zod'
import { ReleaseError, type ReleaseErrorCode } from '../../src/vocabulary/errors.js'
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
 * @param url - of the control port, such as `http://127.0.0.1:9400`
 */
export function connectHttpProxy(config: { url: string; token: string; fetch?: typeof globalThis.fetch }): MirroringRouter {
  const { url, token, fetch = globalThis.fetch } = config

  async function send(call: RouterCall, signal: AbortSignal) {
    const answer = await fetch(new URL('/router', url), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(call),
      signal,
    }).then(
      async (response) => ({ status: response.status, body: await response.json().catch(() => undefined) }),
      (cause) => {
        signal.throwIfAborted()
        throw new ReleaseError(
          'adapter/unavailable',
          `The proxy at ${url} does not answer. See whether it runs.`,
          { url },
          { cause },
        )
      },
    )
    signal.throwIfAborted()
    const { status, body } = answer
    const done = answerSchema.safeParse(body)
    if (status === 200 && done.success) return done.data.result
    const refusal = refusalSchema.safeParse(body)
    if (refusal.success) throw new ReleaseError(refusal.data.code, refusal.data.message, refusal.data.details)
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
