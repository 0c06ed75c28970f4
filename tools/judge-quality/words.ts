import { wilsonInterval } from '../../dist/src/analysis/fixed/wilson-interval.js'
import { incompleteBeta } from '../../dist/src/analysis/stats/incomplete-beta.js'

export const percent = (fraction: number, digits = 2): string => `${(100 * fraction).toFixed(digits)} %`

/** A rate with its 95 % interval: `0.31 % (0.22 to 0.43)`. */
export function rateWithInterval(hits: number, runs: number): string {
  const interval = wilsonInterval({ bad: hits, total: runs })
  if ('insufficient' in interval) return interval.insufficient
  return `${percent(hits / runs)} (${(100 * interval.lower).toFixed(2)} to ${(100 * interval.upper).toFixed(2)})`
}

/** P(at least so many hits), were each run a hit with this probability: small where the true probability is higher. */
export const tailProbability = (hits: number, runs: number, probability: number): number =>
  hits === 0 ? 1 : incompleteBeta(probability, hits, runs - hits + 1)

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
export const mean = (values: readonly number[]): number => sum(values) / values.length
export const geometricMean = (values: readonly number[]): number => Math.exp(mean(values.map(Math.log)))

export const times = (ratio: number, digits = 2): string => `${ratio.toFixed(digits)}x`
export const range = (values: readonly number[], say: (value: number) => string): string =>
  `${say(Math.min(...values))} to ${say(Math.max(...values))}`

/** Two standard errors above a promised probability: where chance alone may take the measured one. */
export const twoErrorsAbove = (probability: number, runs: number): number =>
  probability + 2 * Math.sqrt((probability * (1 - probability)) / runs)
