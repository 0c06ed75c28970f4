import { ReleaseError } from '../../vocabulary/errors.js'
import { cles } from '../fixed/cles.js'
import { type HodgesLehmann, hodgesLehmann } from '../fixed/hodges-lehmann.js'
import { sayNumber } from '../wording.js'
import { finite, type KayentaClass, type KayentaClassification } from './classification.js'
import { mean, withoutFewOutliers, withoutNaN } from './clean-series.js'
import { decideShift } from './decide-shift.js'
import { evidenceOfShift } from './evidence.js'
import type { KayentaMetric, KayentaSettings } from './settings.js'

/**
 * One metric, by Kayenta's settings without Kayenta's defects.
 *
 * K1 A worse canary is never judged better: raising a point of the canary moves the class from Low over Pass to High.
 * K2 Neither missing nor few points, nor a large effect that could be chance, are a Pass.
 * K3 The unit of the metric plays no part, and nothing is random.
 *
 * Outliers are removed from the control alone: to remove the canary's would hide what it is judged for.
 *
 * @throws ReleaseError `analysis/invalid` for infinite values
 */
export function classifySafe(
  canary: readonly number[],
  control: readonly number[],
  metric: KayentaMetric,
  options: Pick<KayentaSettings, 'confidence' | 'tolerance' | 'minimumPoints'>,
): KayentaClassification {
  if ([...canary, ...control].some((value) => Math.abs(value) === Infinity)) throw infiniteValue(metric)
  const x = withoutNaN(canary, metric.nanStrategy)
  const whole = withoutNaN(control, metric.nanStrategy)
  const few = tooFew(x.length, whole.length, metric, options.minimumPoints)
  if (few !== undefined) return few
  const y = withoutFewOutliers(whole, metric.outliers)
  const [canaryMean, controlMean] = [mean(x), mean(y)]
  const evidence = evidenceOfShift(x, y)
  // Neither can be insufficient: both samples have numbers.
  const { lower, upper, estimate } = hodgesLehmann(x, y, {
    confidence: options.confidence,
    method: 'asymptotic',
  }) as HodgesLehmann
  const shift = {
    ...evidence,
    ratio: ratioOf(canaryMean, controlMean),
    cles: cles(x, y) as number,
    difference: canaryMean - controlMean,
  }
  const seen = `mean ${sayNumber(canaryMean)} against ${sayNumber(controlMean)} over ${x.length} and ${y.length} points`
  const numbers = {
    canaryMean,
    controlMean,
    canaryPoints: x.length,
    controlPoints: y.length,
    removed: whole.length - y.length,
    lower,
    upper,
    estimate,
  }
  return decideShift(shift, metric, options, seen, finite(numbers))
}

export function infiniteValue({ metric }: KayentaMetric): ReleaseError {
  return new ReleaseError('analysis/invalid', `"${metric}" has an infinite value. Correct the query.`, { metric })
}

/** Equals canary / control for a positive control; below a negative control, too, more of the canary is more. */
export function ratioOf(canary: number, control: number): number {
  return canary === control ? 1 : 1 + (canary - control) / Math.abs(control)
}

/** The class of a metric of which there is too little on a side; `undefined` when there is enough. */
export function tooFew(
  canaryPoints: number,
  controlPoints: number,
  { critical }: KayentaMetric,
  minimumPoints: number,
): KayentaClassification | undefined {
  const undecided = (classification: KayentaClass, says: string) => {
    return { classification, critical, says, numbers: { canaryPoints, controlPoints, minimumPoints } }
  }
  if (canaryPoints + controlPoints === 0) return undecided('Nodata', 'has no data on either side')
  if (controlPoints === 0) return undecided('NoControl', `has ${canaryPoints} points of the canary, and none of its control`)
  if (canaryPoints === 0) return undecided('NoCanary', `has ${controlPoints} points of the control, and none of the canary`)
  if (Math.min(canaryPoints, controlPoints) >= minimumPoints) return undefined
  return undecided(
    'TooFew',
    `has ${canaryPoints} points of the canary and ${controlPoints} of its control, and needs ${minimumPoints} of each`,
  )
}
