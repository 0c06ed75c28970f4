import { expect, test } from 'vitest'
import { ruleJudge } from '../../src/analysis/rule-judge.js'
import type { Look, Measurement } from '../../src/vocabulary/measurement.js'

const gauge = (...values: number[]): Measurement => ({ kind: 'gauge', values })
const look = (n: number, latency: [number, number], cost: [Measurement, Measurement]): Look => ({
  from: n * 60_000,
  to: (n + 1) * 60_000,
  metrics: {
    latency: {
      canary: { kind: 'samples', values: Array(60).fill(latency[0]) },
      control: { kind: 'samples', values: Array(60).fill(latency[1]) },
    },
    cost: { canary: cost[0], control: cost[1] },
  },
})

/** S09: at least 2 ms of p95 for each dollar an hour more. */
const worthIt = ruleJudge({
  metrics: { latency: 'p95', cost: 'mean' },
  minimumSamples: 1,
  rule({ latency, cost }) {
    const gained = latency.control - latency.canary
    const paid = cost.canary - cost.control
    const isWorthIt = gained >= 2 * Math.max(paid, 0)
    return {
      outcome: isWorthIt ? 'pass' : 'fail',
      says: `${gained.toFixed(1)} ms gained for ${paid.toFixed(2)} dollars an hour.`,
    }
  },
})

test('a canary that is faster than it is dearer passes, and one that only costs more fails', () => {
  const good = worthIt.look(worthIt.begin(), look(0, [80, 100], [gauge(12), gauge(10)])).verdict
  expect(good).toMatchObject({ outcome: 'pass', reasons: [{ says: '20.0 ms gained for 2.00 dollars an hour.' }] })
  const bad = worthIt.look(worthIt.begin(), look(0, [99, 100], [gauge(12), gauge(10)])).verdict
  expect(bad.outcome).toBe('fail')
  expect(bad.reasons[0]!.numbers).toEqual({ 'latency-canary': 99, 'latency-control': 100, 'cost-canary': 12, 'cost-control': 10 })
})

test('values are averaged over the looks, and the state comes back from JSON as it was', () => {
  const first = worthIt.look(worthIt.begin(), look(0, [80, 100], [gauge(10), gauge(10)]))
  const second = worthIt.look(JSON.parse(JSON.stringify(first.state)), look(1, [100, 100], [gauge(10), gauge(10)]))
  expect(second.verdict.reasons[0]!.numbers).toMatchObject({ 'latency-canary': 90 })
})

test('while anything the rule needs is missing, nothing passes and the rule is not asked', () => {
  const never = ruleJudge({
    metrics: { latency: 'p95', cost: 'mean' },
    rule() {
      throw new Error('asked all the same')
    },
  })
  const missing: Measurement = { kind: 'missing', reason: 'outage', detail: 'no answer' }
  expect(never.look(never.begin(), look(0, [80, 100], [gauge(1), missing])).verdict).toMatchObject({
    outcome: 'inconclusive',
    reasons: [{ code: 'missing', says: 'cost: control has no number (outage: no answer).' }],
  })
  const few = never.look(never.begin(), look(0, [80, 100], [gauge(1), gauge(1)])).verdict
  expect(few).toMatchObject({ outcome: 'inconclusive', reasons: [{ code: 'too-few' }] })
})

test('a statistic that does not exist is refused', () => {
  expect(() => ruleJudge({ metrics: { latency: 'p950x' }, rule: () => ({ outcome: 'pass', says: '' }) })).toThrow(/"latency"/)
})
