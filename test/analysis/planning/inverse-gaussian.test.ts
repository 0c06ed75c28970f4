import { expect, test } from 'vitest'
import { inverseGaussianCdf, inverseGaussianQuantile } from '../../../src/analysis/planning/inverse-gaussian.js'

test('the distribution has its known value in the middle: Φ(0) + e² Φ(−2)', () => {
  expect(inverseGaussianCdf(1, 1, 1)).toBeCloseTo(0.5 + Math.exp(2) * 0.0227501319481792, 12)
})

test.each([0.01, 0.5, 0.9, 0.999])('a quantile of %d is where the distribution has that probability', (probability) => {
  for (const shape of [0.1, 3, 500]) {
    const x = inverseGaussianQuantile(probability, 7, shape)
    expect(inverseGaussianCdf(x, 7, shape)).toBeCloseTo(probability, 9)
  }
})
