import { z } from 'zod'
import { nameSchema } from '../vocabulary/name.js'
import { type Circumstances, type Conduct, effectsOf } from './conduct.js'
import type { Script } from './pretend.js'
import { invalid } from './recorded-series.js'
import { boundsOf, type Columns, type Raster, type RecordedMetric, type Recording } from './recording.js'
import type { Traffic } from './traffic.js'
import { change, effectsSchema } from './world.js'

/** What the new version would do worse than what was recorded, by metric: always, and by the effects a world knows. */
export const regressionSchema = z.record(nameSchema, z.strictObject({ ...change, ...effectsSchema.shape }))

/** What was recorded, as something that happens again: the requests of both versions together, each as its version was then. */
export function recordedScript(
  { metrics, incident }: Recording,
  raster: Raster,
  regression: z.output<typeof regressionSchema>,
): Script {
  const entries = Object.entries(metrics)
  const conducts = (cohort: 'control' | 'canary') =>
    new Map(
      entries.map(([metric, recorded]) => {
        const control = raster.columns(metric, 'control')!
        const columns = raster.columns(metric, cohort) ?? control
        const worse = cohort === 'canary' ? regression[metric] : undefined
        return [metric, conductFrom(recorded.kind, boundsOf(metric, recorded), columns, control, raster, worse)]
      }),
    )
  // Of an incident, both versions live through parts of the same requests.
  const counted = incident === undefined ? (['control', 'canary'] as const) : (['control'] as const)
  return { traffic: trafficFrom(metrics, raster, counted), stable: conducts('control'), canary: conducts('canary') }
}

/** All requests, of both versions; of the first metric that counts them. */
function trafficFrom(
  metrics: Readonly<Record<string, RecordedMetric>>,
  raster: Raster,
  cohorts: readonly ('control' | 'canary')[],
): Traffic {
  const counting = Object.keys(metrics).find((metric) => ['ratio', 'latency'].includes(metrics[metric]!.kind))
  if (counting === undefined)
    throw invalid('No ratio and no latency was recorded, so that nobody knows how many requests there were.')
  const wholes = cohorts.flatMap((cohort) => {
    const columns = raster.columns(counting, cohort)
    return columns === undefined ? [] : [metrics[counting]!.kind === 'ratio' ? columns[0]! : columns.at(-1)!]
  })
  const { startAt, stepMs, steps } = raster
  const upTo = [0]
  for (let step = 0; step < steps; step++) upTo.push(upTo[step]! + wholes.reduce((sum, whole) => sum + whole[step]!, 0))
  const area = (at: number) => {
    const place = Math.min(Math.max((at - startAt) / stepMs, 0), steps)
    const below = Math.floor(place)
    return upTo[below]! + (place - below) * ((upTo[below + 1] ?? upTo[below]!) - upTo[below]!)
  }
  return { expected: (from, to) => area(to) - area(from) }
}

function conductFrom(
  kind: Conduct['kind'],
  bounds: number[],
  columns: Columns,
  control: Columns,
  { stepMs, steps }: Raster,
  worse: z.output<typeof regressionSchema>[string] | undefined,
): Conduct {
  const effects = effectsOf(worse ?? {})
  const changed = (level: number, at: Circumstances) =>
    worse === undefined ? level : effects(level * worse.times + worse.plus, at)
  const stepAt = ({ since }: Circumstances) => Math.min(steps - 1, Math.max(0, Math.floor(since / stepMs)))
  return {
    kind,
    bounds,
    chances(at) {
      const step = stepAt(at)
      const wholeOf = (all: Columns) => (kind === 'ratio' ? all[0]![step]! : all.at(-1)![step]!)
      // Before its own release the recorded canary had no requests: then it is as the other one.
      const own = wholeOf(columns) > 0 ? columns : control
      if (kind === 'gauge') return [changed(own[0]![step]!, at), 0, 1]
      if (kind === 'events') return [Math.max(0, changed((own[0]![step]! * 1_000) / stepMs, at))]
      const whole = wholeOf(own)
      if (kind === 'ratio') return [whole > 0 ? Math.min(1, Math.max(0, changed(own[1]![step]! / whole, at))) : 0]
      const below = own.map((column) => (whole > 0 ? column[step]! / whole : 1))
      return slowed(bounds, below, Math.max(Number.MIN_VALUE, changed(1, at)))
    },
  }
}

/** Chances of the buckets when every value is so many times as large; within a bucket, logarithms are taken to lie evenly. */
function slowed(bounds: readonly number[], below: readonly number[], times: number): number[] {
  const cumulative = times === 1 ? below : [...bounds.map((bound) => interpolated(bounds, below, bound / times)), 1]
  return cumulative.map((share, i) => Math.max(0, share - (cumulative[i - 1] ?? 0)))
}

function interpolated(bounds: readonly number[], below: readonly number[], value: number): number {
  const next = bounds.findIndex((bound) => bound >= value)
  if (next === -1) return below[bounds.length - 1]!
  // Nothing is known of the inside of the first bucket: it begins at zero.
  if (next === 0) return below[0]! * Math.min(1, value / bounds[0]!)
  const [low, high] = [bounds[next - 1]!, bounds[next]!]
  const part = Math.log(value / low) / Math.log(high / low)
  return below[next - 1]! + part * (below[next]! - below[next - 1]!)
}
