import { logGamma } from '../analysis/stats/log-gamma.js'
import { normalQuantile } from '../analysis/stats/normal-distribution.js'
import type { RandomSource } from '../vocabulary/xoshiro128.js'

/** Below this mean, walking up the distribution is faster than rejection, and the bounds of rejection do not hold. */
const smallMean = 10

/**
 * A random number of events, when `mean` are expected.
 * @see W. Hörmann (1993), Insur. Math. Econ. 12(1), 39-45 (method PTRS). doi:10.1016/0167-6687(93)90997-4
 */
export function drawPoisson(random: RandomSource, mean: number): number {
  if (!(mean > 0)) return 0
  if (mean < smallMean) return walkUp(random, Math.exp(-mean), 0, mean, Number.POSITIVE_INFINITY)
  const b = 0.931 + 2.53 * Math.sqrt(mean)
  const a = -0.059 + 0.02483 * b
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4)
  const quick = 0.9277 - 3.6224 / (b - 2)
  for (;;) {
    const u = random.uniform() - 0.5
    const v = 1 - random.uniform()
    const us = 0.5 - Math.abs(u)
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43)
    if (us >= 0.07 && v <= quick) return k
    if (k < 0 || (us < 0.013 && v > us)) continue
    if (Math.log((v * inverseAlpha) / (a / (us * us) + b)) <= k * Math.log(mean) - mean - logFactorial(k)) return k
  }
}

/**
 * A random number of successes in `trials` independent tries.
 * @param trials - a whole number
 * @param probability - values outside 0 to 1 count as the nearer end
 * @see W. Hörmann (1993), J. Stat. Comput. Simul. 46(1-2), 101-110 (method BTRS). doi:10.1080/00949659308811496
 */
export function drawBinomial(random: RandomSource, trials: number, probability: number): number {
  if (!(probability > 0) || trials === 0) return 0
  if (probability >= 1) return trials
  if (probability > 0.5) return trials - drawBinomial(random, trials, 1 - probability)
  const odds = probability / (1 - probability)
  if (trials * probability < smallMean) return walkUp(random, (1 - probability) ** trials, -odds, (trials + 1) * odds, trials)

  const spread = Math.sqrt(trials * probability * (1 - probability))
  const b = 1.15 + 2.53 * spread
  const a = -0.0873 + 0.0248 * b + 0.01 * probability
  const c = trials * probability + 0.5
  const alpha = (2.83 + 5.1 / b) * spread
  const quick = 0.92 - 4.2 / b
  const mode = Math.floor((trials + 1) * probability)
  for (;;) {
    const u = random.uniform() - 0.5
    const v = 1 - random.uniform()
    const us = 0.5 - Math.abs(u)
    const k = Math.floor(((2 * a) / us + b) * u + c)
    if (k < 0 || k > trials) continue
    if (us >= 0.07 && v <= quick) return k
    const height = logFactorial(mode) + logFactorial(trials - mode)
    const bound = height - logFactorial(k) - logFactorial(trials - k) + (k - mode) * Math.log(odds)
    if (Math.log((v * alpha) / (a / (us * us) + b)) <= bound) return k
  }
}

/** Inversion: from 0 up, until the probabilities so far exceed a uniform number. Each is the one before times a + b / k. */
function walkUp(random: RandomSource, atZero: number, a: number, b: number, last: number): number {
  let left = random.uniform()
  let probability = atZero
  let k = 0
  // What rounding leaves over after the tail has vanished belongs to the tail.
  while (left > probability && k < last && probability > 0) {
    left -= probability
    k += 1
    probability *= a + b / k
  }
  return k
}

const logFactorial = (k: number) => logGamma(k + 1)

/** A standard normal number; the half keeps it finite. */
export const drawNormal = (random: RandomSource): number => normalQuantile((random.uint32() + 0.5) / 2 ** 32)

/** How many of `total` fall into each class. @param chances - probabilities that sum to 1 */
export function drawMultinomial(random: RandomSource, total: number, chances: readonly number[]): number[] {
  const counts = new Array<number>(chances.length).fill(0)
  let left = total
  let rest = 1
  for (let i = 0; left > 0 && i < chances.length; i++) {
    counts[i] = i === chances.length - 1 ? left : drawBinomial(random, left, chances[i]! / rest)
    left -= counts[i]!
    rest -= chances[i]!
  }
  return counts
}
