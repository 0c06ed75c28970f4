import { expect, test } from 'vitest'
import { type DeadlineState, deadlineLook, drawOf, firstDeadlineState } from '../../../src/analysis/sequential/deadline-test.js'
import { lowerLimit, upperLimit } from '../../support/clopper-pearson.js'
import { seededWorld } from '../../support/seeded-world.js'

const hasRejected = ({ sum, boundary }: DeadlineState) => sum >= boundary

function share(runs: number, ratio: number, alpha: number): number {
  const world = seededWorld(5)
  let rejected = 0
  for (let run = 0; run < runs; run++) {
    let state = firstDeadlineState
    for (let look = 0; look < 20 && !hasRejected(state); look++) {
      const counts = {
        controlTotal: 900,
        controlBad: world.binomial(900, 0.005),
        canaryTotal: 100,
        canaryBad: world.binomial(100, 0.005 * ratio),
      }
      state = deadlineLook(state, drawOf(counts, 1), 20, alpha)
    }
    if (hasRejected(state)) rejected += 1
  }
  return rejected
}

test('by the declared end, alpha is spent and not exceeded', () => {
  const rejected = share(2_000, 1, 0.05)
  expect(upperLimit(rejected, 2_000)).toBeLessThan(0.05 * 1.4)
  expect(lowerLimit(rejected, 2_000)).toBeGreaterThan(0.05 * 0.5)
})

test('a canary with three times the failures is found', () => {
  expect(share(300, 3, 0.05)).toBeGreaterThan(280)
})

test('failures while control had no requests are not held against the canary', () => {
  const state = deadlineLook(
    firstDeadlineState,
    drawOf({ controlTotal: 0, controlBad: 0, canaryTotal: 50, canaryBad: 50 }, 1),
    10,
    0.01,
  )
  expect(state.sum).toBe(0)
  expect(hasRejected(state)).toBe(false)
})

test('after the declared end nothing more is spent', () => {
  let state = firstDeadlineState
  for (let look = 0; look < 30; look++) {
    state = deadlineLook(state, { bad: 20, canaryBad: 2, share: 0.1 }, 10, 0.01)
    expect(state.spent).toBeLessThanOrEqual(0.01)
  }
})
