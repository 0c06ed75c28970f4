import fc from 'fast-check'
import { expect, test } from 'vitest'
import { smallestStepPercent, weightsFor } from '../../../adapters/haproxy/split.js'

const names = (count: number, side: string) => Array.from({ length: count }, (_, i) => `${side}${i}`)
const sum = (weights: [string, number][]) => weights.reduce((total, [, weight]) => total + weight, 0)

test('every half percent is exact, with any number of servers on either side', () => {
  for (const [canaries, stables] of [
    [1, 1],
    [1, 10],
    [10, 1],
    [3, 7],
    [40, 40],
  ] as const)
    for (let percent = 0; percent <= 100; percent += smallestStepPercent) {
      const { canary, stable } = weightsFor(percent, names(canaries, 'c'), names(stables, 's'))
      expect(sum(canary) * 100).toBe(percent * (sum(canary) + sum(stable)))
    }
})

test('weights are whole, from 0 to 256, alike within a side, and never all zero', () => {
  let crowded = 0
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 60 }), fc.nat(200), (canaries, stables, halves) => {
      const sides = weightsFor(halves / 2, names(canaries, 'c'), names(stables, 's'))
      crowded += canaries > 20 && halves > 0 && halves < 10 ? 1 : 0
      for (const side of [sides.canary, sides.stable]) {
        const weights = side.map(([, weight]) => weight)
        expect(weights.every((weight) => Number.isInteger(weight) && weight >= 0 && weight <= 256)).toBe(true)
        expect(Math.max(...weights) - Math.min(...weights)).toBeLessThanOrEqual(1)
      }
      expect(sum(sides.canary) + sum(sides.stable)).toBeGreaterThanOrEqual(200)
    }),
    { numRuns: 1_000 },
  )
  expect(crowded).toBeGreaterThan(5)
})

test('a side that gets nothing needs no server', () => {
  expect(weightsFor(0, [], ['s0'])).toEqual({ canary: [], stable: [['s0', 200]] })
  expect(weightsFor(100, ['c0', 'c1'], [])).toEqual({
    canary: [
      ['c0', 200],
      ['c1', 200],
    ],
    stable: [],
  })
})
