import { z } from 'zod'
import { durationMs, positiveDurationSchema } from '../vocabulary/duration.js'
import { nameSchema } from '../vocabulary/name.js'
import { incidentSchema, livedThrough } from './recorded-incident.js'
import { invalid, type RecordedSeries } from './recorded-series.js'

const cohorts = <T extends z.ZodType>(cohort: T) => ({ control: cohort, canary: cohort.optional() })
const series = z.string().min(1).describe('Name of a series.')

/** Which series say what of a metric of the plan. `canary` is left out where one version alone was recorded. */
const recordedMetricSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ratio'), ...cohorts(z.strictObject({ total: series, bad: series })) }),
  /** By upper bound, cumulative as Prometheus has them; `+Inf` is needed. */
  z.strictObject({ kind: z.literal('latency'), ...cohorts(z.strictObject({ buckets: z.record(z.string(), series) })) }),
  z.strictObject({ kind: z.literal('events'), ...cohorts(z.strictObject({ count: series })) }),
  z.strictObject({ kind: z.literal('gauge'), ...cohorts(z.strictObject({ value: series })) }),
])
export type RecordedMetric = z.infer<typeof recordedMetricSchema>

export const recordingSchema = z.strictObject({
  step: positiveDurationSchema.describe('Time between two points of every series.'),
  amounts: z
    .enum(['rate', 'increase', 'counter'])
    .describe('What the values of requests, buckets and events are: per second, per step, or counters that only grow.'),
  metrics: z.record(nameSchema, recordedMetricSchema),
  incident: incidentSchema.optional(),
})
/** What was measured of one unit, to try a plan on. */
export type Recording = z.infer<typeof recordingSchema> & { readonly series: readonly RecordedSeries[] }

/** A recorded cohort of one metric: amounts per step (of a gauge: values), one list for each series it is made of. */
export type Columns = readonly (readonly number[])[]

/** A recording on one even raster of time. */
export interface Raster {
  /** Epoch milliseconds of the beginning of the first step. */
  readonly startAt: number
  readonly stepMs: number
  readonly steps: number
  /** The columns of a cohort of a metric, in the order in which the recording names its series. */
  columns(metric: string, cohort: 'control' | 'canary'): Columns | undefined
}

/**
 * Puts a recording on a raster.
 * @throws ReleaseError `input/invalid` naming series and instant, for gaps, unsorted points, values that cannot be, mixed units
 */
export function rasterOf(recording: Recording): Raster {
  const { series: all, ...described } = recording
  const parsed = recordingSchema.safeParse(described)
  if (!parsed.success) throw invalid(`The recording cannot be used: ${z.prettifyError(parsed.error)}`)
  const { step, amounts, metrics, incident } = parsed.data
  const stepMs = durationMs(step)
  const named = Object.entries(metrics).flatMap(([metric, recorded]) => namesOf(metric, recorded))
  if (named.length === 0) throw invalid('The recording describes no metric.')
  checkUnits(named)
  const columns = new Map<string, readonly number[]>()
  let frame: { readonly name: string; readonly first: number; readonly last: number } | undefined
  for (const { name, kind } of named) {
    const [found, ...others] = all.filter((one) => one.name === name)
    if (others.length > 0) throw invalid(`There are ${others.length + 1} series "${name}". Leave one.`, { series: name })
    if (found === undefined)
      throw invalid(`There is no series "${name}". Recorded: ${all.map((one) => one.name).join(', ')}.`, { series: name })
    checkPoints(found, stepMs, kind === 'gauge')
    const [first, last] = [found.points[0]![0], found.points.at(-1)![0]]
    frame ??= { name, first, last }
    if (first !== frame.first || last !== frame.last)
      throw at(
        name,
        first === frame.first ? last : first,
        `begins or ends at another instant than "${frame.name}". Cut all series alike`,
      )
    columns.set(name, kind === 'gauge' ? found.points.slice(1).map(([, value]) => value) : amountsOf(found, amounts, stepMs))
  }
  const { first, last } = frame!
  checkParts(metrics, columns, (step) => first + (step + 1) * stepMs)
  const steps = (last - first) / stepMs
  const twice = Object.keys(metrics).find((metric) => metrics[metric]!.canary !== undefined)
  if (incident !== undefined && twice !== undefined)
    throw invalid(`metrics.${twice} was recorded for two versions, so that no incident can be marked. Leave out one of the two.`)
  const told = incident && livedThrough(incident, { startAt: first, stepMs, steps })
  return {
    startAt: first,
    stepMs,
    steps,
    columns: (metric, cohort) => {
      const recorded = told ? 'control' : cohort
      const names = seriesOf(metric, metrics[metric]!, recorded)
      const all = names.map((name) => columns.get(name)!)
      if (told) return all.map((column) => told[cohort].map((step) => column[step]!))
      return names.length > 0 ? all : undefined
    },
  }
}

interface Named {
  readonly metric: string
  readonly cohort: 'control' | 'canary'
  readonly kind: RecordedMetric['kind']
  readonly name: string
}

interface Bucket {
  readonly bound: number
  readonly name: string
}

