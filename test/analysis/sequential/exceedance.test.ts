import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  bucketTables,
  type ExceedanceTable,
  nearestTables,
  sampleTables,
} from '../../../src/analysis/sequential/exceedance-table.js'
import { kept, nodeMixture, redistribute } from '../../../src/analysis/sequential/node-mixture.js'
import { anyLevel, everyLevel, isTelling, rankExceedance } from '../../../src/analysis/sequential/rank-exceedance.js'
import { hypergeometricMgf } from '../../../src/analysis/stats/hypergeometric-mgf.js'
import { upperLimit } from '../../support/clopper-pearson.js'
import { seededWorld } from '../../support/seeded-world.js'

const levels = [0.5, 0.9, 0.99]
const latencies = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 60 })

test('neither the order of the samples nor their unit matters', () => {
  fc.assert(
    fc.property(latencies, latencies, (control, canary) => {
      const tables = sampleTables(control, canary, levels)
      expect(sampleTables(control.toReversed(), canary.toSorted(), levels)).toStrictEqual(tables)
      expect(
        sampleTables(
          control.map((ms) => ms / 1_024),
          canary.map((ms) => ms / 1_024),
          levels,
        ),
      ).toStrictEqual(tables)
    }),
  )
})

test('a slower canary never looks better', () => {
  let telling = 0
  const engine = rankExceedance(nodeMixture({ size: 8 }), levels.length)
  const evidence = (tables: readonly ExceedanceTable[]) => anyLevel(engine.update(engine.begin(), tables))
  fc.assert(
    fc.property(latencies, latencies, fc.nat(59), (control, canary, which) => {
      const slower = canary.map((ms, i) => (i === which % canary.length ? 10_000 : ms))
      // Above one and the same cut, so that only the canary's part of what is above it differs.
      const [before] = sampleTables(control, canary, [0.9])
      const after = { ...before!, canaryAbove: Math.min(before!.canary, before!.above, before!.canaryAbove + 1) }
      const change = evidence([after, after, after]) - evidence([before!, before!, before!])
      if (change > 0) telling += 1
      expect(change).toBeGreaterThanOrEqual(0)
      expect(sampleTables(control, slower, [0.9])[0]!.canaryAbove).toBeGreaterThanOrEqual(Math.min(1, before!.canaryAbove))
    }),
  )
  expect(telling).toBeGreaterThan(20)
})

test('buckets of both cohorts are compared at the bounds that both have, in whole requests', () => {
  const control = { bounds: [10, 50, 100], counts: [5.2, 3, 1, 1] }
  const canary = { bounds: [10, 100], counts: [1, 2.4, 3] }
  expect(bucketTables(control, canary)).toStrictEqual([
    { total: 16, canary: 6, above: 10, canaryAbove: 5 },
    { total: 16, canary: 6, above: 4, canaryAbove: 3 },
  ])
})

test('a table of buckets counts what lies above its bound, of whichever bounds the cohorts have', () => {
  const buckets = fc.uniqueArray(fc.nat(12), { minLength: 1, maxLength: 8 }).chain((bounds) => {
    const counts = fc.array(fc.nat(9), { minLength: bounds.length + 1, maxLength: bounds.length + 1 })
    return counts.map((counts) => ({ bounds: bounds.toSorted((a, b) => a - b), counts }))
  })
  fc.assert(
    fc.property(buckets, buckets, (control, canary) => {
      const above = ({ bounds, counts }: typeof control, bound: number) =>
        counts.reduce((sum, count, i) => (bounds[i - 1]! >= bound ? sum + count : sum), 0)
      const [ofControl, ofCanary] = [control, canary].map(({ counts }) => counts.reduce((sum, count) => sum + count, 0))
      const common = control.bounds.filter((bound) => canary.bounds.includes(bound))
      expect(bucketTables(control, canary)).toStrictEqual(
        common.map((bound) => ({
          total: ofControl! + ofCanary!,
          canary: ofCanary!,
          above: above(control, bound) + above(canary, bound),
          canaryAbove: above(canary, bound),
        })),
      )
    }),
  )
})

test('each level is cut at the bound with the nearest share above it', () => {
  const table = (above: number) => ({ total: 1_000, canary: 100, above, canaryAbove: 0 })
  const tables = [table(600), table(120), table(8)]
  expect(nearestTables(tables, [0.5, 0.9, 0.95, 0.99, 0.999]).map(({ above }) => above)).toEqual([600, 120, 120, 8, 8])
})

test('a cut with everything on one side tells nothing, and changes nothing', () => {
  const engine = rankExceedance(nodeMixture({ size: 8 }), 1)
  for (const table of [
    { total: 9, canary: 3, above: 9, canaryAbove: 3 },
    { total: 9, canary: 0, above: 3, canaryAbove: 0 },
  ]) {
    expect(isTelling(table)).toBe(false)
    expect(anyLevel(engine.update(engine.begin(), [table], 0.1))).toBeCloseTo(0, 12)
  }
})

