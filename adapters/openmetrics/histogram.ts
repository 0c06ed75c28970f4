import { finiteNumber } from './parse.js'
import { absent, labelKey, type Missing, missing, type Series } from './select.js'

export interface Histogram {
  readonly kind: 'histogram'
  readonly bounds: number[]
  readonly counts: number[]
}

/** Classic buckets count everything up to their bound, `le`; here they are made disjoint, and label sets added up. */
export function histogramOf(name: string, series: readonly Series[], reduce: 'sum' | undefined): Histogram | Missing {
  const sets = Map.groupBy(series, ({ labels }) => labelKey(new Map([...labels].filter(([label]) => label !== 'le'))))
  if (sets.size > 1 && reduce === undefined)
    return missing('ambiguous', `has ${sets.size} histograms ${name}; declare "reduce", or select one`)
  const histograms = [...sets.values()].map((buckets) => disjoint(name, buckets))
  const [first] = histograms
  if (first?.kind !== 'histogram') return first ?? absent(name)
  const counts = first.counts.map(() => 0)
  for (const histogram of histograms) {
    if (histogram.kind === 'missing') return histogram
    if (histogram.bounds.join() !== first.bounds.join()) return missing('ambiguous', `has histograms ${name} of different bounds`)
    for (const [i, count] of histogram.counts.entries()) counts[i]! += count
  }
  return { ...first, counts }
}

/** One label set. Counts that do not grow with their bound were exposed in the middle of an update, or are wrong. */
function disjoint(name: string, series: readonly Series[]): Histogram | Missing {
  const buckets = series.map(({ labels, value }) => ({ bound: parseBound(labels.get('le') ?? ''), value }))
  if (buckets.some(({ bound }) => Number.isNaN(bound)))
    return missing('not-a-number', `has a bucket ${name} whose "le" is no number`)
  buckets.sort((a, b) => a.bound - b.bound)
  const bounds = buckets.map(({ bound }) => bound)
  if (bounds.pop() !== Number.POSITIVE_INFINITY) return missing('empty', `has no bucket ${name} with le="+Inf"`)
  if (new Set(bounds).size < bounds.length || bounds.includes(Number.POSITIVE_INFINITY))
    return missing('ambiguous', `has two buckets ${name} of the same bound`)
  const counts = buckets.map(({ value }, i) => value - (buckets[i - 1]?.value ?? 0))
  if (counts.some((count) => count < 0)) return missing('not-a-number', `has buckets ${name} that shrink as their bounds grow`)
  return { kind: 'histogram', bounds, counts }
}

const parseBound = (le: string) => (/^\+?Inf$/i.test(le) ? Number.POSITIVE_INFINITY : (finiteNumber(le) ?? Number.NaN))
