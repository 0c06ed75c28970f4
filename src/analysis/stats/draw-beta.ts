import type { RandomSource } from '../../vocabulary/xoshiro128.js'

/**
 * A random number from the beta distribution, from two gamma variates.
 *
 * @param a - at least 1
 * @param b - at least 1
 */
export function drawBeta(random: RandomSource, a: number, b: number): number {
  const x = drawGamma(random, a)
  return x / (x + drawGamma(random, b))
}

/** @see G. Marsaglia, W. W. Tsang (2000), ACM Trans. Math. Softw. 26(3), 363-372. doi:10.1145/358407.358414 */
function drawGamma(random: RandomSource, shape: number): number {
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const normal = drawNormal(random)
    const cube = (1 + c * normal) ** 3
    if (cube > 0 && Math.log(1 - random.uniform()) < normal ** 2 / 2 + d * (1 - cube + Math.log(cube))) return d * cube
  }
}

/** Marsaglia's polar method, of whose two numbers one is thrown away. */
function drawNormal(random: RandomSource): number {
  for (;;) {
    const [u, v] = [2 * random.uniform() - 1, 2 * random.uniform() - 1]
    const square = u * u + v * v
    if (square > 0 && square < 1) return u * Math.sqrt((-2 * Math.log(square)) / square)
  }
}
