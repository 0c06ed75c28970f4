import { z } from 'zod'
import { nameSchema } from '../../vocabulary/name.js'
import { statisticSchema } from '../statistic.js'
import { weightFlaw } from './score.js'

const effectBound = z.number().optional()

/** Names and defaults of Kayenta's `analysisConfigurations.canary`, so that a configuration can be carried over as it is. */
export const kayentaMetricSchema = z.strictObject({
  metric: nameSchema,
  groups: z.array(nameSchema).max(20).default(['all']).describe('Groups whose score it counts in; in each of them fully.'),
  direction: z.enum(['increase', 'decrease', 'either']).default('either').describe('Which way is worse.'),
  critical: z.boolean().default(false).describe('Fails everything when it fails.'),
  mustHaveData: z.boolean().default(false).describe('Nothing passes without it.'),
  muted: z.boolean().default(false).describe('Reported, and of no consequence.'),
  nanStrategy: z
    .enum(['remove', 'replace', 'none'])
    .default('remove')
    .describe('replace: no such series on one side means zero there. none is read as remove, as Kayenta does.'),
  outliers: z
    .strictObject({ strategy: z.enum(['keep', 'remove']).default('keep'), outlierFactor: z.number().positive().default(3) })
    .prefault({}),
  effectSize: z
    .strictObject({
      measure: z.enum(['meanRatio', 'cles']).default('meanRatio'),
      allowedIncrease: effectBound.describe('Default 1 for meanRatio and 0.5 for cles, as for the next three.'),
      allowedDecrease: effectBound,
      criticalIncrease: effectBound,
      criticalDecrease: effectBound,
    })
    .prefault({}),
  statistic: statisticSchema
    .optional()
    .describe(
      'The number that each look gives. Default: mean, of events rate; counts are summed up over the looks and tested as counts, or when compatible give ratio.',
    ),
  minimumDifference: z
    .number()
    .min(0)
    .default(0)
    .describe('Difference of means, in the unit of the metric, below which nothing fails. Ignored when compatible.'),
})
export type KayentaMetric = z.infer<typeof kayentaMetricSchema>

const score = z.number().min(0).max(100)

/** Settings of a judge that Spinnaker's users know; `compatible` brings back the original's answers, defects included. */
export const kayentaSettingsSchema = z
  .strictObject({
    use: z.literal('kayenta'),
    metrics: z.array(kayentaMetricSchema).min(1).max(100),
    groupWeights: z
      .record(nameSchema, z.number())
      .default({})
      .describe('Percent per group. Groups without a weight share what is left of 100.'),
    thresholds: z
      .strictObject({ pass: score.default(75), marginal: score.default(50) })
      .prefault({})
      .refine(({ pass, marginal }) => marginal <= pass, { error: 'has a marginal score above the passing one.' }),
    confidence: z.number().gt(0).lt(1).default(0.98).describe('Of the two-sided interval of the shift.'),
    tolerance: z
      .number()
      .min(0)
      .lt(1)
      .default(0.25)
      .describe('How near to zero the interval may reach, as a share of the shift. More asks for more evidence.'),
    minimumPoints: z.int().min(1).max(1_440).default(20).describe('Looks with data on both sides before there is a verdict.'),
    compatible: z.boolean().default(false).describe("Kayenta's own rules, which pass what was not measured."),
  })
  .superRefine(({ metrics, groupWeights, compatible }, context) => {
    const names = metrics.map(({ metric }) => metric)
    const twice = names.find((name, i) => names.indexOf(name) !== i)
    if (twice !== undefined) context.addIssue({ code: 'custom', message: `names "${twice}" twice.`, path: ['metrics'] })
    if (compatible) return
    if (metrics.every(({ muted }) => muted))
      context.addIssue({ code: 'custom', message: 'are all muted, so that nothing could pass.', path: ['metrics'] })
    const homeless = metrics.find(({ groups }) => groups.length === 0)
    if (homeless !== undefined)
      context.addIssue({
        code: 'custom',
        message: `has "${homeless.metric}" in no group, so that it would count nowhere.`,
        path: ['metrics'],
      })
    const flaw = weightFlaw(new Set(metrics.filter(({ muted }) => !muted).flatMap(({ groups }) => groups)), groupWeights)
    if (flaw !== undefined) context.addIssue({ code: 'custom', message: flaw, path: ['groupWeights'] })
  })
export type KayentaSettings = z.infer<typeof kayentaSettingsSchema>
