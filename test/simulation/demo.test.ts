import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { firstPlan, plan } from '../../examples/demo/plan.js'
import { evaluatePolicy } from '../../src/simulation/evaluate-policy.js'
import { simulate } from '../../src/simulation/simulate.js'
import type { WorldInput } from '../../src/simulation/world.js'
import { journalLines, withoutUndecidedLooks } from '../support/journal-lines.js'

/** What the demo's journal held after it had run: real processes, a real proxy, real requests. By release. */
const recorded = JSON.parse(readFileSync(new URL('../fixtures/demo-journal.json', import.meta.url), 'utf8')) as Record<
  string,
  string[]
>

const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]
/** The demo's users, service and counters, described. */
const shop = {
  traffic: { perSecond: 300 },
  stable: { errors: { kind: 'ratio', bad: 0 }, latency: { kind: 'latency', median: 0.0055, spread: 0.12, bounds } },
  pipeline: { temporality: 'cumulative' },
} as const satisfies WorldInput
const bad = {
  ...shop,
  canary: { errors: { kind: 'ratio', bad: 0.02 }, latency: { ...shop.stable.latency, median: 0.06 } },
} as const satisfies WorldInput

test.each([
  ['the first version', 'first', firstPlan, { ...shop, isFirst: true, stable: {} }],
  ['a good version', 'good', plan, shop],
  ['a bad version', 'bad', plan, bad],
  ['a good version whose orchestrator was killed half-way', 'killed', plan, shop],
] as const)(
  'simulated and with real processes, %s does the same things in the same order',
  async (_, release, ofRelease, world) => {
    const { records } = await simulate(ofRelease, world)
    expect(withoutUndecidedLooks(journalLines(records))).toEqual(withoutUndecidedLooks(recorded[release]!))
  },
)

test('the demo’s policy is wrong no more often than its judge promises, and finds the bad version', async () => {
  const worlds = { good: { is: 'good', world: shop }, bad: { is: 'bad', world: bad } } as const
  const { trials } = await evaluatePolicy(plan, worlds, { runs: 60, workers: 1 })
  const [good, detected] = trials
  // The judge may fail one good version in a hundred.
  expect(good?.rolledBack.lower).toBeLessThanOrEqual(0.01)
  expect(good?.promoted.rate).toBeGreaterThan(0.9)
  expect(detected?.rolledBack.rate).toBe(1)
  expect(detected?.detectionMs?.p95).toBeLessThanOrEqual(5_000)
})
