import { normalCdf } from '../stats/normal-distribution.js'

/** P(T ≤ x) for the time T at which a Brownian motion with drift first reaches its boundary. @see R. S. Chhikara, J. L. Folks (1989). */
export function inverseGaussianCdf(x: number, mean: number, shape: number): number {
  const scale = Math.sqrt(shape / x)
  const tail = normalCdf(-scale * (x / mean + 1))
  return normalCdf(scale * (x / mean - 1)) + (tail > 0 ? Math.exp((2 * shape) / mean + Math.log(tail)) : 0)
}

/** The x with P(T ≤ x) = `probability`, by bisection. `probability` is above 0 and below 1. */
export function inverseGaussianQuantile(probability: number, mean: number, shape: number): number {
  let [low, high] = [0, mean]
  while (inverseGaussianCdf(high, mean, shape) < probability) high *= 2
  for (let round = 0; round < 60; round++) {
    const middle = (low + high) / 2
    if (inverseGaussianCdf(middle, mean, shape) < probability) low = middle
    else high = middle
  }
  return (low + high) / 2
}
