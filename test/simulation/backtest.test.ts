import { expect, test } from 'vitest'
import { parsePlan } from '../../src/plan/define-plan.js'
import { bake, shift } from '../../src/plan/step.js'
import { canary } from '../../src/plan/strategy.js'
import { backtest } from '../../src/simulation/backtest.js'
import { csvSeries, prometheusSeries } from '../../src/simulation/recorded-series.js'
import type { Recording } from '../../src/simulation/recording.js'
import { plan as fullPlan, planTree } from './worlds.js'

const plan = parsePlan({
  ...planTree,
  judges: { healthy: { use: 'sequential', guardrails: { errors: { kind: 'ratio' } } } },
  stages: [{ name: 'production', strategy: canary(shift(10), bake('10m', { judge: 'healthy', patience: '20m' })) }],
})
const minutes = 60
const start = Date.UTC(2026, 4, 1, 8) / 1_000

/** An export of `query_range` with one sample a minute; rates per second. */
const exported = (series: Record<string, (minute: number) => number | string>, stepSeconds = 60) => ({
  status: 'success',
  data: {
    resultType: 'matrix',
    result: Object.entries(series).map(([name, value]) => ({
      metric: { __name__: name, version: 'v1' },
      values: Array.from({ length: minutes + 1 }, (_, i) => [start + i * stepSeconds, String(value(i))]),
    })),
  },
})
const recordingOf = (
  answer: unknown,
  metrics: Recording['metrics'] = { errors: { kind: 'ratio', control: one } },
): Recording => ({
  step: '1m',
  amounts: 'rate',
  metrics,
  series: prometheusSeries(answer),
})
const one = { total: 'requests{version="v1"}', bad: 'failures{version="v1"}' }
const quiet = { requests: () => 400, failures: () => 0.8 }

test('a quiet hour would have promoted, and a regression put into it would have been caught', async () => {
  const recording = recordingOf(exported(quiet))
  const { status, exposure, startedAt } = await backtest(plan, recording)
  expect(status).toBe('promoted')
  expect(startedAt).toBe(start * 1_000)
  expect(exposure.failedRequests / exposure.requests).toBeCloseTo(0.002, 3)
  const worse = await backtest(plan, recording, { regression: { errors: { times: 5 } } })
  expect(worse.status).toBe('rolledBack')
  expect(worse.exposure.peakWeightPercent).toBe(10)
  const later = await backtest(plan, recording, { regression: { errors: { incident: { from: '5m', for: '1h', plus: 0.02 } } } })
  expect(later.decidedAt! - later.startedAt).toBeGreaterThan(5 * 60_000)
})

test('last month’s incident of a recorded canary is met again, at the weights of this plan', async () => {
  const answer = exported({ ...quiet, canary_requests: (i) => (i < 3 ? 0 : 20), canary_failures: (i) => (i < 6 ? 0 : 1) })
  const canary = { total: 'canary_requests{version="v1"}', bad: 'canary_failures{version="v1"}' }
  const { status, decidedAt, startedAt, exposure } = await backtest(
    plan,
    recordingOf(answer, { errors: { kind: 'ratio', control: one, canary } }),
  )
  expect(status).toBe('rolledBack')
  // The failures began in the sixth step.
  expect(decidedAt! - startedAt).toBeGreaterThan(5 * 60_000)
  expect(exposure.requests / ((exposure.until! - exposure.since!) / 1_000)).toBeCloseTo(42, -1)
})

