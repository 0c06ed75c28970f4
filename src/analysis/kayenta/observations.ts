import type { Comparison, Measurement } from '../../vocabulary/measurement.js'
import { measurementFlaw, saysUnsound } from '../measurement-check.js'
import { estimate, sampleCount } from '../statistic.js'
import { type CountTally, emptyTally, tallied } from './classify-counts.js'
import type { KayentaMetric } from './settings.js'

/** A day of minutes. Of more points the oldest are dropped, one for one. */
export const mostPoints = 1_440

/** What the judge remembers of one metric: a point per side and look, and counts where the metric is one of counts. */
export interface Observations {
  readonly canary: readonly number[]
  readonly control: readonly number[]
  /** Points given up for newer ones, of both sides. */
  readonly dropped: number
  readonly tally: CountTally
  /** What was wrong with the latest look; goes on from the name of the metric. */
  readonly gap?: { readonly classification: 'NoCanary' | 'NoControl' | 'Nodata'; readonly says: string }
}

export const noObservations: Observations = { canary: [], control: [], dropped: 0, tally: emptyTally }

type Reading = { readonly value: number } | { readonly counts: { bad: number; total: number } } | { readonly problem: string }

/** The observations with one more look. */
export function observed(
  before: Observations,
  metric: KayentaMetric,
  look: Comparison | undefined,
  compatible: boolean,
): Observations {
  const { gap: _, ...past } = before
  if (look === undefined) return { ...past, gap: { classification: 'Nodata', says: 'is not in the look' } }
  const [canary, control] = [look.canary, look.control].map((measurement, i, both) =>
    read(zeroIfAbsent(measurement, both[1 - i]!, metric), metric, compatible),
  ) as [Reading, Reading]
  const gap = gapIn(canary, control)
  if (gap.gap?.classification === 'Nodata') return { ...past, ...gap }
  if ('counts' in canary && 'counts' in control)
    return { ...past, ...gap, tally: tallied(past.tally, canary.counts, control.counts) }
  const points = { canary: appended(past.canary, canary), control: appended(past.control, control) }
  const kept = { canary: points.canary.slice(-mostPoints), control: points.control.slice(-mostPoints) }
  const dropped = points.canary.length + points.control.length - kept.canary.length - kept.control.length
  return { ...past, ...gap, ...kept, dropped: past.dropped + dropped }
}

function gapIn(canary: Reading, control: Reading): Pick<Observations, 'gap'> {
  if ('problem' in canary && 'problem' in control)
    return { gap: { classification: 'Nodata', says: `${canary.problem} on the canary's side, and none on the control's` } }
  if ('problem' in canary) return { gap: { classification: 'NoCanary', says: `${canary.problem} on the canary's side` } }
  if ('problem' in control) return { gap: { classification: 'NoControl', says: `${control.problem} on the control's side` } }
  return {}
}

const appended = (points: readonly number[], reading: Reading) => ('value' in reading ? [...points, reading.value] : points)

/** A series that begins with its first error is absent until then: zero, if the user says so and the other side was there. */
function zeroIfAbsent(measurement: Measurement, other: Measurement, { nanStrategy }: KayentaMetric): Measurement {
  const isZero = nanStrategy === 'replace' && measurement.kind === 'missing' && measurement.reason === 'empty'
  if (!isZero || other.kind === 'missing') return measurement
  return other.kind === 'gauge' || other.kind === 'samples' ? { kind: other.kind, values: [0] } : measurement
}

function read(measurement: Measurement, { statistic }: KayentaMetric, compatible: boolean): Reading {
  if (measurement.kind === 'missing') return { problem: `has no number (${measurement.reason}: ${measurement.detail})` }
  const flaw = measurementFlaw(measurement)
  if (flaw !== undefined) return { problem: saysUnsound(flaw) }
  if (sampleCount(measurement) === 0) return { problem: 'had no traffic' }
  if (measurement.kind === 'counts' && !compatible && statistic === undefined) return { counts: measurement }
  const asked =
    statistic ?? ({ counts: 'ratio', events: 'rate' } as Partial<Record<Measurement['kind'], string>>)[measurement.kind] ?? 'mean'
  const found = estimate(measurement, asked)
  if (found === undefined) return { problem: `came as ${measurement.kind}, which has no ${asked}` }
  return Number.isFinite(found.value) ? { value: found.value } : { problem: `has no finite ${asked}` }
}
