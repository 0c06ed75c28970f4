import { z } from 'zod'
import { type StepInput, stepSchema } from './step.js'

const steps = z.array(stepSchema).max(200)

export const canarySchema = z.strictObject({
  type: z.literal('canary'),
  steps: steps
    .min(1)
    .describe('Rising shifts, each followed by something that can say no. The shift to 100 % is added when missing.'),
})

export const blueGreenSchema = z.strictObject({
  type: z.literal('blue-green'),
  before: steps.default([]).describe('While the new version runs without users.'),
  after: steps.default([]).describe('After the switch, while the old version still stands by for an instant way back.'),
})

export const allAtOnceSchema = z.strictObject({
  type: z.literal('all-at-once'),
  after: steps.default([]).describe('After everything was replaced.'),
})

/** How a unit gets from nobody to everybody. Each is only a named way to write steps. */
export const strategySchema = z.discriminatedUnion('type', [canarySchema, blueGreenSchema, allAtOnceSchema])
export type Strategy = z.infer<typeof strategySchema>

/** Raise the weight step by step. */
export function canary<const S extends readonly StepInput[]>(...list: S) {
  return { type: 'canary', steps: list } as const
}

/** Prepare a full second copy, switch all traffic in one call, keep the old copy for the way back. */
export function blueGreen<const B extends readonly StepInput[] = [], const A extends readonly StepInput[] = []>(options: {
  before?: B
  after?: A
}) {
  return { type: 'blue-green', ...options } as const
}

/** Replace everything in one go. The first release of a unit, or one where a mistake costs nothing. */
export function allAtOnce<const A extends readonly StepInput[] = []>(options: { after?: A } = {}) {
  return { type: 'all-at-once', ...options } as const
}
