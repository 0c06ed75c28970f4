import type { Comparison, Look, Measurement } from '../../vocabulary/measurement.js'
import { measurementFlaw, sayInterval, saysUnsound } from '../measurement-check.js'
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
  readonly code:
    | Idle
    | 'warming-up'
    | 'missing'
    | 'invalid'
    | `${'canary' | 'control'}-${Extract<Measurement, { kind: 'missing' }>['reason']}`
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

/** Takes one look in. What it lacks, or has in another kind or with impossible numbers, was not measured. */
export function watchMetric(metric: WatchedMetric, state: MetricState, look: Look, warmup: number): Watched {
  const comparison = Object.hasOwn(look.metrics, metric.name) ? look.metrics[metric.name] : undefined
  const gaps = comparison === undefined ? notThere : gapsIn(comparison, metric, look)
  if (comparison === undefined || gaps.length > 0) {
    const isFirst = gaps.every(({ code }) => code.endsWith('-first-look'))
    return { metric, state: { ...state, silent: state.silent + (isFirst ? 0 : 1) }, gaps }
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

const notThere: readonly Gap[] = [{ code: 'missing', says: 'it is not in the look; bind the metric to a source' }]
const noGaps: readonly Gap[] = []

function gapsIn({ canary, control }: Comparison, { test }: WatchedMetric, look: Look): readonly Gap[] {
  const problems = [problemOf(canary, 'canary', test, look), problemOf(control, 'control', test, look)]
  if (problems[0] !== undefined || problems[1] !== undefined) return problems.filter((gap) => gap !== undefined)
  if (canary.kind === control.kind) return noGaps
  const says = `it came as ${canary.kind} and ${control.kind} ${sayInterval(look)}; measure both cohorts in the same way`
  return [{ code: 'invalid', says }]
}

function problemOf(measurement: Measurement, side: 'canary' | 'control', { kinds }: MetricTest, look: Look): Gap | undefined {
  if (measurement.kind === 'missing') {
    const { reason, detail } = measurement
    return { code: `${side}-${reason}`, says: `${side} has no number (${reason}: ${detail})` }
  }
  const flaw = measurementFlaw(measurement) ?? excess(measurement)
  if (flaw !== undefined) return { code: 'invalid', says: `${side} ${sayInterval(look)} ${saysUnsound(flaw)}` }
  if (kinds.includes(measurement.kind)) return undefined
  const asked = `has to be ${kinds.join(' or ')}; correct the metric's kind or its query`
  return { code: 'invalid', says: `${side} ${sayInterval(look)} came as ${measurement.kind}, and ${asked}` }
}

/** Beyond these, sums would overflow and exact tests take for ever; no service does that much between two looks. */
const most = { amount: 1e10, value: 1e100 }
const neverReset = 'it has more than 10^10 in one look, like a counter that was never reset'
const tooLarge = 'it has a value beyond 10^100'

function excess(measurement: Measurement): string | undefined {
  switch (measurement.kind) {
    case 'counts':
      return measurement.total > most.amount ? neverReset : undefined
    case 'histogram':
      return measurement.counts.some((count) => count > most.amount) ? neverReset : undefined
    case 'events':
      if (measurement.count > most.amount) return neverReset
      return measurement.exposure > most.value ? tooLarge : undefined
    case 'samples':
    case 'gauge':
      return measurement.values.some((value) => Math.abs(value) > most.value) ? tooLarge : undefined
    case 'missing':
      return undefined
  }
}
