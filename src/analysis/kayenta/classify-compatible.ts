import { cles } from '../fixed/cles.js'
import { type HodgesLehmann, hodgesLehmann } from '../fixed/hodges-lehmann.js'
import { mannWhitneyU } from '../fixed/mann-whitney-u.js'
import { sortedSample } from '../fixed/sorted-sample.js'
import { sayNumber } from '../wording.js'
import { finite, type KayentaClassification } from './classification.js'
import { mean, withoutNaN, withoutOutliers } from './clean-series.js'
import { effectBounds } from './effect-bounds.js'
import type { KayentaMetric, KayentaSettings } from './settings.js'

type Options = Pick<KayentaSettings, 'confidence' | 'tolerance'>

/**
 * One metric as Kayenta's default judge classifies it, defects included, but for two: the interval is found exactly, where
 * Kayenta's root finder errs by up to 1e-4 in the unit of the metric; and constant series are compared as they are, where
 * Kayenta adds random noise.
 */
export function classifyCompatible(
  canary: readonly number[],
  control: readonly number[],
  metric: KayentaMetric,
  options: Options,
): KayentaClassification {
  const clean = (values: readonly number[]) => withoutOutliers(withoutNaN(values, metric.nanStrategy), metric.outliers)
  const [x, y] = [clean(canary), clean(control)]
  if (x.length === 0 || y.length === 0) return withoutData(metric)
  const [xs, ys] = [sortedSample(x), sortedSample(y)]
  const isSame = xs.length === ys.length && xs.every((value, i) => value === ys[i])
  if (isSame || (isConstant(xs) && isConstant(ys) && xs[0] === ys[0]))
    return { classification: 'Pass', critical: false, says: 'is the same on both sides', numbers: { ratio: 1 } }
  if (xs.length === 1 && ys.length === 1)
    return { classification: 'Error', critical: false, says: 'has one point per side, which differ', numbers: {} }
  return compare(x, y, metric, options)
}

const isConstant = (sorted: Float64Array) => sorted[0] === sorted.at(-1)

function withoutData({ nanStrategy, mustHaveData, critical }: KayentaMetric): KayentaClassification {
  const says = 'has no data on at least one side'
  if (nanStrategy === 'replace') return { classification: 'Pass', critical: false, says, numbers: { ratio: 1 } }
  if (mustHaveData && !critical) return { classification: 'NodataFailMetric', critical: false, says, numbers: { ratio: 1 } }
  return { classification: 'Nodata', critical, says, numbers: { ratio: 1 } }
}

function compare(
  x: readonly number[],
  y: readonly number[],
  { effectSize, direction, critical }: KayentaMetric,
  { confidence, tolerance }: Options,
): KayentaClassification {
  // Neither can be insufficient: both samples have numbers.
  const { lower, upper, estimate } = hodgesLehmann(x, y, { confidence, method: 'asymptotic' }) as HodgesLehmann
  const ratio = mean(x) === 0 || mean(y) === 0 ? Number.NaN : mean(x) / mean(y)
  const effect = effectSize.measure === 'cles' ? (cles(x, y) as number) : ratio
  const { allowedIncrease, allowedDecrease, criticalIncrease, criticalDecrease } = effectBounds(effectSize)
  const bound = tolerance * Math.abs(estimate)
  const rejectsZero = (alternative: 'greater' | 'less') => {
    const test = mannWhitneyU(x, y, { alternative, method: 'asymptotic' })
    return 'p' in test && test.p < (1 - confidence) / 2
  }
  // Where the whole interval shrinks to zero by ties, its end is open exactly when the test rejects zero itself.
  const isAbove = lower > bound || (bound === 0 && lower === 0 && rejectsZero('greater'))
  const isBelow = upper < -bound || (bound === 0 && upper === 0 && rejectsZero('less'))
  const atLeast = (limit: number) => Number.isNaN(effect) || effect >= limit
  const atMost = (limit: number) => Number.isNaN(effect) || effect <= limit
  const numbers = finite({ ratio, effect, lower, upper, estimate, bound, canaryPoints: x.length, controlPoints: y.length })
  const says = `shifted by ${sayNumber(lower)} to ${sayNumber(upper)}, tolerated ${sayNumber(bound)}`
  if (direction !== 'decrease' && isAbove && atLeast(allowedIncrease))
    return { classification: 'High', critical: critical && atLeast(criticalIncrease), says, numbers }
  if (direction !== 'increase' && isBelow && atMost(allowedDecrease))
    return { classification: 'Low', critical: critical && atMost(criticalDecrease), says, numbers }
  return { classification: 'Pass', critical: false, says, numbers }
}
