import { expect, test } from 'vitest'
import { logGamma } from '../../src/analysis/stats/log-gamma.js'
import { binomialPmf } from '../../src/analysis/stats/unimodal-pmf.js'
import { drawBinomial, drawMultinomial, drawNormal, drawPoisson } from '../../src/simulation/draw.js'
import { xoshiro128 } from '../../src/vocabulary/xoshiro128.js'

const draws = 40_000

/** Largest distance between the distribution of draws and the true one; by Dvoretzky, Kiefer and Wolfowitz rarely above 0.012. */
function distance(draw: () => number, probability: (k: number) => number): number {
  const counts = new Map<number, number>()
  for (let i = 0; i < draws; i++) {
    const k = draw()
    counts.set(k, (counts.get(k) ?? 0) + 1)
  }
  let [seen, expected, largest] = [0, 0, 0]
  for (let k = 0; k <= Math.max(...counts.keys()); k++) {
    seen += (counts.get(k) ?? 0) / draws
    expected += probability(k)
    largest = Math.max(largest, Math.abs(seen - expected))
  }
  return largest
}

test.each([[0.3], [4], [9.99], [10], [37.5], [900]])('arrivals with a mean of %d follow their law', (mean) => {
  const random = xoshiro128(1)
  const poisson = (k: number) => Math.exp(k * Math.log(mean) - mean - logGamma(k + 1))
  expect(distance(() => drawPoisson(random, mean), poisson)).toBeLessThan(0.012)
})

test.each([
  [5, 0.5],
  [1_000, 0.002],
  [1_000, 0.03],
  [150, 0.4],
  [150, 0.9],
  [20_000, 0.0005],
  [3_000, 0.999],
])('failures among %i requests at a rate of %d follow their law', (trials, rate) => {
  const random = xoshiro128(2)
  const { first, probabilities } = binomialPmf(trials, rate)
  expect(
    distance(
      () => drawBinomial(random, trials, rate),
      (k) => probabilities[k - first] ?? 0,
    ),
  ).toBeLessThan(0.012)
})

test('nothing comes of nothing, and everything of certainty', () => {
  const random = xoshiro128(3)
  expect([drawPoisson(random, 0), drawBinomial(random, 0, 0.5), drawBinomial(random, 9, 0), drawBinomial(random, 9, 1)]).toEqual([
    0, 0, 0, 9,
  ])
})

test('classes share the whole in their proportions', () => {
  const random = xoshiro128(4)
  const chances = [0.1, 0, 0.6, 0.3]
  const counts = drawMultinomial(random, 100_000, chances)
  expect(counts.reduce((sum, count) => sum + count)).toBe(100_000)
  for (const [i, count] of counts.entries()) expect(Math.abs(count / 100_000 - chances[i]!)).toBeLessThan(0.01)
})

test('noise has mean nought and deviation one', () => {
  const random = xoshiro128(5)
  const values = Array.from({ length: draws }, () => drawNormal(random))
  const mean = values.reduce((sum, value) => sum + value) / draws
  expect(Math.abs(mean)).toBeLessThan(0.02)
  expect(values.reduce((sum, value) => sum + value ** 2) / draws).toBeCloseTo(1, 1)
})
