import { logBeta } from './log-gamma.js'

/** The continued fraction of the incomplete beta function, by Lentz's method; converges fast for x < (a + 1) / (a + b + 2). */
function continuedFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300
  const awayFromZero = (value: number) => (Math.abs(value) < tiny ? tiny : value)
  let c = 1
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1))
  let value = d
  const multiply = (coefficient: number) => {
    d = 1 / awayFromZero(1 + coefficient * d)
    c = awayFromZero(1 + coefficient / c)
    value *= c * d
    return Math.abs(c * d - 1)
  }
  // About √max(a, b) rounds are needed.
  for (let m = 1; m < 100_000; m++) {
    multiply((m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)))
    if (multiply((-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))) < 1e-16) break
  }
  return value
}

/**
 * The regularised incomplete beta function I_x(a, b): P(X ≤ x) for X ~ Beta(a, b).
 *
 * @param x - 0 to 1
 * @param a - above 0
 * @param b - above 0
 * @param complement - `1 − x`, for callers who know it without the rounding of a subtraction
 * @see M. Abramowitz, I. A. Stegun (1964), 26.5.8; W. J. Lentz (1976), Appl. Opt. 15(3), 668-671.
 */
export function incompleteBeta(x: number, a: number, b: number, complement = 1 - x): number {
  if (!(x >= 0 && x <= 1 && a > 0 && b > 0)) return Number.NaN
  if (x === 0 || complement === 0) return x === 0 ? 0 : 1
  const front = Math.exp(a * logOf(x, complement) + b * logOf(complement, x) - logBeta(a, b))
  if (x < (a + 1) / (a + b + 2)) return (front * continuedFraction(x, a, b)) / a
  return 1 - (front * continuedFraction(complement, b, a)) / b
}

const logOf = (value: number, complement: number) => (value > 0.5 ? Math.log1p(-complement) : Math.log(value))
