import { z } from 'zod'
import { nameSchema } from '../../vocabulary/name.js'

const harm = z.enum(['up', 'down']).default('up').describe('In which direction the metric gets worse.')
const weight = z.number().positive().max(1_000).default(1).describe('Its part of alpha, relative to the other guardrails.')
const common = z
  .boolean()
  .default(false)
  .describe('More than about 5 % of requests have the property, such as cache misses. Decides sooner then.')
const dispersion = z
  .union([z.literal('adaptive'), z.number().min(1).max(1_000)])
  .default('adaptive')
  .describe(
    'How much more bad events scatter than independent ones: measured as it goes, or known from a comparison of stable with stable.',
  )
const unit = z.string().max(20).default('').describe('Unit of the values, for people, such as "ms".')
const share = z.number().gt(0).lt(1)

const tolerated = (schema: z.ZodNumber) => schema.describe('Up to this, relative to control, the canary is tolerated.')
const rateMargin = (relative: number, absolute: number) =>
  z.strictObject({
    relative: tolerated(z.number().min(1).max(20)).default(relative),
    absolute: z
      .number()
      .min(0)
      .default(absolute)
      .describe('And this much more: a fraction of requests, or events per unit of exposure.'),
  })
const latencyMargin = (slowdown: number, odds: number) =>
  z.strictObject({
    slowdown: tolerated(z.number().min(1).max(20)).default(slowdown),
    odds: z
      .number()
      .min(1)
      .max(100)
      .default(odds)
      .describe('For histograms, whose values cannot be scaled: odds of exceeding a bound, as a multiple of those of control.'),
  })
/** Either a multiple of control, for values above zero, or an amount in the unit of the values. */
const gaugeMargin = z.union([
  z.strictObject({ relative: tolerated(z.number().min(1).max(20)) }),
  z.strictObject({ absolute: z.number().min(0) }),
])
export type GaugeMargin = { readonly relative: number } | { readonly absolute: number }

/** How much better "improved" is: below 1 asks for more than a difference. */
const gain = z.number().positive().max(1).default(1)

const levels = z.array(share).min(1).max(5).default([0.5, 0.9, 0.95, 0.99, 0.999]).describe('Quantile levels to compare.')
const highest = share.default(0.99).describe('Highest of the levels that promotion waits for: the rarer, the longer it takes.')

const deadlineSchema = z.strictObject({
  looks: z.int().min(2).max(40).describe('Looks in the whole bake. Only where looks and weights follow a timetable.'),
  baseline: share.describe('Rate that control usually has, for turning the absolute margin into a relative one.'),
})

const ratioGuardrail = z
  .strictObject({
    kind: z.literal('ratio'),
    harm,
    common,
    dispersion,
    weight,
    tolerate: rateMargin(1.1, 1e-4).prefault({}),
    promote: rateMargin(1.5, 5e-4).prefault({}),
    deadline: deadlineSchema.optional().describe('Decides sooner, when failures are independent and the end is declared.'),
  })
  .refine(({ deadline, dispersion }) => deadline === undefined || dispersion === 1, {
    error: 'has a deadline, which counts on independent failures. Set dispersion to 1 where that is so, or drop the deadline.',
  })

const eventsGuardrail = z.strictObject({
  kind: z.literal('events'),
  harm,
  dispersion,
  weight,
  tolerate: rateMargin(1.1, 0).prefault({}),
  promote: z.strictObject({
    relative: tolerated(z.number().min(1).max(20)).default(1.5),
    absolute: z
      .number()
      .positive()
      .describe('And this many more events per unit of exposure. Without it, nothing can be said where control has none.'),
  }),
})

const latencyGuardrail = z
  .strictObject({
    kind: z.literal('latency'),
    unit,
    levels,
    highest,
    weight,
    tolerate: latencyMargin(1.1, 1.25).prefault({}),
    promote: latencyMargin(1.25, 2).prefault({}),
  })
  .refine(({ levels, highest }) => levels.some((level) => level <= highest), {
    error: 'has no level up to highest, and would be promoted without any evidence. Raise highest, or add a level.',
  })

