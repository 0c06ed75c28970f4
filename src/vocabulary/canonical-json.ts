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
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value)
  if (typeof value !== 'object') throw new TypeError(`${String(value)} is not JSON`)
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null, depth + 1)).join(',')}]`
  const members = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item, depth + 1)}`).join(',')}}`
}

/** SHA-256 of the canonical JSON, as `sha256:` and 64 hex digits. */
export function jsonHash(value: unknown): string {
  return `sha256:${createHash('sha256').update(canonicalJson(value)).digest('hex')}`
}
