import { ReleaseError } from '../vocabulary/errors.js'
import type { Cohort, Measurement } from '../vocabulary/measurement.js'

/** Where a measurement came from, for messages. Instants are epoch milliseconds. */
export interface MeasurementOrigin {
  readonly metric: string
  readonly cohort: Cohort
  readonly from: number
  readonly to: number
}

const areAmounts = (amounts: readonly number[]) => amounts.every((amount) => Number.isFinite(amount) && amount >= 0)

/** Why a measurement cannot be a true one, as the end of a sentence; `undefined` for a sound one, and for a missing one. */
export function measurementFlaw(measurement: Measurement): string | undefined {
  switch (measurement.kind) {
    case 'counts': {
      const { total, bad } = measurement
      if (!areAmounts([total, bad])) return `${bad} bad of ${total} are not finite counts of at least 0`
      return bad > total ? `${bad} bad requests are more than the ${total} in all` : undefined
    }
    case 'histogram': {
      const { bounds, counts } = measurement
      if (!bounds.every((bound, i) => Number.isFinite(bound) && (i === 0 || bound > bounds[i - 1]!)))
        return 'its bounds do not rise'
      if (counts.length !== bounds.length + 1)
        return `${bounds.length} bounds need ${bounds.length + 1} counts, not ${counts.length}`
      return areAmounts(counts) ? undefined : 'a bucket is not a finite count of at least 0'
    }
    case 'samples':
    case 'gauge':
      return measurement.values.every(Number.isFinite) ? undefined : 'a value is not a finite number'
    case 'events': {
      const { count, exposure } = measurement
      return areAmounts([count, exposure])
        ? undefined
        : `${count} events in an exposure of ${exposure} are not amounts of at least 0`
    }
    case 'missing':
      return undefined
  }
}

/**
 * What judges say of an unsound measurement, after the name of the series and its interval. They never throw for one: a
 * single odd answer of a source is no reason to end a release, and one that stays odd is called no-data, never a pass.
 */
export const saysUnsound = (flaw: string) =>
  `cannot be used: ${flaw}; correct the query, so that it gives the amounts of this interval alone`

/** An interval for a sentence: both ends, in UTC. */
export const sayInterval = ({ from, to }: { from: number; to: number }) =>
  `from ${new Date(from).toISOString()} to ${new Date(to).toISOString()}`

/** The error for a measurement that no judge may use. `problem` goes on from "The canary of errors from … to …". */
export function unusable({ metric, cohort, from, to }: MeasurementOrigin, problem: string): ReleaseError {
  const says = `"${metric}" of ${cohort} ${sayInterval({ from, to })} ${problem}`
  return new ReleaseError('analysis/invalid', says, { metric, cohort, from, to })
}

/**
 * The same measurement, once it is known to be sound.
 * @throws ReleaseError `analysis/invalid` for NaN, negative amounts, more bad than total, bounds that do not rise
 */
export function checkMeasurement(measurement: Measurement, origin: MeasurementOrigin): Measurement {
  const flaw = measurementFlaw(measurement)
  if (flaw === undefined) return measurement
  throw unusable(origin, `${saysUnsound(flaw)}.`)
}