test('the average of what a bet can pay is exactly what it costs, for tables of any size', () => {
  const sizes = fc.record({
    total: fc.integer({ min: 2, max: 60 }),
    drawn: fc.nat(60),
    marked: fc.nat(60),
    t: fc.double({ min: -3, max: 3, noNaN: true }),
  })
  let telling = 0
  fc.assert(
    fc.property(sizes, ({ total, drawn, marked, t }) => {
      const [n, k] = [Math.min(drawn, total), Math.min(marked, total)]
      const choose = (a: number, b: number) => Array.from({ length: b }, (_, i) => (a - i) / (i + 1)).reduce((x, y) => x * y, 1)
      const from = Math.max(0, n + k - total)
      const to = Math.min(n, k)
      let sum = 0
      for (let x = from; x <= to; x++) sum += ((choose(k, x) * choose(total - k, n - x)) / choose(total, n)) * Math.exp(t * x)
      if (to > from) telling += 1
      expect(hypergeometricMgf(total, n, k)(t)).toBeCloseTo(Math.log(sum), 8)
    }),
  )
  expect(telling).toBeGreaterThan(20)
  // Hundreds of thousands of requests: compared with the normal limit.
  const [mean, variance] = [400_000 * 0.1, (400_000 * 0.1 * 0.9 * 600_000) / 999_999]
  expect(hypergeometricMgf(1_000_000, 400_000, 100_000)(0.001)).toBeCloseTo(mean * 0.001 + (variance * 0.001 ** 2) / 2, 4)
})

test.each(['regression', 'non-inferiority'] as const)('nodes that are not worked out would be as poor: %s', (direction) => {
  const mixture = nodeMixture({ direction, size: 8 })
  // As they are used: wealth in search of harm is spread anew, that in search of merit is held under a ceiling.
  const [odds, share, ceiling] = direction === 'regression' ? [1.25, 1 / 60, undefined] : [2, 0, 8]
  const table = fc.record({
    size: fc.integer({ min: 10, max: 200_000 }),
    weight: fc.double({ min: 0.01, max: 0.9, noNaN: true }),
    slow: fc.double({ min: 0.001, max: 0.9, noNaN: true }),
    times: fc.double({ min: 0.2, max: 5, noNaN: true }),
  })
  let poor = 0
  fc.assert(
    fc.property(fc.array(table, { minLength: 1, maxLength: 3 }), (looks) => {
      const engine = rankExceedance(mixture, 1, odds)
      let wealth = engine.begin()
      for (const { size, weight, slow, times } of looks) {
        const canary = Math.ceil(size * weight)
        const canaryAbove = Math.min(canary, Math.round(canary * slow * times))
        const above = canaryAbove + Math.round((size - canary) * slow)
        const table = { total: size, canary, above, canaryAbove }
        if (!isTelling(table)) continue
        const logMgf = hypergeometricMgf(size, canary, above)
        const tilt = Math.log(odds)
        const all = wealth[0]!.map((log, j) => {
          const node = Math.log(mixture.nodes[j] ?? 1)
          return log + canaryAbove * node - (logMgf(tilt + node) - logMgf(tilt))
        })
        const [after] = engine.update(wealth, [table], share)
        if (Math.min(...all) < Math.max(...all) - 400) poor += 1
        const [some, every] = [kept(after!, ceiling), kept(redistribute(all, mixture.prior, share), ceiling)]
        for (const [j, log] of every.entries()) expect(Math.abs(some[j]! - log)).toBeLessThan(2e-5)
        wealth = [some]
      }
    }),
    { numRuns: 300 },
  )
  expect(poor).toBeGreaterThan(20)
})

test.each([
  ['as fast as control', 1, 1],
  ['as slow as tolerated', 1.2, 1.2],
] as const)('a canary %s is called slower at no more than alpha over all looks', (_, factor, slowdown) => {
  const [alpha, runs] = [0.05, 400]
  const world = seededWorld(99)
  const latency = (factor: number) => () => factor * Math.exp(world.normal())
  const engine = rankExceedance(nodeMixture({ size: 8 }), levels.length)
  let rejected = 0
  for (let run = 0; run < runs; run++) {
    let wealth = engine.begin()
    for (let look = 0; look < 20; look++) {
      const tables = sampleTables(
        Array.from({ length: 90 }, latency(1)),
        Array.from({ length: 30 }, latency(factor)),
        levels,
        slowdown,
      )
      wealth = engine.update(wealth, tables, 1 / 60)
      if (anyLevel(wealth) < -Math.log(alpha)) continue
      rejected += 1
      break
    }
  }
  expect(upperLimit(rejected, runs)).toBeLessThan(alpha * 1.2)
})

test('promotion waits for the slowest level, harm for none', () => {
  const wealth = [
    [-1, -2],
    [3, 0],
    [0.5, 0.5],
  ]
  expect(everyLevel(wealth)).toBeCloseTo(Math.log(Math.exp(-1) + Math.exp(-2)), 12)
  expect(anyLevel(wealth)).toBeGreaterThan(everyLevel(wealth))
})
