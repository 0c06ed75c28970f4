import { expect, test } from 'vitest'
import { drawBeta } from '../../src/analysis/stats/draw-beta.js'
import { xoshiro128 } from '../../src/vocabulary/xoshiro128.js'

test('gives the numbers of the published generator', () => {
  const { uint32 } = xoshiro128([1, 2, 3, 4])
  // The authors' C code, state 1 2 3 4.
  const published = [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804]
  expect(published.map(() => uint32())).toEqual(published)
})

test('one seed gives one sequence, and its neighbour another', () => {
  const first = (seed: number) => Array.from({ length: 4 }, xoshiro128(seed).uint32)
  expect(first(1)).toEqual(first(1))
  expect(first(1)).not.toEqual(first(2))
  expect(first(0)).not.toEqual([0, 0, 0, 0])
})

test('uniform numbers lie in [0, 1) and fill it evenly', () => {
  const { uniform } = xoshiro128(3)
  const tenths = new Array<number>(10).fill(0)
  for (let i = 0; i < 20_000; i++) tenths[Math.floor(uniform() * 10)]!++
  // Five standard deviations of 2,000.
  for (const count of tenths) expect(Math.abs(count - 2_000)).toBeLessThan(212)
})

test.each([
  [1, 1],
  [3, 8],
  [190, 11],
])('beta variates with %i and %i have their mean and variance', (a, b) => {
  const random = xoshiro128(11)
  const draws = Array.from({ length: 20_000 }, () => drawBeta(random, a, b))
  const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length
  const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length
  const expected = (a * b) / ((a + b) ** 2 * (a + b + 1))
  expect(Math.abs(mean - a / (a + b))).toBeLessThan(5 * Math.sqrt(expected / draws.length))
  expect(Math.abs(variance / expected - 1)).toBeLessThan(0.06)
})
