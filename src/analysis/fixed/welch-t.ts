import { ReleaseError } from '../../vocabulary/errors.js'
import { studentTUpperQuantile, studentTUpperTail } from '../stats/student-t.js'
import type { Insufficient } from './insufficient.js'
import type { Alternative } from './mann-whitney-u.js'

export interface WelchT {
  readonly t: number
  /** Satterthwaite's degrees of freedom; not whole. */
  readonly df: number
  readonly p: number
  /** Bounds of mean(x) − mean(y); infinite on the open side of a one-sided test. */
  readonly lower: number
  readonly upper: number
}

/**
 * Welch's t-test of equal means, for samples of unequal variance. NaN are left out.
 *
 * @param x - the canary
 * @param y - the control
 * @throws ReleaseError `input/invalid` for infinite numbers or a confidence out of range
 * @see B. L. Welch (1947), Biometrika 34(1-2), 28-35. doi:10.1093/biomet/34.1-2.28
 */
export function welchT(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  { alternative = 'two-sided', confidence = 0.95 }: { alternative?: Alternative; confidence?: number } = {},
): WelchT | Insufficient {
  if (!(confidence > 0 && confidence < 1))
    throw new ReleaseError('input/invalid', `Welch's t: confidence lies between 0 and 1, got ${confidence}.`)
  const [a, b] = [moments(x), moments(y)]
  if (a.n < 2 || b.n < 2) return { insufficient: `Needs at least two numbers in each sample, got ${a.n} and ${b.n}.` }
  const [va, vb] = [a.variance / a.n, b.variance / b.n]
  const error = Math.sqrt(va + vb)
  if (error === 0) return { insufficient: 'Both samples are constant: without any spread a t-test says nothing.' }
  const difference = a.mean - b.mean
  if (!Number.isFinite(difference) || !Number.isFinite(error))
    throw new ReleaseError('input/invalid', "Welch's t: a number is infinite, or too large to square. Remove or rescale it.")
  const [shareA, shareB] = [va / (va + vb), vb / (va + vb)]
  const df = 1 / (shareA ** 2 / (a.n - 1) + shareB ** 2 / (b.n - 1))
  const t = difference / error
  const isTwoSided = alternative === 'two-sided'
  const reach = error * studentTUpperQuantile(isTwoSided ? (1 - confidence) / 2 : 1 - confidence, df)
  const tail = studentTUpperTail(isTwoSided ? Math.abs(t) : alternative === 'greater' ? t : -t, df)
  return {
    t,
    df,
    p: isTwoSided ? 2 * tail : tail,
    lower: alternative === 'less' ? -Infinity : difference - reach,
    upper: alternative === 'greater' ? Infinity : difference + reach,
  }
}

/** In two passes, so that a large mean does not drown a small variance. */
function moments(values: ArrayLike<number>): { readonly n: number; readonly mean: number; readonly variance: number } {
  const kept = Float64Array.from(values).filter((value) => !Number.isNaN(value))
  const n = kept.length
  const mean = kept.reduce((sum, value) => sum + value, 0) / n
  return { n, mean, variance: kept.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1) }
}
