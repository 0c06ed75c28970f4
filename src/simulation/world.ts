import { z } from 'zod'
import { everyFault } from '../testing/faults.js'
import { durationSchema, positiveDurationSchema } from '../vocabulary/duration.js'
import { nameSchema } from '../vocabulary/name.js'
import { outcomeSchema } from '../vocabulary/verdict.js'
import { weightSchema } from '../vocabulary/weight.js'

const atLeastZero = z.number().min(0)
const chance = z.number().min(0).max(1)

export const change = {
  times: atLeastZero.default(1).describe('The level becomes so many times as high…'),
  plus: z.number().default(0).describe('…and this much higher, in its own unit.'),
}

/** What moves the level of a metric away from its usual one. Each works at full strength, at a part of it, or not at all. */
export const effectsSchema = z.strictObject({
  warmUp: z
    .strictObject({ for: positiveDurationSchema, ...change })
    .optional()
    .describe('Full when the version starts, fading evenly to nothing.'),
  leak: z
    .strictObject({ after: durationSchema.default('0s'), per: positiveDurationSchema, ...change })
    .optional()
    .describe('Nothing until the version is so old, then growing without end: full after `per`, twofold after twice that.'),
  saturation: z
    .strictObject({ above: z.number().positive(), ...change })
    .optional()
    .describe('Nothing up to this load in requests per second, growing evenly: full at twice the load, twofold at three times.'),
  exposure: z
    .strictObject({ above: weightSchema, ...change })
    .optional()
    .describe("Full while the canary's weight is above this, otherwise nothing."),
  incident: z
    .strictObject({ from: durationSchema, for: positiveDurationSchema, ...change })
    .optional()
    .describe('Full between these instants, counted from the start of the simulation.'),
})
export type Effects = z.infer<typeof effectsSchema>
const effects = effectsSchema.shape

const defaultBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const lognormal = {
  median: z.number().positive().describe('In the unit of the bounds.'),
  spread: z.number().positive().max(5).default(0.5).describe('Standard deviation of the logarithm.'),
}

/** How one metric of one version behaves. Its level is the number that effects change. */
const behaviourSchema = z.discriminatedUnion('kind', [
  /** Level: the fraction of requests that fail. Measured as counts. */
  z.strictObject({ kind: z.literal('ratio'), bad: chance, ...effects }),
  /** Level: the median; the slow part moves with it. Measured as a histogram. */
  z.strictObject({
    kind: z.literal('latency'),
    ...lognormal,
    slow: z
      .strictObject({ share: chance, ...lognormal })
      .optional()
      .describe('A second hump: this share of requests.'),
    bounds: z
      .array(z.number().positive())
      .min(1)
      .max(100)
      .refine((bounds) => bounds.every((bound, i) => bound > (bounds[i - 1] ?? 0)), { error: 'must rise.' })
      .default(defaultBounds)
      .describe('Upper bounds of the buckets; one more takes everything above.'),
    ...effects,
  }),
  /** Level: events per second. Measured as events in so many seconds. */
  z.strictObject({ kind: z.literal('events'), perSecond: atLeastZero, ...effects }),
  /** Level: the mean over the instances. Measured as one value for each. */
  z.strictObject({
    kind: z.literal('gauge'),
    value: z.number(),
    noise: atLeastZero.default(0).describe('Standard deviation from instance to instance and look to look.'),
    instances: z.int().min(1).max(100).default(1),
    ...effects,
  }),
])
export type Behaviour = z.infer<typeof behaviourSchema>

const version = z.record(nameSchema, behaviourSchema)

const trafficSchema = z.strictObject({
  perSecond: atLeastZero.default(100).describe('Requests to the unit, both versions together, on average over a day.'),
  swing: chance.default(0).describe('How far the daily wave goes up and down, as a fraction of the average.'),
  peakAt: durationSchema.default('14h').describe('When the wave is highest, counted from midnight UTC.'),
})
export type TrafficShape = z.infer<typeof trafficSchema>

const placeSchema = z
  .strictObject({
    stage: nameSchema.optional(),
    unit: nameSchema.optional(),
    traffic: trafficSchema.optional().describe("Takes the place of the world's."),
    stable: version.default({}).describe("Takes the place of the world's, metric by metric."),
    canary: version.default({}),
  })
  .describe('What is different in one stage (a region, a tenant), for one unit, or for one unit in one stage.')

