import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dirichletMultinomial } from '../../../src/analysis/sequential/dirichlet-multinomial.js'
import { firstSampleRatioWealth, sampleRatio } from '../../../src/analysis/sequential/sample-ratio.js'
import { firstSignState, signSymmetric } from '../../../src/analysis/sequential/sign-symmetric.js'
import { logSumExp } from '../../../src/analysis/stats/log-space.js'
import { upperLimit } from '../../support/clopper-pearson.js'
import { seededWorld } from '../../support/seeded-world.js'

const signEvidence = (differences: readonly number[]) =>
  logSumExp(differences.reduce((state, x) => signSymmetric(state, x), firstSignState).wealth)

test('the unit of a gauge does not matter, and a canary with more of it never looks better', () => {
  const differences = fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 3, maxLength: 30 })
  let telling = 0
  fc.assert(
    fc.property(differences, fc.integer({ min: 1, max: 50 }), (xs, more) => {
      const evidence = signEvidence(xs)
      expect(signEvidence(xs.map((x) => x * 1_024))).toBeCloseTo(evidence, 9)
      const worse = signEvidence([...xs.slice(0, -1), xs.at(-1)! + more])
      expect(worse).toBeGreaterThanOrEqual(evidence - 1e-12)
      if (worse > evidence) telling += 1
    }),
  )
  expect(telling).toBeGreaterThan(20)
})

test('a constant gauge proves nothing', () => {
  expect(signEvidence(new Array(50).fill(0))).toBeCloseTo(0, 12)
})

test('heavy-tailed noise of equal cohorts is called harm at no more than alpha over all looks', () => {
  const [alpha, runs] = [0.05, 1_500]
  const world = seededWorld(77)
  let rejected = 0
  for (let run = 0; run < runs; run++) {
    let state = firstSignState
    for (let look = 0; look < 40; look++) {
      state = signSymmetric(state, world.normal() / Math.abs(world.normal()))
      if (logSumExp(state.wealth) < -Math.log(alpha)) continue
      rejected += 1
      break
    }
  }
  expect(upperLimit(rejected, runs)).toBeLessThan(alpha * 1.2)
})

test('a gauge that is clearly higher is found in about a dozen looks', () => {
  expect(signEvidence(new Array(13).fill(1))).toBeGreaterThan(Math.log(100))
})

function mismatches(runs: number, share: number, tolerance: number): number {
  const world = seededWorld(3)
  let found = 0
  for (let run = 0; run < runs; run++) {
    let wealth = firstSampleRatioWealth
    for (let look = 0; look < 30 && logSumExp(wealth) < -Math.log(0.01); look++)
      wealth = sampleRatio(wealth, world.binomial(2_000, share), 2_000, 0.1, tolerance)
    if (logSumExp(wealth) >= -Math.log(0.01)) found += 1
  }
  return found
}

test('a split as intended, or a little off as tolerated, is called wrong at no more than alpha', () => {
  expect(upperLimit(mismatches(500, 0.1, 0), 500)).toBeLessThan(0.025)
  expect(upperLimit(mismatches(500, 0.105, 0.05), 500)).toBeLessThan(0.025)
})

test('a canary that gets a quarter more or less than its share is found', () => {
  expect(mismatches(50, 0.125, 0.05)).toBe(50)
  expect(mismatches(50, 0.075, 0.05)).toBe(50)
})

test('an interval without requests, or with all traffic on one side, says nothing of the split', () => {
  expect(sampleRatio(firstSampleRatioWealth, 0, 0, 0.1)).toBe(firstSampleRatioWealth)
  expect(sampleRatio(firstSampleRatioWealth, 10, 10, 1)).toBe(firstSampleRatioWealth)
})

test('three arms that share as intended are trusted, and one that starves is found', () => {
  expect(dirichletMultinomial([1_010, 990, 1_000], [1 / 3, 1 / 3, 1 / 3])).toBeLessThan(0)
  expect(dirichletMultinomial([1_200, 1_200, 600], [1 / 3, 1 / 3, 1 / 3])).toBeGreaterThan(50)
})
