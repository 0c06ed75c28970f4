import { expect, test } from 'vitest'
import { calibrate, decorrelationBlock } from '../../../src/analysis/sequential/calibrate.js'
import type { Counts } from '../../../src/analysis/sequential/count-factors.js'
import { dispersionPhi, noDispersion, observeDispersion } from '../../../src/analysis/sequential/dispersion.js'
import { seededWorld } from '../../support/seeded-world.js'

const world = seededWorld(31)
const interval = (clump: number, canaryTotal = 1_000): Counts => ({
  controlTotal: 9_000,
  controlBad: clump * world.binomial(9_000, 0.01 / clump),
  canaryTotal,
  canaryBad: clump * world.binomial(canaryTotal, 0.01 / clump),
})
const phiOf = (intervals: readonly Counts[]) =>
  dispersionPhi(intervals.reduce((past, counts) => observeDispersion(past, counts), noDispersion))

test('independent failures are not taken for bursts, and bursts of four are', () => {
  expect(phiOf(Array.from({ length: 200 }, () => interval(1)))).toBeLessThan(1.3)
  const bursts = phiOf(Array.from({ length: 200 }, () => interval(4)))
  expect(bursts).toBeGreaterThan(3)
  expect(bursts).toBeLessThan(5)
})

test('a canary that gets more traffic step by step is not taken for bursts', () => {
  const ramp = [100, 500, 1_000, 3_000, 9_000].flatMap((total) => Array.from({ length: 10 }, () => interval(1, total)))
  expect(phiOf(ramp)).toBeLessThan(1.6)
})

test('with a limit on each residual, a canary that gets worse does not pass for noise', () => {
  const good = Array.from({ length: 10 }, () => interval(1))
  const worse = Array.from({ length: 3 }, () => ({ ...interval(1), canaryBad: 30 }))
  const phi = (most?: number) =>
    dispersionPhi([...good, ...worse].reduce((past, counts) => observeDispersion(past, counts, most), noDispersion))
  expect(phi()).toBeGreaterThan(3)
  expect(phi(4)).toBeLessThan(1.7)
})

test('bursts are noticed at a new weight too, against what the canary showed at that weight', () => {
  const before = Array.from({ length: 30 }, () => interval(1, 100))
  expect(phiOf([...before, ...Array.from({ length: 100 }, () => interval(4, 3_000))])).toBeGreaterThan(2.5)
})

test('what is known from before is a floor', () => {
  expect(dispersionPhi(noDispersion, 2.5)).toBe(2.5)
})

test('a comparison of stable with stable tells bursts from independence, and asks for no margin where luck does not last', () => {
  const independent = calibrate(Array.from({ length: 120 }, () => interval(1)))!
  expect(independent.phi).toBeLessThan(1.6)
  expect(independent.relative).toBe(1)
  const bursts = calibrate(Array.from({ length: 120 }, () => interval(4)))!
  expect(bursts.phi).toBeGreaterThan(3.5)
  expect(bursts.phi).toBeLessThan(7)
})

test('a cohort whose luck lasts needs a margin of twice its deviation', () => {
  let luck = 0
  const history = Array.from({ length: 300 }, () => {
    luck = 0.9 * luck + Math.sqrt(1 - 0.81) * 0.2 * world.normal()
    return {
      controlTotal: 40_000,
      controlBad: 400,
      canaryTotal: 20_000,
      canaryBad: world.binomial(20_000, 0.01 * Math.exp(luck)),
    }
  })
  const { persistence, deviation, relative } = calibrate(history)!
  expect(persistence).toBeGreaterThan(0.5)
  expect(deviation).toBeGreaterThan(0.12)
  expect(deviation).toBeLessThan(0.3)
  expect(relative).toBeCloseTo(Math.exp(2 * deviation), 10)
})

test('too little history is no calibration', () => {
  expect(calibrate([interval(1), interval(1)])).toBeUndefined()
  expect(
    calibrate(Array.from({ length: 9 }, () => ({ controlTotal: 10, controlBad: 0, canaryTotal: 10, canaryBad: 0 }))),
  ).toBeUndefined()
})

test('gauges that wander slowly are averaged over more looks', () => {
  const series = (persistence: number) => {
    let value = 0
    return Array.from({ length: 2_000 }, () => {
      value = persistence * value + world.normal()
      return value
    })
  }
  expect(decorrelationBlock(series(0))).toBeLessThanOrEqual(2)
  expect(decorrelationBlock(series(0.6))).toBeGreaterThanOrEqual(5)
  expect(decorrelationBlock(series(0.6))).toBeLessThanOrEqual(7)
  expect(decorrelationBlock([1, 1, 1])).toBe(1)
})