test('a marked incident is what the new version is like, and the calm before it what the old one is like', async () => {
  const answer = exported({ requests: () => 400, failures: (i) => (i > 30 && i <= 40 ? 20 : 0.8) })
  const calm = recordingOf(answer)
  const [from, to] = [30, 40].map((minute) => new Date((start + minute * 60) * 1_000).toISOString()) as [string, string]
  const { status, decidedAt, startedAt, exposure } = await backtest(plan, { ...calm, incident: { from, to } })
  expect(status).toBe('rolledBack')
  // At once, and not when the incident was.
  expect(decidedAt! - startedAt).toBeLessThan(10 * 60_000)
  expect(exposure.failedRequests / exposure.requests).toBeGreaterThan(0.03)
  expect(exposure.requests / ((exposure.until! - exposure.since!) / 1_000)).toBeCloseTo(40, -1)
  const outside = { from: '2026-05-01T07:00:00Z', to }
  await expect(backtest(plan, { ...calm, incident: outside })).rejects.toThrow(
    /from 2026-05-01T07:00:00Z to 2026-05-01T08:40:00.000Z is not in the recording, or has nothing before it\. Recorded: 2026-05-01T08/,
  )
  const both = recordingOf(answer, { errors: { kind: 'ratio', control: one, canary: one } })
  await expect(backtest(plan, { ...both, incident: { from, to } })).rejects.toThrow(
    /metrics\.errors was recorded for two versions/,
  )
})

test('counters with a reset, and latencies in buckets, are understood', async () => {
  const counter = (perMinute: number) => (i: number) => (i < 30 ? i * perMinute : (i - 29) * perMinute)
  const answer = exported({ requests: counter(24_000), failures: counter(48), fast: counter(20_000), all: counter(24_000) })
  const latency = { kind: 'latency', control: { buckets: { '0.1': 'fast{version="v1"}', '+Inf': 'all{version="v1"}' } } } as const
  const recording = { ...recordingOf(answer, { errors: { kind: 'ratio', control: one }, latency }), amounts: 'counter' } as const
  const good = await backtest(fullPlan, recording)
  expect(good.status).toBe('promoted')
  expect((await backtest(fullPlan, recording, { regression: { latency: { times: 4 } } })).cause?.says).toMatch(/^latency/)
})

test('a table of values is a recording as well', async () => {
  const rows = Array.from(
    { length: 61 },
    (_, i) => `${new Date((start + i * 60) * 1_000).toISOString()},24000,${i % 2 === 0 ? 40 : 56}`,
  )
  const series = csvSeries(['time,requests,failures', ...rows].join('\n'))
  const metrics = { errors: { kind: 'ratio', control: { total: 'requests', bad: 'failures' } } } as const
  expect((await backtest(plan, { step: '1m', amounts: 'increase', metrics, series })).status).toBe('promoted')
})

test('headings of a table may hold labels, commas and quotes', () => {
  const [requests, failures] = csvSeries('time,"requests{code=""500"",version=""v1""}", failures\r\n1777622400, 7,""\r\n')
  expect(requests).toEqual({ name: 'requests{code="500",version="v1"}', points: [[1_777_622_400_000, 7]] })
  expect(failures).toEqual({ name: 'failures', points: [[1_777_622_400_000, Number.NaN]] })
})

test('a plan that needs longer than the recording has not decided by its end', async () => {
  const answer = exported({ requests: () => 1, failures: () => 0 })
  const { status, isFinished, endedAt, startedAt } = await backtest(
    parsePlan({ ...plan, stages: [{ name: 'production', strategy: canary(shift(10), bake('5h', { judge: 'healthy' })) }] }),
    recordingOf(answer),
  )
  expect({ status, isFinished, ms: endedAt - startedAt }).toEqual({ status: 'verifying', isFinished: false, ms: 3_600_000 })
})

