import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type DetectionQuestion, detection } from '../../../src/analysis/planning/detection.js'

interface PlanCase {
  readonly id: string
  readonly inputs: { readonly baseline: number; readonly ratio: number; readonly weight: number; readonly rps: number }
  readonly params: Record<'alpha' | 'power' | 'rho' | 'delta' | 'cost' | 'intervalSeconds', number>
  readonly expected: Record<string, number>
  readonly tol: { readonly rel: number; readonly abs: number }
}
const cases: PlanCase[] = JSON.parse(readFileSync('test/fixtures/statistics.json', 'utf8')).cases.filter(
  ({ fn }: { fn: string }) => fn === 'plan',
)

test.each(cases)('$id: planned as in the reference', ({ inputs, params, expected, tol }) => {
  const { baseline, ratio, weight, rps } = inputs
  const { alpha, power, rho, delta, cost, intervalSeconds } = params
  const { informationRate, leastRequests, mean, enough } = detection({
    baseline,
    ratio,
    weightPercent: weight * 100,
    requestsPerSecond: rps,
    tolerated: { ratio: rho, increase: delta },
    alpha,
    power,
    cost,
    intervalMs: intervalSeconds * 1_000,
  })
  const got = {
    info_rate: informationRate,
    lower_bound: leastRequests,
    mean_requests: mean.requests,
    power_requests: enough.requests,
    mean_seconds: mean.durationMs / 1_000,
    power_seconds: enough.durationMs / 1_000,
    excess_failures_mean: mean.excessFailures,
    failures_mean: mean.failures,
    failures_power: enough.failures,
  }
  expect(Object.keys(got).sort()).toEqual(Object.keys(expected).sort())
  for (const [name, value] of Object.entries(got)) {
    expect(Math.abs(value - expected[name]!), name).toBeLessThanOrEqual(tol.abs + tol.rel * expected[name]!)
  }
})

test('the cases of the reference were read', () => expect(cases).toHaveLength(3))

/** Minutes at the bound, on average, and with 90 % power: baseline, ratio, weight in percent, requests per second. */
const minutes: [
  baseline: number,
  ratio: number,
  weightPercent: number,
  requestsPerSecond: number,
  bound: number,
  mean: number,
  enough: number,
][] = [
  [0.001, 1.5, 1, 100, 717, 919, 1648],
  [0.001, 1.5, 1, 1_000, 72, 92, 165],
  [0.001, 1.5, 5, 1_000, 15, 19, 35],
  [0.001, 1.5, 10, 100, 80, 103, 183],
  [0.001, 1.5, 10, 1_000, 8, 10, 18],
  [0.001, 2, 1, 100, 201, 258, 470],
  [0.001, 2, 1, 1_000, 20, 26, 47],
  [0.001, 2, 5, 1_000, 4.2, 5.4, 9.9],
  [0.001, 2, 10, 100, 23, 29, 53],
  [0.001, 2, 10, 1_000, 2.3, 2.9, 5.3],
  [0.001, 5, 1, 100, 19, 25, 47],
  [0.001, 5, 1, 1_000, 1.9, 2.5, 4.7],
  [0.001, 5, 5, 1_000, 0.4, 0.5, 1],
  [0.001, 5, 10, 100, 2.3, 2.9, 5.5],
  [0.001, 5, 10, 1_000, 0.2, 0.3, 0.5],
  [0.005, 1.5, 1, 100, 143, 183, 328],
  [0.005, 1.5, 1, 1_000, 14, 18, 33],
  [0.005, 1.5, 5, 1_000, 3, 3.8, 6.9],
  [0.005, 1.5, 10, 100, 16, 20, 36],
  [0.005, 1.5, 10, 1_000, 1.6, 2, 3.6],
  [0.005, 2, 1, 100, 40, 51, 93],
  [0.005, 2, 1, 1_000, 4, 5.1, 9.3],
  [0.005, 2, 5, 1_000, 0.8, 1.1, 2],
  [0.005, 2, 10, 100, 4.5, 5.8, 10],
  [0.005, 2, 10, 1_000, 0.5, 0.6, 1],
  [0.01, 2, 1, 100, 20, 26, 46],
  [0.01, 2, 1, 1_000, 2, 2.5, 4.6],
  [0.01, 2, 5, 1_000, 0.4, 0.5, 1],
  [0.01, 2, 10, 100, 2.2, 2.9, 5.2],
  [0.01, 2, 10, 1_000, 0.2, 0.3, 0.5],
]

test.each(minutes)(
  '%d x%d at %d %% of %d requests/s takes at least %d minutes, %d on average and %d with 90 %% power',
  (...row) => {
    const [baseline, ratio, weightPercent, requestsPerSecond, ...published] = row
    const { leastRequests, mean, enough } = detection({ baseline, ratio, weightPercent, requestsPerSecond, cost: 1.3 })
    const perMinute = (weightPercent / 100) * requestsPerSecond * 60
    const planned = [leastRequests, mean.requests, enough.requests].map((requests) => requests / perMinute)
    // Half of the last digit shown, and a little for digits that were rounded twice.
    const rounding = (value: number) => (Number.isInteger(value) && value > 2 ? 0.53 : 0.051)
    for (const [i, value] of planned.entries())
      expect(Math.abs(value - published[i]!)).toBeLessThanOrEqual(rounding(published[i]!))
  },
)

test('small weights cost time, not users, and half of all traffic doubles the damage', () => {
  const failures = [1, 5, 10, 20, 50].map((weightPercent) =>
    Math.round(detection({ baseline: 0.005, ratio: 2, weightPercent, requestsPerSecond: 1_000 }).mean.failures),
  )
  expect(failures).toEqual([31, 32, 35, 40, 69])
})

test('that all is well can be planned too: nobody has to be hurt for it', () => {
  const question = {
    baseline: 0.005,
    ratio: 1,
    weightPercent: 10,
    requestsPerSecond: 1_000,
    tolerated: { ratio: 1.5, increase: 0 },
    alpha: 0.05,
  }
  const { leastRequests, mean } = detection(question)
  expect(leastRequests / 6_000).toBeCloseTo(1.2, 1)
  expect(mean.excessFailures).toBe(0)
})

test('questions without an answer are refused', () => {
  const question: DetectionQuestion = { baseline: 0.01, ratio: 2, weightPercent: 5, requestsPerSecond: 100 }
  const wrong: Partial<DetectionQuestion>[] = [
    { baseline: 0 },
    { ratio: 1 },
    { ratio: 1.1, tolerated: { ratio: 1.1, increase: 0 } },
    { ratio: 200 },
    { weightPercent: 100 },
    { requestsPerSecond: 0 },
    { alpha: 1 },
    { power: Number.NaN },
    { intervalMs: 0 },
    { tolerated: { ratio: 1, increase: 1 } },
  ]
  for (const change of wrong)
    expect(() => detection({ ...question, ...change })).toThrow(expect.objectContaining({ code: 'input/invalid' }))
})

test('a tolerance far above the baseline is searched where error rates exist', () => {
  const { informationRate } = detection({
    baseline: 0.2,
    ratio: 2.4,
    weightPercent: 50,
    requestsPerSecond: 1,
    tolerated: { ratio: 20, increase: 0 },
  })
  expect(informationRate).toBeGreaterThan(0)
  expect(informationRate).toBeLessThan(10)
})
