import { z } from 'zod'
import type { Reason } from '../vocabulary/verdict.js'

/** The rule of a judge that a reason is about, as far as its settings tell. */
export interface MetricRule {
  /** `ratio`, `p99`, …; empty where the settings do not say. */
  readonly statistic: string
  readonly unit: string
  /** Values are fractions, for people in percent. */
  readonly isFraction: boolean
  /** Less is worse. */
  readonly isDown: boolean
  /** As it stands in the plan. */
  readonly settings: unknown
}

const text = z.string().catch('')
const ruleSchema = z.looseObject({ metric: text, statistic: text, kind: text, unit: text, harm: text })
const rules = z.record(z.string(), ruleSchema).catch({})
const settingsSchema = z
  .looseObject({ rules: z.array(ruleSchema).catch([]), guardrails: rules, improvements: rules })
  .catch({ rules: [], guardrails: {}, improvements: {} })

/**
 * Finds the rule of a reason in a judge's settings: by its metric, and among several rules of one metric by the limits that
 * the reason quotes. Judges of one's own that write their settings in another way get a rule without unit.
 */
export function ruleOf(judgeSettings: unknown, { metric = '', numbers = {} }: Reason): MetricRule {
  const { rules, guardrails, improvements } = settingsSchema.parse(judgeSettings)
  const own = rules.filter((rule) => rule.metric === metric)
  const isQuoted = (rule: object) =>
    Object.entries(rule).every(([name, value]) => typeof value !== 'number' || numbers[name] === value)
  const found = own.find(isQuoted) ?? own[0] ?? guardrails[metric] ?? improvements[metric]
  const { statistic = '', kind = '', unit = '', harm = '' } = found ?? {}
  const isFraction = statistic === 'ratio' || kind === 'ratio'
  return { statistic, unit: isFraction ? '%' : unit, isFraction, isDown: harm === 'down', settings: given(judgeSettings, found) }
}

/** Without what parsing has filled in. */
function given(judgeSettings: unknown, found: z.infer<typeof ruleSchema> | undefined): unknown {
  if (found === undefined) return judgeSettings
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== ''))
}
