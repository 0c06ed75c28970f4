import { quantileOfSorted } from '../fixed/quantile.js'
import { sortedSample } from '../fixed/sorted-sample.js'
import type { KayentaMetric } from './settings.js'

export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** Without NaN, or with zeros in their place. */
export function withoutNaN(values: readonly number[], strategy: KayentaMetric['nanStrategy']): readonly number[] {
  if (strategy === 'replace') return values.map((value) => (Number.isNaN(value) ? 0 : value))
  return values.filter((value) => !Number.isNaN(value))
}

/** Without values outside the quartiles by `outlierFactor` times the distance between them, but never those within p1 to p99. */
export function withoutOutliers(
  values: readonly number[],
  { strategy, outlierFactor }: KayentaMetric['outliers'],
): readonly number[] {
  if (strategy === 'keep' || values.length === 0) return values
  const sorted = sortedSample(values)
  const [p1, q1, q3, p99] = [0.01, 0.25, 0.75, 0.99].map((level) => quantileOfSorted(sorted, level)) as [
    number,
    number,
    number,
    number,
  ]
  const reach = outlierFactor * (q3 - q1)
  const [lower, upper] = [Math.min(p1, q1 - reach), Math.max(p99, q3 + reach)]
  return values.filter((value) => lower <= value && value <= upper)
}

/** A series that would lose more than this to the removal of outliers has none: it is just not spread like a bell. */
const largestOutlierShare = 0.1

/** The same, but for a series that is mostly one value, or would lose more than a tenth: that one stays as it is. */
export function withoutFewOutliers(values: readonly number[], outliers: KayentaMetric['outliers']): readonly number[] {
  const kept = withoutOutliers(values, outliers)
  const lost = values.length - kept.length
  return lost > largestOutlierShare * values.length || usualValue(sortedSample(values)) !== undefined ? values : kept
}

/** The value that at least half of the sorted numbers have; only the median can be one. */
export function usualValue(sorted: Float64Array): number | undefined {
  const median = sorted[sorted.length >> 1]!
  const [first, last] = [sorted.indexOf(median), sorted.lastIndexOf(median)]
  return 2 * (last - first + 1) >= sorted.length ? median : undefined
}
