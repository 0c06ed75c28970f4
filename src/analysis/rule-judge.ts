import { ReleaseError } from '../vocabulary/errors.js'
import type { Look, Measurement } from '../vocabulary/measurement.js'
import type { Outcome, Reason, Verdict } from '../vocabulary/verdict.js'
import type { Judge } from './judge.js'
import { measurementFlaw, saysUnsound } from './measurement-check.js'
import { estimate, sampleCount, statisticSchema } from './statistic.js'

/** One metric as the rule sees it: the statistic of each cohort, averaged over the looks so far by their samples. */
export interface Seen {
  readonly canary: number
  readonly control: number
  /** Requests, instances or exposure behind the canary's value. */
  readonly samples: number
}

export interface RuleJudgeOptions<M extends Readonly<Record<string, string>>> {
  /** What to compute of each metric: `ratio`, `rate`, `mean`, `max`, `min`, `sum`, or a quantile such as `p95`. */
  readonly metrics: M
  /** Canary samples of each metric before the rule is asked. Default 100. */
  readonly minimumSamples?: number
  /** Decides; called only when every metric has been seen on both sides. Pure, or a replay differs. */
  readonly rule: (seen: { readonly [K in keyof M]: Seen }) => { readonly outcome: Outcome; readonly says: string }
}

/** By metric: weighted sums of both cohorts' values, and the weights. JSON, and bounded. */
export type RuleState = Readonly<Record<string, { canary: number; control: number; canaryWeight: number; controlWeight: number }>>

/**
 * Judges by a rule of your own over several metrics at once, such as cost against performance: "proceed only if the latency
 * gained is worth what it costs". Bind it by name as a custom judge. It bounds no error probability: the rule does, or nobody.
 *
 * @throws ReleaseError `analysis/invalid` for an unknown statistic
 */
export function ruleJudge<const M extends Readonly<Record<string, string>>>({
  metrics,
  minimumSamples = 100,
  rule,
}: RuleJudgeOptions<M>): Judge<RuleState> {
  const names = Object.keys(metrics)
  const wrong = names.find((name) => !statisticSchema.safeParse(metrics[name]).success)
  if (wrong !== undefined || names.length === 0)
    throw new ReleaseError(
      'analysis/invalid',
      `A rule judge needs a statistic for each metric, such as "p95"; "${wrong}" has none.`,
    )
  return {
    metrics: names,
    begin: (kept) => kept ?? Object.fromEntries(names.map((name) => [name, nothing])),
    look(state, look) {
      const gaps: Reason[] = []
      const next = Object.fromEntries(
        names.map((name) => {
          const before = state[name] ?? nothing
          const found = read(look, name, metrics[name]!)
          if (typeof found !== 'string') return [name, added(before, found)]
          gaps.push({ code: 'missing', says: `${name}: ${found}.`, metric: name, outcome: 'inconclusive' })
          return [name, before]
        }),
      )
      return { state: next, verdict: gaps.length > 0 ? { outcome: 'inconclusive', reasons: gaps } : decide(next) }
    },
  }

  function decide(state: RuleState): Verdict {
    const few = names.find((name) => state[name]!.canaryWeight < minimumSamples)
    if (few !== undefined) {
      const says = `${few}: ${state[few]!.canaryWeight} canary samples, and ${minimumSamples} are needed.`
      return { outcome: 'inconclusive', reasons: [{ code: 'too-few', says, metric: few, outcome: 'inconclusive' }] }
    }
    const seen = Object.fromEntries(
      names.map((name) => {
        const { canary, control, canaryWeight, controlWeight } = state[name]!
        return [name, { canary: canary / canaryWeight, control: control / controlWeight, samples: canaryWeight }]
      }),
    ) as { [K in keyof M]: Seen }
    const { outcome, says } = rule(seen)
    const numbers = Object.fromEntries(
      names.flatMap((name) => [
        [`${name}-canary`, seen[name]!.canary],
        [`${name}-control`, seen[name]!.control],
      ]),
    )
    return { outcome, reasons: [{ code: 'rule', says, outcome, numbers }] }
  }
}

const nothing = { canary: 0, control: 0, canaryWeight: 0, controlWeight: 0 }

interface Found {
  readonly canary: number
  readonly control: number
  readonly canaryWeight: number
  readonly controlWeight: number
}

function added(before: RuleState[string], { canary, control, canaryWeight, controlWeight }: Found): RuleState[string] {
  return {
    canary: before.canary + canary * canaryWeight,
    control: before.control + control * controlWeight,
    canaryWeight: before.canaryWeight + canaryWeight,
    controlWeight: before.controlWeight + controlWeight,
  }
}

/** Both cohorts' values of one look, or why there are none. */
function read(look: Look, name: string, statistic: string): Found | string {
  const comparison = Object.hasOwn(look.metrics, name) ? look.metrics[name] : undefined
  if (comparison === undefined) return 'is not in the look'
  const [canary, control] = [numberOf(comparison.canary, statistic), numberOf(comparison.control, statistic)]
  if (typeof canary === 'string') return `canary ${canary}`
  if (typeof control === 'string') return `control ${control}`
  return { canary: canary.value, canaryWeight: canary.weight, control: control.value, controlWeight: control.weight }
}

function numberOf(measurement: Measurement, statistic: string): { value: number; weight: number } | string {
  if (measurement.kind === 'missing') return `has no number (${measurement.reason}: ${measurement.detail})`
  const flaw = measurementFlaw(measurement)
  if (flaw !== undefined) return saysUnsound(flaw)
  const weight = sampleCount(measurement)
  if (weight === 0) return 'had no samples'
  const found = estimate(measurement, statistic)
  if (found === undefined) return `came as ${measurement.kind}, which has no ${statistic}`
  if (found.isAtLeast || !Number.isFinite(found.value)) return `has no known ${statistic}: it lies above the last bucket`
  return { value: found.value, weight }
}
