import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bernoulliEProcess } from '../../../src/analysis/sequential/bernoulli-e-process.js'
import { countEProcess } from '../../../src/analysis/sequential/count-e-process.js'
import type { Counts } from '../../../src/analysis/sequential/count-factors.js'
import { type Direction, kept, nodeMixture } from '../../../src/analysis/sequential/node-mixture.js'
import { logSumExp } from '../../../src/analysis/stats/log-space.js'
import { upperLimit } from '../../support/clopper-pearson.js'
import { seededWorld } from '../../support/seeded-world.js'

const directions: readonly Direction[] = ['regression', 'non-inferiority']
const anyDirection = fc.constantFrom(...directions)
const anyMargin = fc.record({ relative: fc.double({ min: 1, max: 3, noNaN: true }), absolute: fc.constantFrom(0, 1e-4, 1e-2) })
const anyCounts: fc.Arbitrary<Counts> = fc
  .record({
    controlTotal: fc.nat(5_000),
    canaryTotal: fc.nat(5_000),
    control: fc.double({ min: 0, max: 0.3, noNaN: true }),
    canary: fc.double({ min: 0, max: 0.3, noNaN: true }),
  })
  .map(({ controlTotal, canaryTotal, control, canary }) => ({
    controlTotal,
    canaryTotal,
    controlBad: Math.floor(controlTotal * control),
    canaryBad: Math.floor(canaryTotal * canary),
  }))
const anyHistory = fc.array(anyCounts, { maxLength: 8 })
const pace = { share: 1 / 60 }

test('a canary with one more bad request never looks better', () => {
  let telling = 0
  fc.assert(
    fc.property(anyDirection, anyMargin, anyHistory, anyCounts, (direction, margin, history, counts) => {
      const engine = countEProcess(nodeMixture({ direction }), margin)
      const before = history.reduce((wealth, past) => engine.update(wealth, [past], pace), engine.begin())
      const evidence = (canaryBad: number) => logSumExp(engine.update(before, [{ ...counts, canaryBad }], pace))
      const change = evidence(counts.canaryBad + 1) - evidence(counts.canaryBad)
      if (Math.abs(change) > 1e-9) telling += 1
      if (direction === 'regression') expect(change).toBeGreaterThanOrEqual(-1e-9)
      else expect(change).toBeLessThanOrEqual(1e-9)
    }),
  )
  expect(telling).toBeGreaterThan(20)
})

test('ten times the traffic with the same bad requests, under a tenth of the absolute margin, is the same evidence', () => {
  fc.assert(
    fc.property(anyDirection, anyMargin, anyHistory, (direction, { relative, absolute }, history) => {
      const engine = countEProcess(nodeMixture({ direction }), { relative, absolute })
      const larger = countEProcess(nodeMixture({ direction }), { relative, absolute: absolute / 10 })
      const tenfold = (c: Counts) => ({ ...c, controlTotal: c.controlTotal * 10, canaryTotal: c.canaryTotal * 10 })
      const one = history.reduce((wealth, counts) => engine.update(wealth, [counts], pace), engine.begin())
      const other = history.reduce((wealth, counts) => larger.update(wealth, [tenfold(counts)], pace), larger.begin())
      expect(logSumExp(other)).toBeCloseTo(logSumExp(one), 6)
    }),
  )
})

test('an interval without requests of one cohort changes nothing', () => {
  const engine = countEProcess(nodeMixture(), { relative: 1, absolute: 0 })
  const wealth = engine.update(engine.begin(), [{ controlTotal: 900, controlBad: 9, canaryTotal: 100, canaryBad: 4 }], pace)
  const nothing = { controlTotal: 0, controlBad: 0, canaryTotal: 0, canaryBad: 0 }
  expect(engine.update(wealth, [nothing], pace)).toBe(wealth)
  expect(engine.update(wealth, [{ ...nothing, canaryTotal: 50, canaryBad: 50 }], pace)).toBe(wealth)
  expect(engine.update(wealth, [{ ...nothing, controlTotal: 50, controlBad: 50 }], pace)).toBe(wealth)
  expect(engine.update(wealth, [], pace)).toBe(wealth)
})

