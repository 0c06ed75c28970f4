import { z } from 'zod'
import { ReleaseError } from '../vocabulary/errors.js'
import type { Look } from '../vocabulary/measurement.js'
import type { Reason } from '../vocabulary/verdict.js'
import type { Judge } from './judge.js'
import { guardrailTest, improvementTest } from './sequential/build-metric-test.js'
import { findings, regressions } from './sequential/reasons.js'
import { type SequentialSettings, sequentialSettingsSchema } from './sequential/sequential-settings.js'
import { beginMetric, type MetricState, type WatchedMetric, watchMetric } from './sequential/watch-metric.js'
import { firstSplitState, type SplitState, splitReasons, watchSplit } from './sequential/watch-split.js'
import { verdictOf } from './verdict-of.js'

/** JSON of bounded size: at most 1 KB for each metric, 2 KB for one with a deadline, however many looks there were. */
export interface SequentialState {
  /** End of the last look; the next may not begin before. */
  readonly until: number | null
  readonly metrics: Readonly<Record<string, MetricState>>
  readonly split: SplitState | null
  /** Once a guardrail has failed, why; nothing changes after that. */
  readonly failed: readonly Reason[]
}

/**
 * Compares canary and control by evidence that may be looked at as often as one likes: whatever the number of looks, a
 * canary within all tolerated margins fails with probability at most `alpha`, and one at or beyond some promotion margin
 * passes with at most `promotionAlpha`. Evidence is kept from weight to weight, so that this holds for a whole release. Each method says in its own file what that assumes.
 *
 * Q1 A fail is for ever. It takes evidence on one guardrail at its part of alpha, or of all of them together.
 * Q2 A pass takes evidence on every guardrail and every improvement, all of them measured in this look, and enough requests.
 *    It lasts as long as the evidence: a canary that turns bad loses it within a few events, before it fails.
 * Q3 A look without data changes no evidence.
 * Q4 A split of traffic that is not as intended never passes; it can still fail, since rates rest on the requests seen.
 *
 * Reasons are `regression` (fail), `acceptable` and `improved` (pass), and, inconclusive: `undecided`, `too-few`,
 * `warming-up`, `sample-ratio`, `no-data` (nothing usable for `noDataLimit` looks in a row), `canary-idle`, `control-idle`,
 * `both-idle`, `zero-baseline`, `zero-canary`, `one-bucket`, `missing` (not in the look), `invalid` (impossible numbers, or
 * of the wrong kind), and for a missing measurement `canary-` or `control-` with its reason, such as `canary-outage`.
 *
 * @throws ReleaseError `analysis/invalid` when the settings are not as {@link sequentialSettingsSchema} has them; at a look,
 *   when it is no interval, or overlaps the one before
 */
export function sequentialJudge(settings: z.input<typeof sequentialSettingsSchema>): Judge<SequentialState> {
  const parsed = sequentialSettingsSchema.safeParse(settings)
  if (!parsed.success)
    throw new ReleaseError('analysis/invalid', `Settings of a sequential judge: ${z.prettifyError(parsed.error)}`)
  const { sampleRatio, warmup } = parsed.data
  const metrics = watchedMetrics(parsed.data)
  return {
    metrics: metrics.map(({ name }) => name),
    begin: (kept) =>
      kept ?? {
        until: null,
        metrics: Object.fromEntries(metrics.map((metric) => [metric.name, beginMetric(metric)])),
        split: sampleRatio ? firstSplitState : null,
        failed: [],
      },
    look(state, look) {
      checkOrder(state, look)
      if (state.failed.length > 0) return { state: { ...state, until: look.to }, verdict: verdictOf(state.failed) }
      const watched = metrics.map((metric) => watchMetric(metric, state.metrics[metric.name]!, look, warmup))
      const counted = sampleRatio && watched.find(({ metric }) => metric.name === sampleRatio.metric)
      const isWarm = counted !== undefined && state.metrics[counted.metric.name]!.looks >= warmup
      const split = sampleRatio && state.split && isWarm ? watchSplit(sampleRatio, state.split, look, counted) : state.split
      const failed = regressions(watched, parsed.data)
      const reasons = [...failed, ...(sampleRatio && split ? splitReasons(sampleRatio, split) : [])]
      const states: Record<string, MetricState> = {}
      for (const one of watched) {
        const { name } = one.metric
        states[name] = one.state
        if (!failed.some(({ metric }) => metric === name)) reasons.push(...findings(one, parsed.data))
      }
      // Copied, so that a state is JSON from the start.
      return {
        state: { until: look.to, metrics: states, split, failed: failed.map((reason) => ({ ...reason })) },
        verdict: verdictOf(reasons),
      }
    },
  }
}

function watchedMetrics({ guardrails, improvements, alpha, promotionAlpha }: SequentialSettings): WatchedMetric[] {
  const weights = Object.values(guardrails).reduce((sum, { weight }) => sum + weight, 0)
  const guards = Object.entries(guardrails).map(([name, settings]) => {
    const part = (alpha * settings.weight) / weights
    return { name, alpha: part, test: guardrailTest(settings, { alpha: part, promotionAlpha, reportAlpha: alpha }) }
  })
  const gains = Object.entries(improvements).map(([name, settings]) => {
    return { name, alpha: undefined, test: improvementTest(settings, { alpha: 0, promotionAlpha, reportAlpha: alpha }) }
  })
  return [...guards, ...gains]
}

function checkOrder({ until }: SequentialState, { from, to }: Look): void {
  if (!(Number.isFinite(from) && Number.isFinite(to) && from < to))
    throw new ReleaseError(
      'analysis/invalid',
      `A look from ${from} to ${to} is no interval. Give its ends in epoch milliseconds.`,
      {
        from,
        to,
      },
    )
  if (until !== null && from < until)
    throw new ReleaseError(
      'analysis/invalid',
      `A look from ${new Date(from).toISOString()} begins before the last one ended, at ${new Date(until).toISOString()}. Counting requests twice is no evidence; look at disjoint intervals.`,
      { from, to, until },
    )
}
