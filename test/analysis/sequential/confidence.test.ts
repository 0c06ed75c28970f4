import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Counts } from '../../../src/analysis/sequential/count-factors.js'
import {
  differenceConfidence,
  firstDifferenceState,
  observeDifference,
} from '../../../src/analysis/sequential/difference-confidence.js'
import { quantileConfidence } from '../../../src/analysis/sequential/quantile-confidence.js'
import { firstRatioLikelihood, observeRatio, ratioConfidence } from '../../../src/analysis/sequential/ratio-confidence.js'
import { upperLimit } from '../../support/clopper-pearson.js'
import { seededWorld } from '../../support/seeded-world.js'

test('the ratio and the difference of two rates lie within their intervals at every look of most runs', () => {
  const [alpha, runs] = [0.1, 300]
  const world = seededWorld(1234)
  let [ratioMissed, differenceMissed] = [0, 0]
  for (let run = 0; run < runs; run++) {
    let [ratio, difference] = [firstRatioLikelihood, firstDifferenceState]
    let [isRatioMissed, isDifferenceMissed] = [false, false]
    for (let look = 0; look < 15; look++) {
      // The split changes half-way.
      const canaryTotal = look < 8 ? 300 : 900
      const counts = {
        controlTotal: 1_000,
        controlBad: world.binomial(1_000, 0.01),
        canaryTotal,
        canaryBad: world.binomial(canaryTotal, 0.02),
      }
      ratio = observeRatio(ratio, counts)
      difference = observeDifference(difference, counts)
      const r = ratioConfidence(ratio, alpha)
      const d = differenceConfidence(difference, alpha)
      isRatioMissed ||= r.lower > 2 || r.upper < 2
      isDifferenceMissed ||= d.lower > 0.01 || d.upper < 0.01
    }
    if (isRatioMissed) ratioMissed += 1
    if (isDifferenceMissed) differenceMissed += 1
  }
  expect(upperLimit(ratioMissed, runs)).toBeLessThan(alpha * 1.2)
  expect(upperLimit(differenceMissed, runs)).toBeLessThan(alpha * 1.2)
})

test('the ratio seen lies within the interval, which narrows with more of the same', () => {
  const anyCounts = fc.record({
    controlTotal: fc.integer({ min: 100, max: 10_000 }),
    controlBad: fc.integer({ min: 5, max: 100 }),
    canaryTotal: fc.integer({ min: 100, max: 10_000 }),
    canaryBad: fc.integer({ min: 5, max: 100 }),
  })
  let telling = 0
  fc.assert(
    fc.property(anyCounts, (counts) => {
      const seen = counts.canaryBad / counts.canaryTotal / (counts.controlBad / counts.controlTotal)
      fc.pre(seen > 1 / 10 && seen < 10)
      const once = ratioConfidence(observeRatio(firstRatioLikelihood, counts))
      expect(once.lower).toBeLessThan(seen)
      expect(once.upper).toBeGreaterThan(seen)
      let state = firstRatioLikelihood
      for (let i = 0; i < 50; i++) state = observeRatio(state, counts)
      const often = ratioConfidence(state)
      expect(often.lower).toBeGreaterThan(once.lower)
      expect(often.upper).toBeLessThan(once.upper)
      telling += 1
    }),
  )
  expect(telling).toBeGreaterThan(20)
})

test('without bad requests there is no bound on the ratio, and a cohort without any bounds it on one side', () => {
  const counts: Counts = { controlTotal: 900, controlBad: 0, canaryTotal: 100, canaryBad: 0 }
  const of = (counts: Counts) => ratioConfidence(observeRatio(firstRatioLikelihood, counts))
  expect(of(counts)).toEqual({ lower: 0, upper: Number.POSITIVE_INFINITY })
  expect(of({ ...counts, canaryBad: 20 })).toMatchObject({ upper: Number.POSITIVE_INFINITY })
  expect(of({ ...counts, canaryBad: 20 }).lower).toBeGreaterThan(2)
  expect(of({ ...counts, controlBad: 60 }).upper).toBeLessThan(2)
  expect(of({ ...counts, controlBad: 60 }).lower).toBe(0)
})

test('after ten million bad requests, the interval is right and as narrow as its grid', () => {
  let state = firstRatioLikelihood
  for (let i = 0; i < 100; i++)
    state = observeRatio(state, { controlTotal: 9e6, controlBad: 9e4, canaryTotal: 1e6, canaryBad: 1.3e4 })
  const { lower, upper } = ratioConfidence(state)
  expect(lower).toBeGreaterThan(1.3 * 0.95)
  expect(lower).toBeLessThan(1.3)
  expect(upper).toBeGreaterThan(1.3)
  expect(upper).toBeLessThan(1.3 * 1.05)
})

test('before anything was seen, the difference may be anything', () => {
  expect(differenceConfidence(firstDifferenceState)).toEqual({ lower: -1, upper: 1 })
})

test('ranks for a quantile enclose it, and give no bound where values are few', () => {
  expect(quantileConfidence(0, 0.5)).toEqual({ lowerRank: 0, upperRank: 1 })
  expect(quantileConfidence(5, 0.99).upperRank).toBe(6)
  for (const n of [100, 1_000, 10_000]) {
    const { lowerRank, upperRank } = quantileConfidence(n, 0.9)
    expect(lowerRank).toBeLessThan(n * 0.9)
    expect(upperRank).toBeGreaterThan(n * 0.9)
  }
})
