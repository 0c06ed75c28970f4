import { z } from 'zod'
import { durationMs, positiveDurationSchema } from '../../vocabulary/duration.js'
import { ReleaseError } from '../../vocabulary/errors.js'
import { type BurnRule, type Objective, objectiveSchema } from './objective.js'

const daysOf = { d: 1, w: 7, M: 30, Q: 90, Y: 365 } as const

/** `30d`, `4w`, `1M` … in the notation of plans; a month is 30 days, a quarter 90, a year 365. */
const shorthandSchema = z
  .string()
  .regex(/^[1-9]\d{0,4}[mhdwMQY]$/, { error: 'not a duration. Write a whole number with m, h, d, w, M, Q or Y, such as "4w".' })
  .transform((text) => {
    const unit = text.slice(-1)
    return unit === 'm' || unit === 'h' ? text : `${Number(text.slice(0, -1)) * daysOf[unit as keyof typeof daysOf]}d`
  })
  .pipe(positiveDurationSchema)

const metricSchema = z.object({
  metricSource: z.object({ metricSourceRef: z.string().optional(), type: z.string().optional(), spec: z.unknown() }),
})
const indicatorSpecSchema = z.union(
  [
    z.strictObject({ description: z.string().optional(), thresholdMetric: metricSchema }),
    z.strictObject({
      description: z.string().optional(),
      ratioMetric: z.union([
        z.strictObject({ counter: z.boolean().optional(), good: metricSchema, total: metricSchema }),
        z.strictObject({ counter: z.boolean().optional(), bad: metricSchema, total: metricSchema }),
        z.strictObject({ counter: z.boolean().optional(), raw: metricSchema, rawType: z.enum(['success', 'failure']) }),
      ]),
    }),
  ],
  { error: 'not an indicator. Give a thresholdMetric, or a ratioMetric of good and total, bad and total, or raw and rawType.' },
)
/** Where an indicator's numbers come from, as the document has it: taxiway does not read the queries in it. */
export type OpenSloIndicator = z.infer<typeof indicatorSpecSchema>

const conditionSpecSchema = z.object({
  severity: z.string(),
  condition: z.object({
    kind: z.literal('burnrate').default('burnrate'),
    threshold: z.number().positive(),
    lookbackWindow: shorthandSchema,
  }),
})
const policySpecSchema = z.object({
  conditions: z.array(z.object({ conditionRef: z.string().optional(), spec: conditionSpecSchema.optional() })).length(1),
})
const indicatorChoice = { indicator: z.object({ spec: indicatorSpecSchema }).optional(), indicatorRef: z.string().optional() }
const thresholdSchema = z
  .object({
    ...indicatorChoice,
    displayName: z.string().optional(),
    op: z.enum(['lte', 'gte', 'lt', 'gt']).optional(),
    value: z.number().optional(),
    target: z.number().gt(0).lt(1).optional(),
    targetPercent: z.number().gt(0).lt(100).optional(),
    compositeWeight: z.literal(1, { error: 'not supported. Every objective stands for itself here.' }).optional(),
  })
  .refine(({ target, targetPercent }) => (target === undefined) !== (targetPercent === undefined), {
    error: 'needs either a target or a targetPercent.',
  })
const sloSpecSchema = z.object({
  ...indicatorChoice,
  service: z.string(),
  timeWindow: z
    .array(z.object({ duration: shorthandSchema }))
    .length(1)
    .default([{ duration: '30d' }]),
  budgetingMethod: z.literal('Occurrences', {
    error: 'not supported. Burn rates count requests, which only "Occurrences" does.',
  }),
  objectives: z.array(thresholdSchema).min(1),
  alertPolicies: z.array(z.object({ alertPolicyRef: z.string().optional(), spec: policySpecSchema.optional() })).default([]),
})

const header = { apiVersion: z.literal('openslo/v1'), metadata: z.object({ name: z.string() }) }
const documentSchema = z.discriminatedUnion('kind', [
  z.object({ ...header, kind: z.literal('SLO'), spec: sloSpecSchema }),
  z.object({ ...header, kind: z.literal('SLI'), spec: indicatorSpecSchema }),
  z.object({ ...header, kind: z.literal('AlertPolicy'), spec: policySpecSchema }),
  z.object({ ...header, kind: z.literal('AlertCondition'), spec: conditionSpecSchema }),
  z.object({ ...header, kind: z.enum(['DataSource', 'Service', 'AlertNotificationTarget']) }),
])
type Document = z.infer<typeof documentSchema>
/** What other documents may refer to by name. */
interface Referable {
  readonly SLI: OpenSloIndicator
  readonly AlertPolicy: z.infer<typeof policySpecSchema>
  readonly AlertCondition: z.infer<typeof conditionSpecSchema>
}

