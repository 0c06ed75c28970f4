import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sortNumbers } from '../../../src/analysis/fixed/sort-numbers.js'
import { xoshiro128 } from '../../../src/vocabulary/xoshiro128.js'

/** Series that are hard for a sort by upper halves, of 3,000 numbers each. */
const series: Record<string, (uniform: () => number) => number> = {
  'both signs and all magnitudes': (uniform) => (uniform() - 0.5) * 10 ** (600 * uniform() - 300),
  'numbers that differ in their last digits only': (uniform) => 1_000 + uniform() * 1e-9,
  'whole numbers with many ties': (uniform) => Math.floor(uniform() * 5) - 2,
  'zeros of both signs, and infinities': (uniform) => [0, -0, Infinity, -Infinity, 1][Math.floor(uniform() * 5)]!,
}

test.each(Object.keys(series))('sorts %s', (name) => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const { uniform } = xoshiro128(seed)
      const values = Float64Array.from({ length: 3_000 }, () => series[name]!(uniform))
      const expected = values
        .slice()
        .sort()
        .map((value) => value + 0)
      expect(sortNumbers(values).map((value) => value + 0)).toEqual(expected)
    }),
    { numRuns: 10 },
  )
})

test('sorts a part of a larger buffer', () => {
  const { uniform } = xoshiro128(1)
  const whole = Float64Array.from({ length: 4_000 }, () => uniform())
  const part = whole.subarray(501, 3_501)
  const expected = part.slice().sort()
  expect(sortNumbers(part)).toEqual(expected)
})
