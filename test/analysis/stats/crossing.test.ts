import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crossing } from '../../../src/analysis/stats/crossing.js'

test('where a concave function crosses zero is found to twelve digits, from either side and in a few steps', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.05, max: 3, noNaN: true }), fc.boolean(), (root, isTurned) => {
      let steps = 0
      const f = (x: number) => {
        steps += 1
        return 10 * (root - x) - Math.exp(x) + Math.exp(root)
      }
      const [from, to] = isTurned ? [root + 0.05, root - 0.05] : [root - 0.05, root + 0.04]
      expect(Math.abs(crossing(f, from, to) - root)).toBeLessThan(1e-12)
      expect(steps).toBeLessThan(12)
    }),
  )
})

test('a crossing at an end is that end', () => {
  expect(crossing((x) => x - 1, 0, 1)).toBe(1)
  expect(crossing((x) => x, 0, 1)).toBeCloseTo(0, 12)
})
