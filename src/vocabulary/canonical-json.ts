import { createHash } from 'node:crypto'
import { z } from 'zod'

/** Anything `JSON.parse` can return. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** Checks JSON. Its input type is open: a recursive one would cost every caller's compiler dearly, and say nothing more. */
export const jsonSchema = z.json() as unknown as z.ZodType<Json, unknown>

/** Deeper than any plan or event; a bound, so that a cycle or a bomb is an error and not a full stack. */
const deepest = 100

/**
 * JSON with sorted keys and no white space: equal values give equal bytes on every platform. Follows RFC 8785 (numbers and
 * strings as ECMAScript writes them, keys by UTF-16 code unit). Undefined members are left out, as `JSON.stringify` does.
 *
 * @throws TypeError for values JSON cannot hold: NaN, infinities, bigint, functions, symbols, cycles
 */
export function canonicalJson(value: unknown, depth = 0): string {
  if (depth > deepest) throw new TypeError(`nested deeper than ${deepest} levels, or cyclic`)
  if (typeof value === 'string') return quoted(value)
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value)
  if (typeof value !== 'object') throw new TypeError(`${String(value)} is not JSON`)
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null, depth + 1)).join(',')}]`
  let text = ''
  for (const key of sortedKeys(value)) {
    const item = value[key as keyof typeof value]
    if (item !== undefined) text += `${text === '' ? '' : ','}${quoted(key)}:${canonicalJson(item, depth + 1)}`
  }
  return `{${text}}`
}

/** Without quotes, backslashes, control characters and surrogates, which may have lost their other half: written as it is. */
const plain = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/

function quoted(text: string): string {
  return plain.test(text) ? `"${text}"` : JSON.stringify(text)
}

/** Most objects here are small, and many have their keys in order already. */
function sortedKeys(value: object): string[] {
  const keys = Object.keys(value)
  for (let i = 1; i < keys.length; i++) if (keys[i - 1]! > keys[i]!) return keys.sort()
  return keys
}

/** SHA-256 of the canonical JSON, as `sha256:` and 64 hex digits. */
export function jsonHash(value: unknown): string {
  return `sha256:${createHash('sha256').update(canonicalJson(value)).digest('hex')}`
}
