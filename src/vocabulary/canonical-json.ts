import { createHash } from 'node:crypto'
import { z } from 'zod'

/** Anything `JSON.parse` can return. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** Checks JSON. Its input type is open: a recursive one would cost every caller's compiler dearly, and say nothing more. */
export const jsonSchema = z.json() as unknown as z.ZodType<Json, unknown>

/** Deeper than any plan or event; a bound, so that a cycle or a bomb is an error and not a full stack. */
const deepest = 100

/** Checks the same, and neither copies it nor is recursive itself: compiled schemas may hold it. */
export const uncopiedJsonSchema = z.unknown().refine((value) => isJson(value)) as unknown as z.ZodType<Json, unknown>

function isJson(value: unknown, depth = 0): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || depth > deepest) return false
  if (!Array.isArray(value) && !isPlain(value)) return false
  for (const item of Array.isArray(value) ? value : Object.values(value)) if (!isJson(item, depth + 1)) return false
  return true
}

/** Nothing but its members, whichever realm it comes from. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/**
 * JSON with sorted keys and no white space: equal values give equal bytes on every platform. Follows RFC 8785 (numbers and
 * strings as ECMAScript writes them, keys by UTF-16 code unit). Undefined members are left out, as `JSON.stringify` does.
 *
 * @throws TypeError for values JSON cannot hold: NaN, infinities, bigint, functions, symbols, cycles
 */
export function canonicalJson(value: unknown): string {
  return isInOrder(value, 0) ? JSON.stringify(value) : inOrder(value, 0)
}

/** Whether `JSON.stringify` would write just that: to ask costs a tenth of sorting, and records are made with their keys in order. */
function isInOrder(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return isScalar(value)
  if (depth === deepest) return false
  if (Array.isArray(value)) return value.every((item) => item === undefined || isInOrder(item, depth + 1))
  // Of another kind of object it may write something else than its members.
  if (Object.getPrototypeOf(value) !== Object.prototype) return false
  let last = ''
  for (const key in value) {
    const item = value[key as keyof typeof value] as unknown
    if (key < last || !(item === undefined || isInOrder(item, depth + 1))) return false
    last = key
  }
  return true
}

function inOrder(value: unknown, depth: number): string {
  if (isScalar(value)) return JSON.stringify(value)
  if (typeof value !== 'object' || value === null) throw new TypeError(`${String(value)} is not JSON`)
  if (depth === deepest) throw new TypeError(`nested deeper than ${deepest} levels, or cyclic`)
  // `map` would leave the holes of a list out.
  if (Array.isArray(value)) return `[${Array.from(value, (item) => inOrder(item ?? null, depth + 1)).join(',')}]`
  let text = ''
  for (const key of Object.keys(value).sort()) {
    const item = value[key as keyof typeof value]
    if (item !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${inOrder(item, depth + 1)}`
  }
  return `{${text}}`
}

function isScalar(value: unknown): boolean {
  return typeof value === 'number'
    ? Number.isFinite(value)
    : typeof value === 'string' || typeof value === 'boolean' || value === null
}

/** SHA-256 of the canonical JSON, as `sha256:` and 64 hex digits. */
export function jsonHash(value: unknown): string {
  return `sha256:${createHash('sha256').update(canonicalJson(value)).digest('hex')}`
}
