import { z } from 'zod'
import { planSchema } from './plan-schema.js'

/** JSON Schema (draft 2020-12) of a plan as people write it, for editors and for checks outside TypeScript. */
export function planJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(planSchema, { target: 'draft-2020-12', io: 'input' })
}