const block = z.int().min(1).max(100).default(1).describe('Looks to average before they count as independent.')
const gaugeGuardrail = z.strictObject({
  kind: z.literal('gauge'),
  unit,
  harm,
  block,
  weight,
  tolerate: gaugeMargin.default({ relative: 1.1 }),
  promote: gaugeMargin.default({ relative: 1.25 }),
})

const guardrailSchema = z
  .discriminatedUnion('kind', [ratioGuardrail, latencyGuardrail, eventsGuardrail, gaugeGuardrail])
  .refine(({ tolerate, promote }) => isWider(tolerate, promote), {
    error:
      'must promote up to more than it tolerates: promote has to be at least tolerate everywhere, and above it somewhere, in the same terms.',
  })
export type Guardrail = z.infer<typeof guardrailSchema>

function isWider(tolerate: Readonly<Record<string, number>>, promote: Readonly<Record<string, number>>): boolean {
  const terms = Object.keys(tolerate)
  return terms.every((term) => promote[term]! >= tolerate[term]!) && terms.some((term) => promote[term]! > tolerate[term]!)
}

const improvementSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ratio'), harm, common, dispersion, gain }),
  z.strictObject({ kind: z.literal('events'), harm, dispersion, gain }),
  z.strictObject({ kind: z.literal('latency'), unit, levels, gain }),
  z.strictObject({ kind: z.literal('gauge'), unit, harm, block, gain }),
])
export type Improvement = z.infer<typeof improvementSchema>

const sampleRatioSchema = z.strictObject({
  metric: nameSchema.describe('The guardrail whose requests are counted: a ratio or a latency.'),
  canaryShare: share
    .optional()
    .describe('What the canary is to get of the requests of both cohorts, 0 to 1. Default: the weight in force.'),
  tolerance: z.number().min(0).max(0.5).default(0.05),
  alpha: share.default(0.001),
  requestsPerAssignment: z.number().min(1).default(1).describe('With sticky sessions: requests per session.'),
})
export type SampleRatioSettings = z.infer<typeof sampleRatioSchema>

/** How the sequential judge decides. Probabilities are over all looks together, however many there are. */
export const sequentialSettingsSchema = z
  .strictObject({
    // Optional, and with a default: a union only takes a missing `use` for this judge when it may be undefined.
    use: z.literal('sequential').optional().default('sequential'),
    alpha: z.number().gt(0).max(0.2).default(0.01).describe('Most often that a canary within all margins is failed.'),
    promotionAlpha: z
      .number()
      .gt(0)
      .max(0.2)
      .default(0.05)
      .describe('Most often that a canary beyond a promotion margin is passed.'),
    guardrails: z.record(nameSchema, guardrailSchema).describe('Must not get worse. One can fail; all are needed to pass.'),
    improvements: z
      .record(nameSchema, improvementSchema)
      .default({})
      .describe('Must get better before it passes. They never fail.'),
    sampleRatio: sampleRatioSchema.optional().describe('Checks that the canary gets its share of requests.'),
    minimumRequests: z.number().min(1).default(100).describe('Canary requests, for each ratio and latency, before it passes.'),
    warmup: z.int().min(0).max(1_000).default(1).describe('First looks of a metric to drop, while caches are cold.'),
    noDataLimit: z.int().min(1).max(1_000).default(3).describe('Looks in a row without data, after which it is called no-data.'),
  })
  .refine(({ guardrails }) => Object.keys(guardrails).length > 0, { error: 'has no guardrail, and could never fail.' })
  .refine(({ guardrails, improvements }) => Object.keys(improvements).every((name) => !Object.hasOwn(guardrails, name)), {
    error: 'has a metric that is a guardrail and an improvement. Give it two names.',
  })
  .refine(({ sampleRatio, guardrails }) => sampleRatio === undefined || countsRequests(guardrails, sampleRatio.metric), {
    error: 'has a sampleRatio whose metric is not a ratio or latency among its guardrails.',
  })
export type SequentialSettings = z.infer<typeof sequentialSettingsSchema>

const countsRequests = (guardrails: Readonly<Record<string, Guardrail>>, metric: string) =>
  Object.hasOwn(guardrails, metric) && ['ratio', 'latency'].includes(guardrails[metric]!.kind)
