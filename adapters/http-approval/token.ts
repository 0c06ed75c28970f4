import { z } from 'zod'
import { actorSchema } from '../../src/vocabulary/actor.js'
import { canonicalJson } from '../../src/vocabulary/canonical-json.js'
import type { Signer } from './keys.js'

/** Everything a link is bound to (I19). Change any of it, and the signature is wrong. */
const claimsSchema = z.strictObject({
  /** The signal's id once the link is used, and so what makes it single-use. */
  id: z.string(),
  /** The base URL it was made for: another installation with the same keys does not take it. */
  for: z.string(),
  release: z.string(),
  gate: z.string(),
  planHash: z.string(),
  /** Hash of the artifacts, digests included. */
  artifacts: z.string(),
  decision: z.enum(['approve', 'reject']),
  actor: actorSchema,
  expiresAt: z.number(),
})
export type Claims = z.infer<typeof claimsSchema>

/** Signed with the text, so that no other signature of the same key can pass for a link's. */
const domain = 'taxiway approval link 1\n'

/** Claims and signature, each base64url, with a dot between. There is no header: what cannot be chosen cannot be confused. */
export async function sealToken(claims: Claims, { sign }: Signer): Promise<string> {
  const text = Buffer.from(canonicalJson(claims)).toString('base64url')
  return `${text}.${await sign(domain + text)}`
}

/** @returns undefined for everything that was not sealed with one of the keys; nothing of it has been parsed by then */
export async function openToken(token: string, { isGenuine }: Signer): Promise<Claims | undefined> {
  const dot = token.lastIndexOf('.')
  const [text, signature] = [token.slice(0, Math.max(dot, 0)), token.slice(dot + 1)]
  if (!(await isGenuine(domain + text, signature))) return undefined
  return claimsSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString()))
}