test('strata of equal mix weigh what their sum does, in any order', () => {
  const engine = countEProcess(nodeMixture(), { relative: 1.1, absolute: 1e-4 })
  const [a, b] = [
    { controlTotal: 900, controlBad: 4, canaryTotal: 100, canaryBad: 3 },
    { controlTotal: 1_800, controlBad: 9, canaryTotal: 200, canaryBad: 5 },
  ]
  const whole = { controlTotal: 2_700, controlBad: 13, canaryTotal: 300, canaryBad: 8 }
  const evidence = (strata: Counts[]) => logSumExp(engine.update(engine.begin(), strata))
  expect(evidence([a, b])).toBeCloseTo(evidence([whole]), 10)
  expect(evidence([b, a])).toBeCloseTo(evidence([a, b]), 10)
})

test('strata see through a canary that only got more of the endpoint that always fails more', () => {
  const engine = countEProcess(nodeMixture(), { relative: 1, absolute: 0 })
  const easy = { controlTotal: 9_000, controlBad: 9, canaryTotal: 200, canaryBad: 0 }
  const hard = { controlTotal: 1_000, controlBad: 100, canaryTotal: 800, canaryBad: 80 }
  const pooled = { controlTotal: 10_000, controlBad: 109, canaryTotal: 1_000, canaryBad: 80 }
  expect(logSumExp(engine.update(engine.begin(), [pooled]))).toBeGreaterThan(20)
  expect(logSumExp(engine.update(engine.begin(), [easy, hard]))).toBeLessThan(0)
})

test('what is kept is never more than there was, is short, and is the same after a trip through JSON', () => {
  fc.assert(
    fc.property(
      anyDirection,
      anyMargin,
      anyHistory,
      fc.double({ min: 1, max: 20, noNaN: true }),
      (direction, margin, history, ceiling) => {
        const engine = countEProcess(nodeMixture({ direction }), margin)
        const wealth = history.reduce((wealth, counts) => engine.update(wealth, [counts], pace), engine.begin())
        const short = kept(wealth, ceiling)
        expect(logSumExp(short)).toBeLessThanOrEqual(Math.min(logSumExp([logSumExp(wealth), -56]), ceiling) + 1e-9)
        expect(JSON.parse(JSON.stringify(short))).toStrictEqual(short)
        expect(JSON.stringify(short).length / short.length).toBeLessThan(11)
      },
    ),
  )
})

/** How many of the runs reject at any of 40 looks. */
function rejections(runs: number, alpha: number, run: () => readonly number[]): number {
  let rejected = 0
  for (let i = 0; i < runs; i++) if (run().some((logE) => logE >= -Math.log(alpha))) rejected += 1
  return rejected
}

test.each([
  ['plain', { relative: 1, absolute: 0 }, 0.005, 0.005, false],
  ['at the edge of both margins', { relative: 1.1, absolute: 0.001 }, 0.005, 0.0065, false],
  ['boosted', { relative: 1, absolute: 0 }, 0.005, 0.005, true],
  ['boosted, at the edge of both margins', { relative: 1.1, absolute: 0.001 }, 0.005, 0.0065, true],
] as const)(
  'a canary within the margin is called worse at no more than alpha over all looks: %s',
  (_, margin, control, canary, isBoosted) => {
    const [alpha, runs] = [0.05, 1_500]
    const world = seededWorld(20240607)
    const engine = countEProcess(nodeMixture(), margin, isBoosted ? alpha : undefined)
    const rejected = rejections(runs, alpha, () => {
      let wealth = engine.begin()
      return Array.from({ length: 40 }, () => {
        const counts = {
          controlTotal: 900,
          controlBad: world.binomial(900, control),
          canaryTotal: 100,
          canaryBad: world.binomial(100, canary),
        }
        wealth = engine.update(wealth, [counts], pace)
        return logSumExp(wealth)
      })
    })
    expect(upperLimit(rejected, runs)).toBeLessThan(isBoosted ? alpha * 1.5 : alpha)
    expect(rejected).toBeGreaterThan(0)
  },
)

