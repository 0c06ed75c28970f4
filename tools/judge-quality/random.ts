import { logGamma } from '../../dist/src/analysis/stats/log-gamma.js'
import { xoshiro128 } from '../../dist/src/vocabulary/xoshiro128.js'

export interface Random {
  /** In [0, 1). */
  uniform(): number
  /** Standard normal. */
  normal(): number
  /** Successes of `tries` at this probability, exact at any size. */
  binomial(tries: number, probability: number): number
}

/** Chance for simulations: the same for the same seed. */
export function seededRandom(seed: number): Random {
  const { uniform } = xoshiro128(seed)
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
  const binomial = (tries: number, probability: number): number => {
    if (probability > 0.5) return tries - binomial(tries, 1 - probability)
    return tries * probability < 10 ? byInversion(tries, probability, uniform) : byRejection(tries, probability, uniform)
  }
  return { uniform, normal, binomial }
}

function byInversion(tries: number, probability: number, uniform: () => number): number {
  const odds = probability / (1 - probability)
  let term = Math.exp(tries * Math.log1p(-probability))
  let left = uniform() - term
  let successes = 0
  while (left > 0 && successes < tries) {
    term *= ((tries - successes) / (successes + 1)) * odds
    left -= term
    successes += 1
  }
  return successes
}

/** Transformed rejection. @see W. Hörmann (1993), J. Stat. Comput. Simul. 46, 101-110, algorithm BTRS. */
function byRejection(tries: number, probability: number, uniform: () => number): number {
  const deviation = Math.sqrt(tries * probability * (1 - probability))
  const b = 1.15 + 2.53 * deviation
  const a = -0.0873 + 0.0248 * b + 0.01 * probability
  const logOdds = Math.log(probability / (1 - probability))
  const mode = Math.floor((tries + 1) * probability)
  const logWeight = (k: number) => k * logOdds - logGamma(k + 1) - logGamma(tries - k + 1)
  for (;;) {
    const u = uniform() - 0.5
    const v = uniform()
    const room = 0.5 - Math.abs(u)
    const k = Math.floor(((2 * a) / room + b) * u + tries * probability + 0.5)
    if (room >= 0.07 && v <= 0.92 - 4.2 / b) return k
    if (k < 0 || k > tries) continue
    const height = Math.log((v * (2.83 + 5.1 / b) * deviation) / (a / room ** 2 + b))
    if (height <= logWeight(k) - logWeight(mode)) return k
  }
}