/** The series of buckets, by rising upper bounds. @throws ReleaseError `input/invalid` without `+Inf` */
function bucketsOf(metric: string, buckets: Readonly<Record<string, string>>): Bucket[] {
  const rising = Object.entries(buckets)
    .map(([le, name]) => ({ bound: le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le), name }))
    .toSorted((a, b) => a.bound - b.bound)
  if (rising.some(({ bound }) => Number.isNaN(bound)) || rising.length < 2 || rising.at(-1)!.bound !== Number.POSITIVE_INFINITY)
    throw invalid(`metrics.${metric}: buckets are named by their upper bounds, and one of them is "+Inf".`)
  return rising
}

/** Upper bounds of a recorded latency, rising and without infinity; none for other kinds. @throws ReleaseError `input/invalid` */
export function boundsOf(metric: string, recorded: RecordedMetric): number[] {
  if (recorded.kind !== 'latency') return []
  const [control, canary] = [recorded.control, recorded.canary ?? recorded.control].map(({ buckets }) =>
    bucketsOf(metric, buckets).map(({ bound }) => bound),
  ) as [number[], number[]]
  if (control.join() === canary.join()) return control.slice(0, -1)
  throw invalid(`metrics.${metric}: canary and control were recorded in different buckets. Leave out those that only one has.`)
}

function namesOf(metric: string, recorded: RecordedMetric): Named[] {
  return (['control', 'canary'] as const).flatMap((cohort) =>
    seriesOf(metric, recorded, cohort).map((name) => ({ metric, cohort, kind: recorded.kind, name })),
  )
}

/** A ratio names the whole first, buckets name it last. */
function seriesOf(metric: string, recorded: RecordedMetric, cohort: 'control' | 'canary'): string[] {
  if (recorded[cohort] === undefined) return []
  switch (recorded.kind) {
    case 'ratio':
      return [recorded[cohort].total, recorded[cohort].bad]
    case 'latency':
      return bucketsOf(metric, recorded[cohort].buckets).map(({ name }) => name)
    case 'events':
      return [recorded[cohort].count]
    case 'gauge':
      return [recorded[cohort].value]
  }
}

const unitSuffix = /_(seconds|milliseconds|microseconds|ms|bytes|kilobytes|percent|ratio)(?=_|\{|$)/

/** The names of series tell their units by convention; both cohorts of a metric have to be in the same one. */
function checkUnits(named: readonly Named[]): void {
  const units = new Map<string, { readonly name: string; readonly unit: string }>()
  for (const { metric, name } of named) {
    const unit = unitSuffix.exec(name)?.[1]
    if (unit === undefined) continue
    const other = units.get(metric)
    if (other !== undefined && other.unit !== unit)
      throw invalid(
        `metrics.${metric} mixes units: "${name}" is in ${unit}, and "${other.name}" in ${other.unit}. Convert one of them.`,
        { series: name },
      )
    units.set(metric, { name, unit })
  }
}

function at(name: string, instant: number, says: string) {
  const when = Number.isFinite(instant) && Math.abs(instant) < 8.64e15 ? new Date(instant).toISOString() : String(instant)
  return invalid(`Series "${name}" at ${when} ${says}.`, { series: name, at: instant })
}

function checkPoints({ name, points }: RecordedSeries, stepMs: number, mayBeNegative: boolean): void {
  if (points.length < 2) throw invalid(`Series "${name}" has fewer than two points.`, { series: name })
  points.forEach(([instant, value], i) => {
    const before = points[i - 1]?.[0]
    if (!Number.isFinite(instant)) throw at(name, instant, `is no instant: point ${i + 1}. Correct it`)
    if (!Number.isFinite(value) || (value < 0 && !mayBeNegative))
      throw at(name, instant, `has the value ${value}, which is none. Fill the gap, or cut the recording there`)
    if (before === undefined) return
    if (isMillis(before) !== isMillis(instant))
      throw at(name, instant, 'mixes seconds and milliseconds. Write all times in one unit')
    if (instant <= before) throw at(name, instant, 'comes after a later or equal instant. Sort the points')
    if (instant - before > stepMs) throw at(name, before + stepMs, 'has a gap. Fill it, or cut the recording there')
    if (instant - before < stepMs)
      throw at(name, instant, `comes sooner than a step of ${stepMs} ms. Correct "step", or resample`)
  })
}

const isMillis = (instant: number) => instant >= 1e11

/** Per step. The first point only marks where the first step begins; a counter that goes back was reset, and began at zero. */
function amountsOf({ points }: RecordedSeries, amounts: Recording['amounts'], stepMs: number): number[] {
  return points.slice(1).map(([, value], i) => {
    if (amounts === 'increase') return value
    if (amounts === 'rate') return (value * stepMs) / 1_000
    const before = points[i]![1]
    return value >= before ? value - before : value
  })
}

/** A part is never more than the whole. */
function checkParts(
  metrics: Readonly<Record<string, RecordedMetric>>,
  columns: ReadonlyMap<string, readonly number[]>,
  instantOf: (step: number) => number,
): void {
  for (const [metric, recorded] of Object.entries(metrics))
    for (const cohort of ['control', 'canary'] as const) {
      const names = seriesOf(metric, recorded, cohort)
      const rising = recorded.kind === 'ratio' ? names.toReversed() : names
      rising.slice(1).forEach((name, i) => {
        const [part, whole] = [columns.get(rising[i]!)!, columns.get(name)!]
        const wrong = part.findIndex((amount, step) => amount > whole[step]! * (1 + 1e-9))
        if (wrong >= 0) throw at(rising[i]!, instantOf(wrong), `is more than "${name}", of which it is a part`)
      })
    }
}