test('no evidence is wasted beyond alpha, and none is added that a tolerated canary did not pay for', () => {
  const [alpha, totals] = [0.05, { canaryTotal: 100, controlTotal: 900 }]
  let wasted = 0
  for (const absolute of [0, 0.001, 0.01]) {
    const margin = { relative: 1.1, absolute }
    const [plain, boosted] = [countEProcess(nodeMixture(), margin), countEProcess(nodeMixture(), margin, alpha)]
    // So that evidence is at half of what is needed, which some of the next counts exceed.
    const logE = (wealth: readonly number[]) => logSumExp(wealth)
    const begun = plain.update(plain.begin(), [{ ...totals, canaryBad: 4, controlBad: 5 }])
    const wealth = begun.map((log) => log - logE(begun) + Math.log(0.5 / alpha))
    /** Mean wealth after Poisson counts of such rates, none of it beyond 1/α; as a multiple of what it was. */
    const mean = (engine: typeof plain, control: number, canary: number) => {
      const [of, against] = [poisson(canary * totals.canaryTotal), poisson(control * totals.controlTotal)]
      let sum = 0
      for (const [canaryBad, chance] of of.entries())
        for (const [controlBad, other] of against.entries()) {
          const after = logE(engine.update(wealth, [{ ...totals, canaryBad, controlBad }]))
          sum += chance * other * Math.min(Math.exp(after), 1 / alpha)
        }
      return sum / (0.5 / alpha)
    }
    for (const control of [0, 0.0005, 0.005, 0.05])
      for (const excess of [1, 0.5]) {
        const canary = excess * (margin.relative * control + absolute)
        expect(mean(boosted, control, canary)).toBeLessThanOrEqual(1 + 1e-9)
        if (mean(boosted, control, canary) > mean(plain, control, canary) + 1e-3) wasted += 1
      }
    if (absolute === 0) expect(mean(boosted, 0.005, 0.0055)).toBeCloseTo(1, 9)
  }
  expect(wasted).toBeGreaterThan(5)
})

/** Probabilities of 0, 1, 2 …, as far as they matter. */
function poisson(mean: number): number[] {
  const chances = [Math.exp(-mean)]
  for (let k = 1; k <= mean + 12 * Math.sqrt(mean) + 12; k++) chances.push((chances[k - 1]! * mean) / k)
  return chances
}

test('for common events, the Bernoulli bets keep alpha too and decide sooner', () => {
  const [alpha, runs] = [0.05, 500]
  const world = seededWorld(7)
  const margin = { relative: 1, absolute: 0 }
  const counts = (canary: number) => ({
    controlTotal: 90,
    controlBad: world.binomial(90, 0.3),
    canaryTotal: 30,
    canaryBad: world.binomial(30, canary),
  })
  const frequent = bernoulliEProcess(nodeMixture(), margin)
  const rare = countEProcess(nodeMixture(), margin)
  const rejected = rejections(runs, alpha, () => {
    let state = frequent.begin()
    return Array.from({ length: 40 }, () => {
      state = frequent.update(state, counts(0.3), pace)
      return logSumExp(state.wealth)
    })
  })
  expect(upperLimit(rejected, runs)).toBeLessThan(alpha * 1.2)
  let [sooner, later] = [0, 0]
  for (let i = 0; i < 100; i++) {
    let [state, wealth] = [frequent.begin(), rare.begin()]
    for (let look = 0; look < 40; look++) {
      const seen = counts(0.45)
      state = frequent.update(state, seen, pace)
      wealth = rare.update(wealth, [seen], pace)
      if (logSumExp(state.wealth) < -Math.log(alpha)) sooner += 1
      if (logSumExp(wealth) < -Math.log(alpha)) later += 1
    }
  }
  expect(sooner).toBeLessThan(later * 0.95)
})

test('bets on common events stay possible at any weight and any rate', () => {
  for (const direction of directions) {
    const engine = bernoulliEProcess(nodeMixture({ direction }), { relative: 1.1, absolute: 0.01 })
    for (const rate of [0.01, 0.5, 0.95, 1])
      for (const [canaryTotal, controlTotal] of [
        [10, 990],
        [990, 10],
      ] as const) {
        let state = engine.begin()
        for (let look = 0; look < 5; look++)
          state = engine.update(
            state,
            { controlTotal, controlBad: controlTotal * rate, canaryTotal, canaryBad: canaryTotal * rate },
            pace,
          )
        expect(state.wealth.every(Number.isFinite)).toBe(true)
        expect(logSumExp(state.wealth)).toBeLessThan(direction === 'regression' ? Math.log(20) : Number.POSITIVE_INFINITY)
      }
  }
})
