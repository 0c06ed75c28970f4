import { createHmac } from 'node:crypto'
import { z } from 'zod'
import { actorSchema } from '../../src/vocabulary/actor.js'
import { artifactSchema } from '../../src/vocabulary/artifact.js'
import { nameSchema } from '../../src/vocabulary/name.js'
import type { Secret } from '../../src/vocabulary/secret.js'
import { checkSecret, isSame } from './keys.js'

/** What another system (a chat bot, a portal) posts when it has asked its people itself. */
export const callbackSchema = z.strictObject({
  release: nameSchema,
  gate: z.string().min(1).max(300),
  /** As the question had them: an answer to an older question does not count. */
  planHash: z.string(),
  artifacts: z.record(nameSchema, artifactSchema),
  decision: z.enum(['approve', 'reject']),
  /** As the sender has authenticated them. */
  actor: actorSchema,
  reason: z.string().max(1_000),
})
export type Callback = z.infer<typeof callbackSchema>

/** Older and newer ones are refused, whatever they say. */
const windowMs = 5 * 60_000

/** A genuine callback, not yet parsed: nothing is read of a body whose sender is unknown. */
export interface Envelope {
  readonly id: string
  readonly body: Buffer
  /** From then on its timestamp refuses it. */
  readonly expiresAt: number
}

/**
 * Headers and signature of Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp` (seconds) and `webhook-signature`, where
 * `v1,` is followed by base64 of HMAC-SHA-256 over id, timestamp and the raw body, with dots between.
 *
 * @param secrets - each accepted; base64 after `whsec_`
 * @returns undefined for a wrong signature, and for a right one outside of the window. @throws ReleaseError `input/invalid`
 */
export function callbackOpener(secrets: readonly Secret[]) {
  return async (headers: Headers, body: Buffer, now: number): Promise<Envelope | undefined> => {
    const values = await Promise.all(secrets.map((secret) => secret.reveal()))
    const keys = values.map((value) => Buffer.from(value.replace(/^whsec_/, ''), 'base64'))
    for (const key of keys) checkSecret(key)
    const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(
      (name) => headers.get(name) ?? '',
    ) as [string, string, string]
    const expected = keys.map((key) => {
      const mac = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body)
      return `v1,${mac.digest('base64')}`
    })
    // Four suffice while keys change; a header sent twice is joined with a comma, and is none of these.
    const given = /^v1,[\w+/=]{1,100}(?: v1,[\w+/=]{1,100}){0,3}$/.test(signatures) ? signatures.split(' ') : ['']
    const isGenuine = given.flatMap((one) => expected.map((other) => isSame(other, one))).includes(true)
    const isOrdinary = /^[\w:-]{1,150}$/.test(id) && /^\d{1,12}$/.test(timestamp)
    const at = Number(timestamp) * 1_000
    if (!isGenuine || !isOrdinary || Math.abs(now - at) > windowMs) return undefined
    return { id: `callback:${id}`, body, expiresAt: at + windowMs }
  }
}