/** An objective of an OpenSLO document, and whose it is. */
export interface OpenSloObjective {
  /** Name of the SLO; with several objectives, followed by the objective's display name or number. */
  readonly name: string
  readonly service: string
  readonly objective: Objective
  readonly indicator: OpenSloIndicator
  /** What makes one value of a `thresholdMetric` a good one. */
  readonly good?: { readonly op: 'lte' | 'gte' | 'lt' | 'gt'; readonly value: number }
}

/**
 * Objectives from OpenSLO v1 documents, already parsed from YAML or JSON; references between them are followed. Alert
 * policies become burn rules, each with the short window of a twelfth that OpenSLO has no word for; without any, the
 * usual rules apply. `op` of a condition is ignored: a budget can only burn too fast.
 *
 * @param documents - documents of all kinds, in any order
 * @throws ReleaseError `input/invalid`, naming the path, for a document that breaks the specification, points nowhere, or
 * budgets by time slices
 * @see https://github.com/OpenSLO/OpenSLO
 */
export function readOpenSlo(documents: readonly unknown[]): readonly OpenSloObjective[] {
  const parsed = z.array(documentSchema).safeParse(documents)
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!
    throw invalid(z.core.toDotPath(path), message)
  }
  return parsed.data.flatMap((slo, i) => (slo.kind === 'SLO' ? objectivesOf(slo, `[${i}].spec`, parsed.data) : []))
}

function objectivesOf({ metadata, spec }: Extract<Document, { kind: 'SLO' }>, path: string, documents: readonly Document[]) {
  const rules = spec.alertPolicies.flatMap((policy, i) => {
    const at = `${path}.alertPolicies[${i}]`
    const { conditions } = policy.spec ?? referred(documents, 'AlertPolicy', policy.alertPolicyRef, at)
    return conditions.map(({ spec, conditionRef }) => burnRuleOf(spec ?? referred(documents, 'AlertCondition', conditionRef, at)))
  })
  return spec.objectives.map((each, i): OpenSloObjective => {
    const at = `${path}.objectives[${i}]`
    const { indicator = spec.indicator, indicatorRef = spec.indicatorRef, op, value } = each
    const found = indicator?.spec ?? referred(documents, 'SLI', indicatorRef, at)
    const isThreshold = 'thresholdMetric' in found
    if (isThreshold && (op === undefined || value === undefined))
      throw invalid(at, 'needs op and value, for its thresholdMetric.')
    const objective = objectiveSchema.safeParse({
      target: each.target ?? (each.targetPercent ?? 0) / 100,
      period: spec.timeWindow[0]?.duration,
      ...(rules.length > 0 && { rules }),
    })
    if (!objective.success) throw invalid(at, z.prettifyError(objective.error))
    return {
      name: spec.objectives.length === 1 ? metadata.name : `${metadata.name}/${each.displayName ?? i + 1}`,
      service: spec.service,
      objective: objective.data,
      indicator: found,
      ...(isThreshold && op !== undefined && value !== undefined && { good: { op, value } }),
    }
  })
}

/** The spec of the document of that kind and name. */
function referred<K extends keyof Referable>(documents: readonly Document[], kind: K, name: string | undefined, path: string) {
  const found = documents.find((document) => document.kind === kind && document.metadata.name === name)
  if (name === undefined) throw invalid(path, `needs ${kind} inline, or a reference to one.`)
  if (found === undefined)
    throw invalid(path, `refers to ${kind} "${name}", which is not among the documents. Hand it in as well.`)
  return (found as { readonly spec: unknown }).spec as Referable[K]
}

function burnRuleOf({ severity, condition }: z.infer<typeof conditionSpecSchema>): BurnRule {
  const { threshold, lookbackWindow } = condition
  const short = `${durationMs(lookbackWindow) / 12_000}s`
  return { long: lookbackWindow, short, burn: threshold, severity: severity === 'page' ? 'page' : 'ticket' }
}

const invalid = (path: string, problem: string) =>
  new ReleaseError('input/invalid', `OpenSLO documents, at ${path}: ${problem}`, { path })
