import type { Measurement } from '../../vocabulary/measurement.js'
import { measurementFlaw } from '../measurement-check.js'

/** The counts of a measurement with at least some requests, or why it has none, as the end of a sentence. */
export function usableCounts(measurement: Measurement): Extract<Measurement, { kind: 'counts' }> | string {
  if (measurement.kind === 'missing') return `${measurement.reason}, ${measurement.detail}`
  if (measurement.kind !== 'counts') return `measured as ${measurement.kind} instead of counts`
  return measurementFlaw(measurement) ?? (measurement.total > 0 ? measurement : 'there were no requests')
}
