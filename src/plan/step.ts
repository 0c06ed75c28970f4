import { z } from 'zod'
import { type Json, jsonSchema } from '../vocabulary/canonical-json.js'
import { durationSchema, positiveDurationSchema } from '../vocabulary/duration.js'
import { nameSchema } from '../vocabulary/name.js'
import { weightSchema } from '../vocabulary/weight.js'

const named = {
  name: nameSchema.optional().describe('Names the step in status, approvals and signals. Default: kind and position.'),
}
const input = jsonSchema.default(null).describe('Handed to the hook as it is. No secrets: the plan is journaled.')

export const shiftSchema = z.strictObject({
  ...named,
  type: z.literal('shift'),
  weight: weightSchema.refine((percent) => percent > 0, { error: 'must be above 0. Only a rollback lowers the weight.' }),
})

export const bakeSchema = z.strictObject({
  ...named,
  type: z.literal('bake'),
  for: positiveDurationSchema.describe('How long the weight stays before the next step may start.'),
  every: positiveDurationSchema.default('30s').describe('Time between two looks of the judge.'),
  judge: nameSchema.optional().describe('Watches all the time: a fail rolls back at once, only a pass at the end goes on.'),
  patience: durationSchema.default('0s').describe('How much longer to look when the judge is still undecided at the end.'),
})

export const judgeSchema = z.strictObject({
  ...named,
  type: z.literal('judge'),
  judge: nameSchema,
  every: positiveDurationSchema.default('30s'),
  within: positiveDurationSchema.default('10m').describe('Looks until the first pass or fail, and holds after this long.'),
})

export const approveSchema = z.strictObject({
  ...named,
  type: z.literal('approve'),
  approver: nameSchema
    .optional()
    .describe('Binding that carries the question to people. Without one, approvals come as signals only.'),
  quorum: z.int().min(1).max(20).default(1).describe('How many different people must approve.'),
  roles: z.array(z.string().min(1).max(100)).max(50).default([]).describe('Any of these roles may answer; empty: anyone.'),
  byAuthor: z.boolean().default(false).describe("Whether the release's own author counts."),
  timeout: positiveDurationSchema.default('24h').describe('An approval that has not come by then counts as none, and holds.'),
})

export const verifySchema = z.strictObject({
  ...named,
  type: z.literal('verify'),
  hook: nameSchema,
  input,
  timeout: positiveDurationSchema.default('10m'),
})

export const runSchema = z.strictObject({
  ...named,
  type: z.literal('run'),
  hook: nameSchema,
  input,
  timeout: positiveDurationSchema.default('1h'),
  undo: nameSchema.optional().describe('Hook that takes it back during a rollback, after traffic is back on stable.'),
  irreversible: z.boolean().default(false).describe('Once it has run, a failure holds for a human instead of rolling back.'),
})

/** One action in a stage. What it fills in by default is written into the plan, so that a plan says all it means. */
export const stepSchema = z.discriminatedUnion('type', [
  shiftSchema,
  bakeSchema,
  judgeSchema,
  approveSchema,
  verifySchema,
  runSchema,
])
export type Step = z.infer<typeof stepSchema>
export type StepInput = z.input<typeof stepSchema>

/** What a step is called in status, keys and signals: its name, or its kind and position in the list (from 1). */
export function stepId(step: Pick<Step, 'name' | 'type'>, index: number): string {
  return step.name ?? `${step.type}-${index + 1}`
}

/** Send this share of traffic to the canary. @param weight - percent, above 0, at most 100 */
export function shift(weight: number, options: { readonly name?: string } = {}) {
  return { type: 'shift', weight, ...options } as const
}

/** Stay at this weight for a while, with a judge watching. */
export function bake(duration: string, options: Omit<z.input<typeof bakeSchema>, 'type' | 'for'> = {}) {
  return { type: 'bake', for: duration, ...options } as const
}

/** Look until a judge passes or fails. */
export function judge(name: string, options: Omit<z.input<typeof judgeSchema>, 'type' | 'judge'> = {}) {
  return { type: 'judge', judge: name, ...options } as const
}

/** Wait for people. */
export function approve<const O extends Omit<z.input<typeof approveSchema>, 'type'>>(options: O) {
  return { type: 'approve', ...options } as const
}

/** Run a check of your own; only its `pass` goes on. */
export function verify<const H extends string>(hook: H, options: { name?: string; input?: Json; timeout?: string } = {}) {
  return { type: 'verify', hook, ...options } as const
}

/** Run a migration, a backfill or a script of your own. */
export function run<const H extends string, const U extends string = never>(
  hook: H,
  options: { name?: string; input?: Json; timeout?: string; undo?: U; irreversible?: boolean } = {},
) {
  return { type: 'run', hook, ...options } as const
}
