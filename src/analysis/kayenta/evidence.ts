import { fisherExact } from '../fixed/fisher-exact.js'
import { compareSorted, deviationOfU } from '../fixed/mann-whitney-u.js'
import { sortedSample } from '../fixed/sorted-sample.js'
import { normalQuantile } from '../stats/normal-distribution.js'
import { mean, usualValue } from './clean-series.js'

/** How much speaks for a shift up and down, in standard deviations of chance; `raw` ignores autocorrelation. */
export interface Evidence {
  readonly up: number
  readonly down: number
  /** By how much the control's autocorrelation lowers the evidence: 1 when there is none. */
  readonly inflation: number
  readonly test: 'Mann-Whitney' | 'Fisher'
}

/**
 * Evidence that the canary's points lie above or below the control's. Everything but the count of pairs, or of points above
 * the usual value, comes from the control alone, so that raising a canary point can only raise `up` and lower `down`.
 *
 * Mann-Whitney's U is held against its deviation without ties, the largest there is. A control that mostly has one value
 * (errors that are mostly zero) leaves no ranks to speak of: then points above and below that value are counted, and compared
 * by Fisher's exact test.
 *
 * @param control - in the order of time, at least one number
 */
export function evidenceOfShift(canary: readonly number[], control: readonly number[]): Evidence {
  const [xs, ys] = [sortedSample(canary), sortedSample(control)]
  const inflation = Math.sqrt((1 + lagOne(control)) / (1 - lagOne(control)))
  const usual = usualValue(ys)
  if (usual === undefined) {
    const pairs = xs.length * ys.length
    const deviation = deviationOfU(xs.length, ys.length, 0)
    const { u } = compareSorted(xs, ys)
    const [up, down] = [(u - pairs / 2 - 0.5) / deviation, (pairs / 2 - u - 0.5) / deviation]
    return { up: up / inflation, down: down / inflation, inflation, test: 'Mann-Whitney' }
  }
  const beyond = (isBeyond: (value: number) => boolean) => {
    const [k, l] = [xs.filter(isBeyond).length, ys.filter(isBeyond).length]
    return (
      -normalQuantile(
        fisherExact(
          [
            [k, xs.length - k],
            [l, ys.length - l],
          ],
          'greater',
        ),
      ) / inflation
    )
  }
  return { up: beyond((value) => value > usual), down: beyond((value) => value < usual), inflation, test: 'Fisher' }
}

/**
 * Correlation of neighbours in time, 0 unless it is beyond what chance gives. Corrected for the bias that makes a short
 * series look less correlated than it is.
 *
 * @see M. G. Kendall (1954), Biometrika 41(3-4), 403-404. doi:10.1093/biomet/41.3-4.403
 */
function lagOne(series: readonly number[]): number {
  const n = series.length
  const centre = mean(series)
  let [products, squares] = [0, 0]
  for (const [i, value] of series.entries()) {
    squares += (value - centre) ** 2
    if (i > 0) products += (value - centre) * (series[i - 1]! - centre)
  }
  const seen = squares > 0 ? products / squares : 0
  return seen > 2 / Math.sqrt(n) ? Math.min(0.99, seen + (1 + 4 * seen) / n) : 0
}
