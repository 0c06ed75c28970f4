const halfLog2Pi = 0.9189385332046728

/**
 * What Stirling's formula leaves out: ln Γ(x) − [(x − ½) ln x − x + ½ ln 2π], from its asymptotic series.
 * Kept apart, so that differences of large ln Γ can cancel on paper instead of in floating point.
 *
 * @param x - at least 10, where the next term of the series is below 3e-17
 */
export function stirlingRemainder(x: number): number {
  const s = 1 / (x * x)
  return (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s * (1 / 1188 - s * (691 / 360360 - s / 156)))))) / x
}

/**
 * Natural logarithm of Γ(x) for x > 0, to about 15 digits; `Infinity` at 0, NaN below.
 *
 * @see M. Abramowitz, I. A. Stegun (1964), Handbook of Mathematical Functions, 6.1.15 and 6.1.41.
 */
export function logGamma(x: number): number {
  if (x === 0 || x === Infinity) return Infinity
  if (!(x > 0)) return Number.NaN
  if (x === 1 || x === 2) return 0
  let product = 1
  let shifted = x
  while (shifted < 10) product *= shifted++
  return (shifted - 0.5) * Math.log(shifted) - shifted + halfLog2Pi + stirlingRemainder(shifted) - Math.log(product)
}

/** ln B(a, b) = ln Γ(a) + ln Γ(b) − ln Γ(a + b) for a, b > 0, without the cancellation when either is large. */
export function logBeta(a: number, b: number): number {
  const [small, large] = a < b ? [a, b] : [b, a]
  const sum = small + large
  if (large < 10) return logGamma(small) + logGamma(large) - logGamma(sum)
  const rest = stirlingRemainder(large) - stirlingRemainder(sum) + (large - 0.5) * Math.log1p(-small / sum)
  if (small < 10) return logGamma(small) + rest + small - small * Math.log(sum)
  return halfLog2Pi + stirlingRemainder(small) + rest + (small - 0.5) * Math.log(small / sum) - 0.5 * Math.log(sum)
}
