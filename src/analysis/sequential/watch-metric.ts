import { ReleaseError } from '../../vocabulary/errors.js'
import type { Comparison, Look, Measurement } from '../../vocabulary/measurement.js'
import { measurementFlaw } from '../measurement-check.js'
import type { Idle, MetricTest } from './metric-test.js'

/** A metric of the judge. */
export interface WatchedMetric {
  readonly name: string
  readonly test: MetricTest
  /** Its part of α, where it is a guardrail. */
  readonly alpha: number | undefined
}

/** What its test remembers, usable looks so far, and looks in a row without any. */
export interface MetricState {
  readonly test: unknown
  readonly looks: number
  readonly silent: number
}

/** Why a look says nothing of a metric: a code, and a sentence that goes on from the metric's name. */
export interface Gap {
  readonly code: Idle | 'warming-up' | `${'canary' | 'control'}-${Extract<Measurement, { kind: 'missing' }>['reason']}`
  readonly says: string
}

/** A metric after a look: its state, and what was compared or else why nothing was. */
export type Watched = { readonly metric: WatchedMetric; readonly state: MetricState } & (
  | { readonly comparison: Comparison; readonly gaps?: never }
  | { readonly comparison?: never; readonly gaps: readonly Gap[] }
)

const idleSays: Record<Idle, string> = {
  'canary-idle': 'the canary had nothing to show while control had',
  'control-idle': 'control had nothing to show while the canary had',
  'both-idle': 'neither canary nor control had anything to show',
  'zero-baseline': 'control is at zero or below, and the canary can be no multiple of that; state an absolute margin',
  'zero-canary': 'the canary is at zero or below, which is no multiple of control; state an absolute margin',
  'one-bucket': 'all requests are in one bucket, or no bound is common to both cohorts; use finer buckets',
}

export function beginMetric({ test }: WatchedMetric): MetricState {
  return { test: test.begin(), looks: 0, silent: 0 }
}

/**
 * Takes one look in.
 * @throws ReleaseError `analysis/invalid` when the look lacks the metric, or has one of the wrong kind or with impossible numbers
 */
export function watchMetric(metric: WatchedMetric, state: MetricState, look: Look, warmup: number): Watched {
  const comparison = comparisonOf(metric, look)
  const missing = (['canary', 'control'] as const).flatMap((side): Gap[] => {
    const measurement = comparison[side]
    if (measurement.kind !== 'missing') return []
    return [
      { code: `${side}-${measurement.reason}`, says: `${side} has no number (${measurement.reason}: ${measurement.detail})` },
    ]
  })
  if (missing.length > 0) {
    const isFirst = missing.every(({ code }) => code.endsWith('-first-look'))
    return { metric, state: { ...state, silent: state.silent + (isFirst ? 0 : 1) }, gaps: missing }
  }
  const test = metric.test.observe(state.test, comparison, (look.to - look.from) / 1_000)
  if (typeof test === 'string') {
    const code = test as Idle
    return { metric, state: { ...state, silent: state.silent + 1 }, gaps: [{ code, says: idleSays[code] }] }
  }
  const looks = state.looks + 1
  if (looks > warmup) return { metric, state: { test, looks, silent: 0 }, comparison }
  const says = `look ${looks} of ${warmup} that are dropped while caches warm up`
  return { metric, state: { test: state.test, looks, silent: 0 }, gaps: [{ code: 'warming-up', says }] }
}

function comparisonOf({ name, test }: WatchedMetric, look: Look): Comparison {
  const invalid = (problem: string) => {
    const { from, to } = look
    const interval = `from ${new Date(from).toISOString()} to ${new Date(to).toISOString()}`
    return new ReleaseError('analysis/invalid', `"${name}" ${interval} ${problem}`, { metric: name, from, to })
  }
  const comparison = Object.hasOwn(look.metrics, name) ? look.metrics[name] : undefined
  if (comparison === undefined) throw invalid('is not in the look. Bind the metric to a source.')
  const kinds = new Set<string>()
  for (const side of ['canary', 'control'] as const) {
    const measurement = comparison[side]
    if (measurement.kind === 'missing') continue
    kinds.add(measurement.kind)
    const flaw = measurementFlaw(measurement) ?? excess(measurement)
    if (flaw !== undefined)
      throw invalid(`of ${side} cannot be used: ${flaw}. Correct the query, so that it gives this interval's amounts alone.`)
    if (!test.kinds.includes(measurement.kind))
      throw invalid(
        `of ${side} came as ${measurement.kind}, and has to be ${test.kinds.join(' or ')}. Correct the metric's kind or its query.`,
      )
  }
  if (kinds.size > 1) throw invalid(`came as ${[...kinds].join(' and ')}. Measure both cohorts in the same way.`)
  return comparison
}

/** Beyond these, sums would overflow and exact tests take for ever; no service does that much between two looks. */
const most = { amount: 1e10, value: 1e100 }

function excess(measurement: Measurement): string | undefined {
  const { amounts, values } = figures(measurement)
  if (amounts.some((amount) => amount > most.amount))
    return 'it has more than 10^10 in one look, like a counter that was never reset'
  return values.some((value) => Math.abs(value) > most.value) ? 'it has a value beyond 10^100' : undefined
}

function figures(measurement: Measurement): { amounts: readonly number[]; values: readonly number[] } {
  switch (measurement.kind) {
    case 'counts':
      return { amounts: [measurement.total], values: [] }
    case 'histogram':
      return { amounts: measurement.counts, values: [] }
    case 'events':
      return { amounts: [measurement.count], values: [measurement.exposure] }
    case 'samples':
    case 'gauge':
      return { amounts: [], values: measurement.values }
    case 'missing':
      return { amounts: [], values: [] }
  }
}
