import { z } from 'zod'
import { builtInJudgeSchema } from '../analysis/built-in-judges.js'
import { jsonSchema } from '../vocabulary/canonical-json.js'
import { positiveDurationSchema } from '../vocabulary/duration.js'
import { nameSchema } from '../vocabulary/name.js'
import { approveSchema } from './step.js'
import { strategySchema } from './strategy.js'

const bindings = {
  deploy: nameSchema.describe('Binding of the deploy target.'),
  router: nameSchema.optional().describe('Binding of the traffic router. Without one, only all-at-once is possible.'),
  metrics: nameSchema.optional().describe('Binding of the metrics source that judges read.'),
}

const unitSchema = z.strictObject({
  ...bindings,
  dependsOn: z
    .array(nameSchema)
    .max(100)
    .default([])
    .describe('Units that must be live in a stage before this one starts there.'),
})

const customJudgeSchema = z.strictObject({
  use: z.literal('custom'),
  judge: nameSchema.describe('Binding of a judge of your own.'),
  metrics: z.array(nameSchema).min(1).max(100).describe('The metrics it wants at every look.'),
  settings: jsonSchema.default(null),
})

/** A judge and its settings. The rules are in the plan, so that they are reviewed, hashed and recorded with it. */
const judgeSettingsSchema = z.discriminatedUnion('use', [...builtInJudgeSchema.options, customJudgeSchema])

const gates = z.array(approveSchema).max(20).default([])

const stageSchema = z.strictObject({
  name: nameSchema,
  units: z.array(nameSchema).min(1).max(100).optional().describe('Which units this stage releases. Default: all.'),
  after: z
    .array(nameSchema)
    .max(100)
    .default([])
    .describe('Stages that must be promoted first. Stages without a tie run in parallel.'),
  bindings: z
    .strictObject(bindings)
    .partial()
    .default({})
    .describe("Where this stage is: takes the place of its units' own bindings. Say it when two stages release the same unit."),
  gates: z.strictObject({ before: gates, after: gates }).default({ before: [], after: [] }),
  strategy: strategySchema,
  onFailure: z
    .enum(['rollback', 'rollback-all', 'hold'])
    .default('rollback')
    .describe('What a failure here means: roll this stage back, roll every stage back, or wait for a human.'),
})

/** The time limits of everything that waits and is not a step of its own. */
const timeoutsSchema = z.strictObject({
  deploy: positiveDurationSchema.default('10m').describe('From the order until every instance is ready.'),
  shift: positiveDurationSchema.default('2m').describe('From the order until the router confirms the weight.'),
  promote: positiveDurationSchema.default('10m'),
  retire: positiveDurationSchema.default('10m'),
  hold: positiveDurationSchema.default('1h').describe('How long a held release waits for a human before it rolls back.'),
  pause: positiveDurationSchema.default('24h').describe('How long a paused release waits to be resumed before it rolls back.'),
  rollback: positiveDurationSchema.default('5m').describe('A rollback that takes longer is escalated; it never gives up.'),
})

/** The one source of truth for what a plan is. Output has every default written out. */
export const planSchema = z
  .strictObject({
    format: z.literal('taxiway/plan@1').default('taxiway/plan@1'),
    name: nameSchema,
    units: z.record(nameSchema, unitSchema).describe('The deployable things this plan releases, by name.'),
    metrics: z
      .record(nameSchema, jsonSchema)
      .default({})
      .describe("Queries by metric name, in the metrics source's own language."),
    judges: z.record(nameSchema, judgeSettingsSchema).default({}),
    stages: z.array(stageSchema).min(1).max(100),
    timeouts: timeoutsSchema.default(() => timeoutsSchema.parse({})),
  })
  .meta({ id: 'TaxiwayPlan', title: 'taxiway plan', description: 'What a release shall do, as data.' })

type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T

/** A plan as people write it: defaults may be left out. */
export type PlanInput = Frozen<z.input<typeof planSchema>>
/** A plan as it is run, hashed and journaled: every default written out. */
export type PlanTree = z.output<typeof planSchema>
export type Stage = PlanTree['stages'][number]
