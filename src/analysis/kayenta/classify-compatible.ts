import { cles } from '../fixed/cles.js'
import { sortedSample } from '../fixed/sorted-sample.js'
import { sayNumber } from '../wording.js'
import { finite, type KayentaClassification } from './classification.js'
import { infiniteValue } from './classify-safe.js'
import { mean, withoutNaN, withoutOutliers } from './clean-series.js'
import { effectBounds } from './effect-bounds.js'
import { searchedShift } from './searched-shift.js'
import type { KayentaMetric, KayentaSettings } from './settings.js'

type Options = Pick<KayentaSettings, 'confidence' | 'tolerance'>

/**
 * One metric as Kayenta's default judge classifies it, defects included, but for one: constant series are compared as they
 * are, where Kayenta adds random noise of a hundred-thousandth of their values.
 *
 * @throws ReleaseError `analysis/invalid` for infinite values, and for some so large that their difference is
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
  if (isSame || isConstant([...x, ...y]))
    return { classification: 'Pass', critical: false, says: 'is the same on both sides', numbers: { ratio: 1 } }
  if (xs.length === 1 && ys.length === 1)
    return { classification: 'Error', critical: false, says: 'has one point per side, which differ', numbers: {} }
  if (!Number.isFinite(xs.at(-1)! - ys[0]!) || !Number.isFinite(xs[0]! - ys.at(-1)!)) throw infiniteValue(metric)
  return compare(x, y, metric, options)
}

const isConstant = (values: readonly number[]) => values.every((value) => value === values[0])
const sureShift = (shift: number) => ({ lower: shift, upper: shift, estimate: shift })

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
  const { lower, upper, estimate } = isConstant(x) && isConstant(y) ? sureShift(x[0]! - y[0]!) : searchedShift(x, y, confidence)
  const ratio = mean(x) === 0 || mean(y) === 0 ? Number.NaN : mean(x) / mean(y)
  const effect = effectSize.measure === 'cles' ? (cles(x, y) as number) : ratio
  const { allowedIncrease, allowedDecrease, criticalIncrease, criticalDecrease } = effectBounds(effectSize)
  const bound = tolerance * Math.abs(estimate)
  const atLeast = (limit: number) => Number.isNaN(effect) || effect >= limit
  const atMost = (limit: number) => Number.isNaN(effect) || effect <= limit
  const numbers = finite({ ratio, effect, lower, upper, estimate, bound, canaryPoints: x.length, controlPoints: y.length })
  const says = `shifted by ${sayNumber(lower)} to ${sayNumber(upper)}, tolerated ${sayNumber(bound)}`
  if (direction !== 'decrease' && lower > bound && atLeast(allowedIncrease))
    return { classification: 'High', critical: critical && atLeast(criticalIncrease), says, numbers }
  if (direction !== 'increase' && upper < -bound && atMost(allowedDecrease))
    return { classification: 'Low', critical: critical && atMost(criticalDecrease), says, numbers }
  return { classification: 'Pass', critical: false, says, numbers }
}