const pipelineSchema = z.strictObject({
  temporality: z
    .enum(['interval', 'cumulative'])
    .default('interval')
    .describe('Whether the source answers for any interval, or only tells where counters stand.'),
  delay: durationSchema.default('0s').describe('What happened this recently is not there yet.'),
  scrape: durationSchema.default('0s').describe('Counters are read at multiples of this.'),
  gaps: chance.default(0).describe('How often a reading is missing.'),
  nan: chance.default(0).describe('How often a reading is not a number.'),
  resets: positiveDurationSchema.optional().describe('Counters begin at zero again so often. Only of cumulative sources.'),
  outages: z
    .array(z.strictObject({ from: durationSchema, for: positiveDurationSchema }))
    .max(100)
    .default([])
    .describe('The source does not answer, counted from the start of the simulation.'),
})
export type Pipeline = z.infer<typeof pipelineSchema>

const who = {
  who: z.string().trim().min(1).max(200).default('somebody@example.com'),
  roles: z.array(z.string().min(1).max(100)).max(50).default([]),
  after: durationSchema.default('0s').describe('How long this takes.'),
  reason: z.string().max(1_000).default('as described'),
}
const personSchema = z.discriminatedUnion('when', [
  /** Somebody who is asked at a gate. Without one, at every gate. */
  z.strictObject({ ...who, when: z.literal('asked'), gate: z.string().max(300).optional(), does: z.enum(['approve', 'reject']) }),
  /** Somebody who looks after what is held. */
  z.strictObject({ ...who, when: z.literal('held'), does: z.enum(['promote', 'retry', 'skip', 'abort']) }),
  /** Somebody who comes by, counted from the start of the release. */
  z.strictObject({ ...who, when: z.literal('started'), does: z.enum(['pause', 'resume', 'promote', 'abort']) }),
])
export type Person = z.infer<typeof personSchema>

const faultSchema = z.strictObject({
  port: z.enum(['deploy', 'router', 'metrics', 'approver', 'hook']),
  binding: nameSchema.optional().describe('Default: whatever the plan binds for this port.'),
  method: z.string().max(100).optional().describe('Such as `setWeight`. Default: every method.'),
  fault: z
    .enum([...everyFault, 'rejected'])
    .describe('As the fault injector has them; `rejected` is refused for good, whoever asks again.'),
  from: durationSchema.default('0s').describe('Counted from the start of the simulation.'),
  calls: z.int().min(1).default(1).describe('So many calls fail.'),
})

const takes = durationSchema.default('0s')

/**
 * A pretended world, described and not programmed, so that it can be printed, stored, and sent to another thread. The stable
 * version says how each metric behaves; of the canary, only what is different is said: `canary: {}` is a version as good as the
 * one before.
 */
export const worldSchema = z.strictObject({
  startsAt: z.iso.datetime().default('2030-01-01T09:00:00Z').describe('When the simulation begins.'),
  traffic: trafficSchema.prefault({}),
  stable: version.default({}).describe('Behaviour of what is live, by metric of the plan.'),
  canary: version.default({}).describe('Metrics that behave differently in the new version.'),
  isFirst: z.boolean().default(false).describe('Nothing was live before.'),
  failures: nameSchema.optional().describe('The ratio that counts failed requests of users. Default: the first one described.'),
  places: z.array(placeSchema).max(1_000).default([]).describe('Later ones win.'),
  pipeline: pipelineSchema.prefault({}),
  hooks: z
    .record(
      nameSchema,
      z.strictObject({ outcome: outcomeSchema.default('pass'), takes, says: z.string().max(1_000).default('done') }),
    )
    .default({})
    .describe('What hooks answer, by binding. Default: they pass at once.'),
  people: z.array(personSchema).max(1_000).default([]).describe('Nobody else answers anything.'),
  faults: z.array(faultSchema).max(1_000).default([]),
  takes: z
    .strictObject({ deploy: takes, shift: takes, promote: takes, retire: takes })
    .prefault({})
    .describe('How long products need for what they are told to do.'),
})

type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T
/** A world as people describe it: defaults may be left out. */
export type WorldInput = Frozen<z.input<typeof worldSchema>>
/** A world with every default written out. */
export type World = z.output<typeof worldSchema>
