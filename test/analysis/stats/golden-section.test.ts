import { expect, test } from 'vitest'
import { minimise } from '../../../src/analysis/stats/golden-section.js'

test('the bottom of a valley is found, wherever it lies between the ends', () => {
  expect(minimise((x) => (x - 0.3) ** 2, -1, 5)).toBeCloseTo(0.3, 7)
  expect(minimise(Math.abs, -1e-9, 1e6)).toBeCloseTo(0, 9)
})

test('a slope without a valley ends at its lower end', () => {
  expect(minimise((x) => x, 2, 3)).toBeCloseTo(2, 9)
  expect(minimise((x) => -x, 2, 3)).toBeCloseTo(3, 9)
})
