import { xoshiro128 } from '../../src/vocabulary/xoshiro128.js'

/** Random numbers for simulated services: the same for the same seed, on every machine. */
export function seededWorld(seed: number) {
  const { uniform } = xoshiro128(seed)
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
  /** Bad ones among `total` requests; by inversion, so that `total · rate` is best below a few hundred. */
  const binomial = (total: number, rate: number) => {
    const odds = rate / (1 - rate)
    let probability = Math.exp(total * Math.log1p(-rate))
    let left = uniform() - probability
    let bad = 0
    while (left > 0 && bad < total) {
      probability *= ((total - bad) / (bad + 1)) * odds
      left -= probability
      bad += 1
    }
    return bad
  }
  return { uniform, normal, binomial }
}
