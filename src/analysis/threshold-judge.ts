import { z } from 'zod'
import { humanDuration } from '../vocabulary/duration.js'
import { ReleaseError } from '../vocabulary/errors.js'
import type { Look } from '../vocabulary/measurement.js'
import type { Outcome, Reason } from '../vocabulary/verdict.js'
import type { Judge } from './judge.js'
import { LazyReason } from './lazy-reason.js'
import { sayInterval } from './measurement-check.js'
import { finite } from './sequential/metric-test.js'
import { assess, type Finding, type ThresholdRule, thresholdRuleSchema } from './threshold-rule.js'
import { verdictOf } from './verdict-of.js'

/** Fixed bounds, looked at again and again. Every rule has to pass. */
export const thresholdSettingsSchema = z.strictObject({
  use: z.literal('threshold'),
  rules: z.array(thresholdRuleSchema).min(1).max(100),
})
export type ThresholdSettings = z.infer<typeof thresholdSettingsSchema>

/** What happened so far to each rule, in the order of the rules: looks in a row, and `failedInAll`. */
export type ThresholdState = readonly {
  readonly failed: number
  readonly failedInAll: number
  readonly passed: number
  readonly silent: number
}[]
type Tally = ThresholdState[number]
const nothingYet: Tally = { failed: 0, failedInAll: 0, passed: 0, silent: 0 }

/**
 * Compares each look with fixed bounds, as most rollout tools do. It counts looks, not evidence: it says nothing of how
 * often a good version fails, and a bound close to the normal value fails one sooner or later.
 *
 * T1 A look without a finding neither ends a row of failed looks nor of passed ones, and is never a pass itself.
 * T2 A pass needs passed looks; the mere absence of failed ones is nothing.
 *
 * Reasons are `within-bounds`, `above-max`, `above-ratio`, `above-increase`, `below-min` (a fail once there are enough of
 * them), `total-failures`, and where nothing can be told `too-few`, `missing`, `no-data`, `invalid`, `no-baseline`,
 * `zero-baseline` (a pass only by an absolute ceiling) and `beyond-buckets`.
 *
 * @throws ReleaseError `analysis/invalid` when the settings are not as {@link thresholdSettingsSchema} has them
 */
export function thresholdJudge(settings: z.input<typeof thresholdSettingsSchema>): Judge<ThresholdState> {
  const parsed = thresholdSettingsSchema.safeParse(settings)
  if (!parsed.success)
    throw new ReleaseError('analysis/invalid', `Settings of a threshold judge: ${z.prettifyError(parsed.error)}`)
  const { rules } = parsed.data
  const limits = rules.map(limitsOf)
  return {
    metrics: [...new Set(rules.map(({ metric }) => metric))],
    begin: () => rules.map(() => nothingYet),
    look(state, look) {
      const judged = rules.map((rule, i) => {
        const finding = assess(rule, Object.hasOwn(look.metrics, rule.metric) ? look.metrics[rule.metric] : undefined)
        const tally = count(state[i] ?? nothingYet, finding)
        return { tally, reason: reasonFor(rule, limits[i]!, finding, tally, look) }
      })
      return { state: judged.map(({ tally }) => tally), verdict: verdictOf(judged.map(({ reason }) => reason)) }
    },
  }
}

function count({ failed, failedInAll, passed, silent }: Tally, { outcome, isSilent }: Finding): Tally {
  if (outcome === 'fail') return { failed: failed + 1, failedInAll: failedInAll + 1, passed: 0, silent: 0 }
  if (outcome === 'pass') return { failed: 0, failedInAll, passed: passed + 1, silent: 0 }
  return { failed, failedInAll, passed, silent: isSilent ? silent + 1 : 0 }
}

type Numbers = Readonly<Record<string, number>>

/** What a rule has in numbers. */
const limitsOf = (rule: ThresholdRule): Numbers =>
  Object.fromEntries(Object.entries(rule).filter((setting): setting is [string, number] => typeof setting[1] === 'number'))

function reasonFor(rule: ThresholdRule, limits: Numbers, finding: Finding, tally: Tally, { from, to }: Look): Reason {
  const { outcome, code, progress } = settle(rule, finding, tally)
  return new LazyReason(code, rule.metric, outcome, () => {
    const { says, numbers } = finding.tell()
    const interval = finding.code === 'invalid' ? sayInterval({ from, to }) : `in ${humanDuration(to - from)}`
    return {
      says: `${rule.metric} ${interval}: ${says}${progress}.`,
      numbers: { ...limits, ...finite(numbers), ...tally, from, to },
    }
  })
}

/** What the findings so far amount to. */
function settle(rule: ThresholdRule, { outcome, code, isSilent }: Finding, { failed, failedInAll, passed, silent }: Tally) {
  const { failures, totalFailures, passes, noDataLimit, onNoData } = rule
  const inAll = totalFailures === undefined ? '' : ` and ${failedInAll} of ${totalFailures} in all`
  const decided = (outcome: Outcome, code: string, progress = '') => ({ outcome, code, progress })
  if (outcome === 'fail') {
    const isEnough = failed >= failures || (totalFailures !== undefined && failedInAll >= totalFailures)
    return decided(isEnough ? 'fail' : 'inconclusive', code, ` (failed look ${failed} of ${failures} in a row${inAll})`)
  }
  if (totalFailures !== undefined && failedInAll >= totalFailures)
    return decided('fail', 'total-failures', ` (failed looks: ${failedInAll} of ${totalFailures} in all)`)
  if (outcome === 'pass')
    return decided(passed >= passes ? 'pass' : 'inconclusive', code, ` (passed look ${passed} of ${passes})`)
  if (isSilent && silent >= noDataLimit) return decided(onNoData, 'no-data', ` (look ${silent} in a row without data)`)
  return decided('inconclusive', code)
}
