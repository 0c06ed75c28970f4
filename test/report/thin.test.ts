import fc from 'fast-check'
import { expect, test } from 'vitest'
import { thin } from '../../src/report/thin.js'

test('thinning keeps the ends and both extremes, keeps the order, and stays within its number', () => {
  let thinned = 0
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -1_000, max: 1_000 }), { maxLength: 300, size: 'max' }),
      fc.integer({ min: 4, max: 60 }),
      (values, most) => {
        const points = values.map((value, index) => ({ value, index }))
        const kept = thin(points, most, ({ value }) => value)
        expect(kept.length).toBeLessThanOrEqual(most)
        expect(kept.map(({ index }) => index)).toEqual(kept.map(({ index }) => index).toSorted((a, b) => a - b))
        expect(kept[0]).toBe(points[0])
        expect(kept.at(-1)).toBe(points.at(-1))
        if (points.length <= most) {
          expect(kept).toEqual(points)
          return
        }
        thinned++
        expect(Math.max(...kept.map(({ value }) => value))).toBe(Math.max(...values))
        expect(Math.min(...kept.map(({ value }) => value))).toBe(Math.min(...values))
      },
    ),
  )
  expect(thinned).toBeGreaterThan(20)
})