const cut = (edit: (values: [number, string][]) => [number, string][]) => {
  const answer = exported(quiet)
  answer.data.result[1]!.values = edit(answer.data.result[1]!.values as [number, string][])
  return recordingOf(answer)
}
const bad = 'Series "failures\\{version="v1"\\}"'
test.each<[string, () => Recording, RegExp]>([
  ['a gap', () => cut((values) => values.filter((_, i) => i !== 20)), new RegExp(`${bad} at 2026-05-01T08:20:00.000Z has a gap`)],
  [
    'a value that is no number',
    () => cut((values) => values.map(([at, value], i) => [at, i === 7 ? 'NaN' : value])),
    new RegExp(`${bad} at 2026-05-01T08:07:00.000Z has the value NaN`),
  ],
  [
    'points in disorder',
    () => cut((values) => values.with(4, values[3]!).with(3, values[4]!)),
    new RegExp(`${bad} at 2026-05-01T08:0[34]:00.000Z (has a gap|comes after)`),
  ],
  [
    'a point twice',
    () => cut((values) => [values[0]!, ...values]),
    new RegExp(`${bad} at 2026-05-01T08:00:00.000Z comes after a later or equal instant`),
  ],
  [
    'milliseconds among seconds',
    () => cut((values) => values.map(([at, value]) => [at / 1_000, value])),
    new RegExp(`${bad} at .* comes sooner than a step`),
  ],
  [
    'more failures than requests',
    () => cut((values) => values.map(([at], i) => [at, i === 9 ? '500' : '0'])),
    new RegExp(`${bad} at 2026-05-01T08:09:00.000Z is more than "requests`),
  ],
  [
    'another end',
    () => cut((values) => values.slice(0, -1)),
    new RegExp(`${bad} at 2026-05-01T08:59:00.000Z begins or ends at another instant`),
  ],
  [
    'a negative rate',
    () => cut((values) => values.map(([at]) => [at, '-1'])),
    new RegExp(`${bad} at 2026-05-01T08:00:00.000Z has the value -1`),
  ],
  [
    'an instant that is none',
    () => {
      const { series, ...rest } = cut((values) => values)
      return {
        ...rest,
        series: [series[0]!, { ...series[1]!, points: series[1]!.points.map(([, value]) => [Number.NaN, value] as const) }],
      }
    },
    new RegExp(`${bad} at NaN is no instant`),
  ],
  [
    'two series of one name',
    () => {
      const { series, ...rest } = cut((values) => values)
      return { ...rest, series: [...series, series[1]!] }
    },
    /There are 2 series "failures/,
  ],
  [
    'a missing series',
    () => recordingOf(exported({ requests: () => 1 })),
    /no series "failures\{version="v1"\}"\. Recorded: requests/,
  ],
])('a recording with %s is refused, and series and instant are named', async (_, recording, says) => {
  await expect(backtest(plan, recording())).rejects.toMatchObject({ code: 'input/invalid', message: expect.stringMatching(says) })
})

test('seconds mixed with milliseconds, and seconds compared with milliseconds, are told', async () => {
  const series = csvSeries(['time,latency_seconds,latency_ms', '1777622400,1,2', '1777622460,1,2'].join('\n'))
  const mixed = { latency: { kind: 'gauge', control: { value: 'latency_seconds' }, canary: { value: 'latency_ms' } } } as const
  const recording = { step: '1m', amounts: 'rate', metrics: mixed, series } as const
  await expect(backtest(plan, recording)).rejects.toThrow(/mixes units: "latency_ms" is in ms, and "latency_seconds" in seconds/)
  const jump = {
    name: 'requests',
    points: [
      [1_777_622_400, 1],
      [1_777_622_460_000, 1],
    ],
  } as const
  const metrics = { errors: { kind: 'ratio', control: { total: 'requests', bad: 'requests' } } } as const
  await expect(backtest(plan, { step: '1m', amounts: 'rate', metrics, series: [jump] })).rejects.toThrow(
    /"requests" at .* mixes seconds and milliseconds/,
  )
})

test('what is no export and no table is refused', () => {
  expect(() => prometheusSeries('{')).toThrow(/not JSON/)
  expect(() => prometheusSeries({ status: 'error' })).toThrow(/no answer to query_range/)
  expect(() => csvSeries('time,a\n12:00,1')).toThrow(/Line 2 of the CSV/)
  expect(() => csvSeries('time,a\n1777622400,1,2')).toThrow(/Line 2 of the CSV/)
  expect(() => csvSeries('time,a\n2026-05-01T08:00:00,1')).toThrow(/Line 2 of the CSV recording has no time/)
  expect(() => csvSeries('time,a\n1777622400,1\n1777622460000,1')).toThrow(/Line 3 of the CSV recording mixes seconds/)
})
