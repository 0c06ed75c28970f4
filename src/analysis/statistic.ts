import { z } from 'zod'
import type { Measurement } from '../vocabulary/measurement.js'
import { quantileOfSorted } from './fixed/quantile.js'
import { sortedSample } from './fixed/sorted-sample.js'

/**
 * One number from a measurement: `ratio` (bad of total) from counts, `rate` (per unit of exposure) from events, and from
 * samples, histograms and gauges a `mean` or a quantile such as `p50`, `p99` or `p99.9`. Samples and gauges also have a
 * `max`, a `min` and a `sum`; what a histogram holds of those is lost in its buckets.
 */
export const statisticSchema = z.string().regex(/^(?:ratio|rate|mean|max|min|sum|p\d{1,2}(?:\.\d{1,4})?)$/, {
  error: 'not a statistic. Write ratio, rate, mean, max, min, sum, or a quantile such as "p99" or "p99.9".',
})

export interface Estimate {
  readonly value: number
  /** The true value is this or more: it lies in a histogram's last bucket, which has no upper bound. */
  readonly isAtLeast: boolean
}

/** How much a measurement rests on: requests, values, instances, or for events the exposure in its own unit. */
export function sampleCount(measurement: Measurement): number {
  switch (measurement.kind) {
    case 'counts':
      return measurement.total
    case 'histogram':
      return measurement.counts.reduce((sum, count) => sum + count, 0)
    case 'samples':
    case 'gauge':
      return measurement.values.length
    case 'events':
      return measurement.exposure
    case 'missing':
      return 0
  }
}

/** The statistic of a measurement; `undefined` where there are no samples, or this kind of measurement has no such statistic. */
export function estimate(measurement: Measurement, statistic: string): Estimate | undefined {
  if (sampleCount(measurement) === 0) return undefined
  const level = statistic.startsWith('p') ? Number(statistic.slice(1)) / 100 : undefined
  if (measurement.kind === 'histogram') {
    if (level === undefined && statistic !== 'mean') return undefined
    return level === undefined ? bucketMean(measurement) : bucketQuantile(measurement, level)
  }
  const value = exact(measurement, statistic, level)
  return value === undefined ? undefined : { value, isAtLeast: false }
}

function exact(measurement: Measurement, statistic: string, level: number | undefined): number | undefined {
  if (measurement.kind === 'counts') return statistic === 'ratio' ? measurement.bad / measurement.total : undefined
  if (measurement.kind === 'events') return statistic === 'rate' ? measurement.count / measurement.exposure : undefined
  if (measurement.kind !== 'samples' && measurement.kind !== 'gauge') return undefined
  if (level !== undefined) return quantileOfSorted(sortedSample(measurement.values), level)
  return ofValues[statistic]?.(measurement.values)
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
const ofValues: Partial<Record<string, (values: readonly number[]) => number>> = {
  sum,
  mean: (values) => sum(values) / values.length,
  max: (values) => values.reduce((most, value) => Math.max(most, value)),
  min: (values) => values.reduce((least, value) => Math.min(least, value)),
}

interface Histogram {
  readonly bounds: readonly number[]
  readonly counts: readonly number[]
}

/** Where bucket `i` begins. The first one begins at zero, unless its values can be negative: then nobody knows, and it is a point. */
const lowerEdge = ({ bounds }: Histogram, i: number) => bounds[i - 1] ?? Math.min(0, bounds[0] ?? 0)

/** Linear within the bucket, as Prometheus does; but where Prometheus gives the last bound for anything above it, this says so. */
function bucketQuantile(histogram: Histogram, level: number): Estimate {
  const { bounds, counts } = histogram
  const rank = level * sum(counts)
  let before = 0
  const bucket = counts.findIndex((count) => {
    const isHere = count > 0 && before + count >= rank
    if (!isHere) before += count
    return isHere
  })
  const lower = lowerEdge(histogram, bucket)
  const upper = bounds[bucket]
  if (upper === undefined) return { value: lower, isAtLeast: true }
  return { value: lower + ((upper - lower) * (rank - before)) / counts[bucket]!, isAtLeast: false }
}

/** From the middles of the buckets. */
function bucketMean(histogram: Histogram): Estimate {
  const { bounds, counts } = histogram
  const middles = counts.map((count, i) => (count * (lowerEdge(histogram, i) + (bounds[i] ?? lowerEdge(histogram, i)))) / 2)
  return { value: sum(middles) / sum(counts), isAtLeast: counts.at(-1)! > 0 }
}
