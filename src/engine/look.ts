import { builtInJudge } from '../analysis/built-in-judges.js'
import { difference } from '../analysis/cumulative.js'
import type { Judge } from '../analysis/judge.js'
import type { Effect } from '../lifecycle/protocol.js'
import { contextOf, type ReleaseSnapshot } from '../lifecycle/release.js'
import type { Json } from '../vocabulary/canonical-json.js'
import type { Comparison, Measurement } from '../vocabulary/measurement.js'
import type { Cumulative, Reading } from '../vocabulary/reading.js'
import type { Verdict } from '../vocabulary/verdict.js'
import type { Adapters } from './adapters.js'
import { asReleaseError, attempt } from './attempt.js'
import { type Answer, bound, type Performance, placeOf, routeOf } from './perform.js'
import { soundReading } from './sound-reading.js'

type LookEffect = Extract<Effect, { type: 'metrics.look' }>
type Readings = Readonly<Record<string, { readonly canary: Reading; readonly control: Reading } | undefined>>

/** Where the counters stood at the last look, by metric. Kept in the journal and nowhere else, so that any process can go on. */
type Counters = Readonly<Record<string, { readonly canary?: Cumulative; readonly control?: Cumulative }>>

/** Reads the metrics of one interval and hands them to the judge. A weight that is not as confirmed makes every sample worthless. */
export async function look(effect: LookEffect, performance: Performance): Promise<Answer> {
  const { adapters, snapshot, setting, now } = performance
  const { track, key, judge: name } = effect
  const context = contextOf(snapshot.tracks[track])

  const place = placeOf(snapshot, track)
  if (place.router !== undefined) {
    const router = bound(adapters.router, place.router)
    const weight = await attempt(setting, (options) => router.getWeight(routeOf(performance, effect), options))
    if (weight !== 'unknown' && weight !== context.weight) return { type: 'traffic.drifted', track, key, weight }
  }

  const judge = judgeNamed(snapshot, name, adapters)
  const source = bound(adapters.metrics, place.metrics)
  const kept = (context.watch?.carry ?? {}) as unknown as Counters
  const evidence = context.evidence[name]
  const at = now()
  const isFirst = effect.from === null
  if (isFirst && source.temporality === 'interval') return begun({})

  const from = effect.from ?? at
  const readings = await readAll(performance, effect, judge, from, at)
  const counters = byMetric(judge, (metric) => countersOf(readings[metric], kept[metric]))
  if (isFirst) return begun(counters)

  const metrics = byMetric(judge, (metric) => compare(readings[metric], kept[metric]))
  const window = { from, to: at, metrics, weightPercent: context.weight }
  const { state, verdict } = judge.look(evidence ?? judge.begin(), window)
  return {
    type: 'metrics.looked',
    track,
    key,
    look: window,
    verdict,
    evidence: state as Json,
    carry: counters as unknown as Json,
  }

  /** The first look of a watch sees nothing yet; it is where the next one starts from. */
  function begun(counters: Counters): Answer {
    const look = { from: at, to: at, metrics: {}, weightPercent: context.weight }
    const state = judge.begin(evidence) as Json
    return { type: 'metrics.looked', track, key, look, verdict: watching, evidence: state, carry: counters as unknown as Json }
  }
}

const watching: Verdict = {
  outcome: 'inconclusive',
  reasons: [{ code: 'watching', says: 'The watch begins; there is nothing to judge yet.', outcome: 'inconclusive' }],
}

/** By each metric that a judge wants. They are names of the plan, and so safe to be keys. */
function byMetric<T>({ metrics }: Judge, of: (metric: string) => T): Record<string, T> {
  const all: Record<string, T> = {}
  for (const metric of metrics) all[metric] = of(metric)
  return all
}

/** A source that does not answer is a measurement that could not be had: the judge decides what that means, never a pass (I11). */
async function readAll(performance: Performance, effect: LookEffect, judge: Judge, from: number, to: number): Promise<Readings> {
  const { adapters, snapshot, setting } = performance
  const { unit } = effect
  const source = bound(adapters.metrics, placeOf(snapshot, effect.track).metrics)
  const { canary, stable } = routeOf(performance, effect)
  const queries = byMetric(judge, (metric) => snapshot.plan.metrics[metric] ?? null)
  const versions = { canary, ...(stable !== undefined && { control: stable }) }
  try {
    const readings = await attempt(setting, (options) => source.read({ unit, versions, queries, from, to }, options))
    return byMetric(judge, (metric) => {
      const reading = readings[metric]
      return reading && { canary: soundReading(reading.canary), control: soundReading(reading.control) }
    })
  } catch (error) {
    setting.signal.throwIfAborted()
    const outage: Measurement = { kind: 'missing', reason: 'outage', detail: asReleaseError(error).message }
    return byMetric(judge, () => ({ canary: outage, control: outage }))
  }
}

const unanswered: Measurement = { kind: 'missing', reason: 'empty', detail: 'The source did not answer for this metric.' }

function compare(reading: Readings[string], before: Counters[string] | undefined): Comparison {
  const of = (cohort: 'canary' | 'control') => difference(before?.[cohort], reading?.[cohort] ?? unanswered)
  return { canary: of('canary'), control: of('control') }
}

/** A look that could not be had keeps the counters of the one before, so that the next covers both intervals. */
function countersOf(reading: Readings[string], before: Counters[string] | undefined): Counters[string] {
  const counters: { canary?: Cumulative; control?: Cumulative } = {}
  for (const cohort of ['canary', 'control'] as const) {
    const now = reading?.[cohort]
    const kept = now?.kind === 'cumulative' ? now : before?.[cohort]
    if (kept) counters[cohort] = kept
  }
  return counters
}

/** Built-in judges are pure, and take far longer to make than to look. */
const builtIn = new WeakMap<object, Judge>()

/** The judge a plan names, built in or the caller's own. */
export function judgeNamed({ plan }: Pick<ReleaseSnapshot, 'plan'>, name: string, adapters: Adapters): Judge {
  const settings = plan.judges[name]!
  if (settings.use === 'custom') return bound(adapters.judge, settings.judge)(settings.settings)
  const judge = builtIn.get(settings) ?? builtInJudge(settings)
  builtIn.set(settings, judge)
  return judge
}
