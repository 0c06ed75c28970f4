import { expect, test } from 'vitest'
import { sequentialJudge } from '../../src/analysis/sequential-judge.js'
import type { Comparison } from '../../src/vocabulary/measurement.js'
import { lowerLimit, upperLimit } from '../support/clopper-pearson.js'
import { seededWorld } from '../support/seeded-world.js'

// The small sister of `npm run judge-quality`: enough runs to see a broken promise, few enough for every test run.
type Guardrail = Parameters<typeof sequentialJudge>[0]['guardrails'][string]
type World = ReturnType<typeof seededWorld>

const [alpha, runs, looks] = [0.05, 800, 40]

/** Runs in which the judge fails a canary that it promises to leave alone. */
function falseRollbacks(guardrail: Guardrail, measure: (world: World) => () => Comparison, seed: number): number {
  const world = seededWorld(seed)
  const judge = sequentialJudge({ use: 'sequential', alpha, warmup: 0, guardrails: { metric: guardrail } })
  let failed = 0
  for (let run = 0; run < runs; run++) {
    const next = measure(world)
    let state = judge.begin()
    for (let i = 0; i < looks && state.failed.length === 0; i++)
      state = judge.look(state, { from: i * 60_000, to: (i + 1) * 60_000, metrics: { metric: next() } }).state
    if (state.failed.length > 0) failed += 1
  }
  return failed
}

/** Bad requests of a canary whose rate is just tolerated, under a drift that both cohorts share; `times` counts each so often. */
const atTheMargin =
  (relative: number, absolute: number, times = 1) =>
  (world: World) => {
    let drift = 0
    return (): Comparison => {
      drift = 0.9 * drift + 0.1 * world.normal()
      const rate = 0.005 * Math.exp(drift)
      const counts = (total: number, rate: number) => ({ total: times * total, bad: times * world.binomial(total, rate) })
      return {
        canary: { kind: 'counts', ...counts(1_000, relative * rate + absolute) },
        control: { kind: 'counts', ...counts(9_000, rate) },
      }
    }
  }

const bounds = [10, 25, 50, 100, 250, 500]
const likeControl = (world: World) => (): Comparison => {
  const histogram = (count: number) => {
    const counts = new Array<number>(bounds.length + 1).fill(0)
    for (let i = 0; i < count; i++) {
      const value = 60 * Math.exp(0.8 * world.normal())
      const bucket = bounds.findIndex((bound) => value <= bound)
      counts[bucket < 0 ? bounds.length : bucket]! += 1
    }
    return { kind: 'histogram' as const, bounds, counts }
  }
  return { canary: histogram(10), control: histogram(90) }
}

const driftingTogether = (world: World) => {
  let drift = 100
  return (): Comparison => {
    drift += world.normal()
    const gauge = () => ({ kind: 'gauge' as const, values: [drift + world.normal()] })
    return { canary: gauge(), control: gauge() }
  }
}

const promises: readonly (readonly [string, Guardrail, (world: World) => () => Comparison])[] = [
  ['errors, at the default margin', { kind: 'ratio' }, atTheMargin(1.1, 1e-4)],
  [
    'errors, nothing tolerated and no evidence wasted',
    { kind: 'ratio', tolerate: { relative: 1, absolute: 0 }, dispersion: 1 },
    atTheMargin(1, 0),
  ],
  [
    'errors, with a declared end',
    {
      kind: 'ratio',
      tolerate: { relative: 1, absolute: 0 },
      dispersion: 1,
      deadline: { looks: 12, baseline: 0.005 },
    },
    atTheMargin(1, 0),
  ],
  [
    'latency, nothing tolerated',
    { kind: 'latency', tolerate: { slowdown: 1, odds: 1 }, promote: { slowdown: 1.2, odds: 1.5 } },
    likeControl,
  ],
  ['a gauge, nothing tolerated', { kind: 'gauge', tolerate: { absolute: 0 }, promote: { absolute: 1 } }, driftingTogether],
]

test.each(promises)(
  'looked at forty times, a good canary is rolled back no more often than promised: %s',
  (_, guardrail, measure) => {
    const failed = falseRollbacks(guardrail, measure, 20260101)
    expect(failed).toBeLessThanOrEqual(runs * alpha)
    // Exact, one-sided 99.9 %: above the promise only by what so few runs cannot tell.
    expect(upperLimit(failed, runs)).toBeLessThan(1.5 * alpha)
  },
)

test('the same check catches a source that counts every request twice', () => {
  const strict: Guardrail = { kind: 'ratio', tolerate: { relative: 1, absolute: 0 }, dispersion: 1 }
  expect(lowerLimit(falseRollbacks(strict, atTheMargin(1, 0, 2), 20260101), runs)).toBeGreaterThan(alpha)
})

test('a canary with three times the errors is found in nearly every run', () => {
  const found = falseRollbacks({ kind: 'ratio' }, atTheMargin(3, 0), 7)
  expect(lowerLimit(found, runs)).toBeGreaterThan(0.97)
})
