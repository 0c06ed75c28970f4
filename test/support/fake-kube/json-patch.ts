import { isDeepStrictEqual } from 'node:util'
import type { Json } from './fields.js'

export interface Operation {
  readonly op: 'test' | 'add' | 'remove'
  readonly path: string
  readonly value?: unknown
}

/** @returns what becomes of the document; `undefined` for a test that fails and for a pointer that leads nowhere */
export function patched(document: Json, operations: readonly Operation[]): Json | undefined {
  const result = structuredClone(document)
  for (const { op, path, value } of operations) {
    const steps = path
      .split('/')
      .slice(1)
      .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    const parent = steps.slice(0, -1).reduce<unknown>((place, step) => (place as Json | undefined)?.[step], result) as
      | Json
      | undefined
    const last = steps.at(-1)!
    if (parent === undefined) return undefined
    if (op === 'test' && !isDeepStrictEqual(parent[last], value)) return undefined
    if (op === 'remove' && !(last in parent)) return undefined
    if (Array.isArray(parent) && op !== 'test') {
      // Into and out of a list: what follows moves.
      const index = Number(last)
      if (!(index <= parent.length)) return undefined
      parent.splice(index, op === 'remove' ? 1 : 0, ...(op === 'add' ? [value] : []))
    } else if (op === 'add') parent[last] = value
    else if (op === 'remove') delete parent[last]
  }
  return result
}
