const sqrt2Pi = 2.5066282746310007

const density = (z: number) => Math.exp((-z * z) / 2) / sqrt2Pi

/**
 * P(Z > z) for a standard normal Z: relative error below 1e-12 down to the smallest numbers, where `1 − cdf` has none left.
 * A power series in the middle, Laplace's continued fraction in the tails.
 *
 * @see M. Abramowitz, I. A. Stegun (1964), Handbook of Mathematical Functions, 26.2.11 and 26.2.14.
 */
export function normalUpperTail(z: number): number {
  if (z < -3) return 1 - normalUpperTail(-z)
  if (z > 3) {
    let fraction = z
    for (let k = 60; k >= 1; k--) fraction = z + k / fraction
    return density(z) / fraction
  }
  let term = z
  let sum = z
  for (let k = 3; Math.abs(term) > Math.abs(sum) * 1e-17; k += 2) {
    term *= (z * z) / k
    sum += term
  }
  return 0.5 - density(z) * sum
}

/** P(Z ≤ z) for a standard normal Z. */
export const normalCdf = (z: number): number => normalUpperTail(-z)

/**
 * The z with P(Z ≤ z) = `probability`; ±Infinity at 0 and 1, NaN outside.
 * A rational start (Abramowitz & Stegun 26.2.23, error 4.5e-4), polished by Halley's method to full precision.
 */
export function normalQuantile(probability: number): number {
  if (!(probability >= 0 && probability <= 1)) return Number.NaN
  if (probability > 0.5) return -normalQuantile(1 - probability)
  if (probability === 0) return -Infinity
  if (probability === 0.5) return 0
  const t = Math.sqrt(-2 * Math.log(probability))
  let z = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
  for (let round = 0; round < 3; round++) {
    const step = (normalUpperTail(z) - probability) / density(z)
    z += step / (1 - (step * z) / 2)
  }
  return -z
}
