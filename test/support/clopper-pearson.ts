import { incompleteBeta } from '../../src/analysis/stats/incomplete-beta.js'

/** One-sided exact upper limit for a probability, after so many hits in so many runs: at most this with confidence 99.9 %. */
export function upperLimit(hits: number, runs: number, confidence = 0.999): number {
  if (hits === runs) return 1
  let [low, high] = [hits / runs, 1]
  for (let round = 0; round < 60; round++) {
    const middle = (low + high) / 2
    if (incompleteBeta(middle, hits + 1, runs - hits) < confidence) low = middle
    else high = middle
  }
  return high
}

/** Likewise the lower limit. */
export const lowerLimit = (hits: number, runs: number, confidence = 0.999): number =>
  1 - upperLimit(runs - hits, runs, confidence)
