import type { Comparison, Measurement } from '../vocabulary/measurement.js'
import { checkMeasurement, type MeasurementOrigin, unusable } from './measurement-check.js'

/** One series as the source knows it; `key` is whatever tells it from its siblings, such as a region or a pod. */
export interface Series {
  readonly key: string
  readonly measurement: Measurement
}

/** How several series of one cohort become one: `sum` adds counts, buckets and events; gauges know all three. */
export type SeriesReducer = 'sum' | 'max' | 'mean'

const empty: Measurement = { kind: 'missing', reason: 'empty', detail: 'The source knows no such series.' }

/** A few names for a sentence, however many there are. */
const someOf = (keys: readonly string[]) =>
  keys.length > 5 ? `${keys.slice(0, 5).join(', ')} and ${keys.length - 5} more` : keys.join(', ')

/**
 * One measurement from all the series a source answered with; when one of them is missing, the whole is `partial`.
 *
 * @throws ReleaseError `analysis/invalid` for several series without a reducer, or with one that does not fit their kind
 */
export function reduceSeries(
  series: readonly Series[],
  reducer: SeriesReducer | undefined,
  origin: MeasurementOrigin,
): Measurement {
  const [first, ...others] = series.map(({ measurement }) => checkMeasurement(measurement, origin))
  if (first === undefined) return empty
  if (others.length === 0 && reducer === undefined) return first
  const keys = someOf(series.map(({ key }) => key))
  if (reducer === undefined)
    throw unusable(
      origin,
      `came as ${series.length} series (${keys}). Declare a reducer (sum, max or mean), or narrow the query.`,
    )
  const missing = series.filter(({ measurement }) => measurement.kind === 'missing').map(({ key }) => key)
  if (missing.length > 0)
    return {
      kind: 'missing',
      reason: 'partial',
      detail: `${missing.length} of ${series.length} series are missing: ${someOf(missing)}.`,
    }
  const reduced = others.reduce<Measurement | undefined>((sum, next) => sum && joined(sum, next), first)
  if (reduced?.kind === 'gauge') return { kind: 'gauge', values: [reduceValues[reducer](reduced.values)] }
  if (reduced !== undefined && reducer === 'sum') return reduced
  const remedy = reduced === undefined ? 'Narrow the query to series of one kind, with the same buckets.' : 'Declare "sum".'
  throw unusable(origin, `has series (${keys}) that "${reducer}" cannot make one of. ${remedy}`)
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
const reduceValues: Record<SeriesReducer, (values: readonly number[]) => number> = {
  sum,
  max: (values) => values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
  mean: (values) => sum(values) / values.length,
}

/** Both together; `undefined` when they do not belong together. */
function joined(a: Measurement, b: Measurement): Measurement | undefined {
  if (a.kind === 'counts' && b.kind === 'counts') return { kind: 'counts', total: a.total + b.total, bad: a.bad + b.bad }
  if (a.kind === 'events' && b.kind === 'events')
    return { kind: 'events', count: a.count + b.count, exposure: a.exposure + b.exposure }
  if (a.kind === 'samples' && b.kind === 'samples') return { kind: 'samples', values: [...a.values, ...b.values] }
  if (a.kind === 'gauge' && b.kind === 'gauge') return { kind: 'gauge', values: [...a.values, ...b.values] }
  if (a.kind !== 'histogram' || b.kind !== 'histogram' || a.bounds.join() !== b.bounds.join()) return undefined
  return { kind: 'histogram', bounds: a.bounds, counts: a.counts.map((count, i) => count + b.counts[i]!) }
}

/**
 * Canary and control series side by side. A series on one side only is compared with `missing`, never dropped: a crashed
 * canary reports nothing.
 *
 * @throws ReleaseError `analysis/invalid` when a key comes twice on a side, or when no key is on both
 */
export function pairSeries(
  canary: readonly Series[],
  control: readonly Series[],
  canaryOrigin: MeasurementOrigin,
  controlOrigin: MeasurementOrigin,
): Record<string, Comparison> {
  const left = byKey(canary, canaryOrigin)
  const right = byKey(control, controlOrigin)
  const keys = [...new Set([...left.keys(), ...right.keys()])]
  if (left.size > 0 && right.size > 0 && !keys.some((key) => left.has(key) && right.has(key)))
    throw unusable(
      canaryOrigin,
      `has no series in common with ${controlOrigin.cohort} (${someOf(keys)}). Pair by labels that both have.`,
    )
  return Object.fromEntries(keys.map((key) => [key, { canary: left.get(key) ?? empty, control: right.get(key) ?? empty }]))
}

function byKey(series: readonly Series[], origin: MeasurementOrigin): Map<string, Measurement> {
  const map = new Map(series.map(({ key, measurement }) => [key, checkMeasurement(measurement, origin)]))
  if (map.size === series.length) return map
  throw unusable(origin, 'has two series under one key. Pair by labels that tell every series from its siblings.')
}
