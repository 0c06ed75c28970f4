import { expect, test } from 'vitest'
import { kayentaJudge, kayentaScore, type ScoredMetric } from '../../src/analysis/kayenta-judge.js'
import type { Look, Measurement } from '../../src/vocabulary/measurement.js'
import type { Verdict } from '../../src/vocabulary/verdict.js'
import { xoshiro128 } from '../../src/vocabulary/xoshiro128.js'

type Settings = Omit<Parameters<typeof kayentaJudge>[0], 'use'>
type Pair = readonly [canary: Measurement, control: Measurement]

const gauge = (...values: number[]): Measurement => ({ kind: 'gauge', values })
const counts = (bad: number, total: number): Measurement => ({ kind: 'counts', bad, total })
const missing = (reason: 'outage' | 'empty'): Measurement => ({ kind: 'missing', reason, detail: 'it is gone' })
const random = xoshiro128(5)
const jitter = (level: number) => gauge(level * (0.9 + 0.2 * random.uniform()))

/** The verdicts of the looks, a minute each. */
function judge(settings: Settings, looks: readonly Record<string, Pair>[]): Verdict[] {
  const kayenta = kayentaJudge({ use: 'kayenta', ...settings })
  let state = kayenta.begin()
  return looks.map((pairs, minute) => {
    const metrics = Object.entries(pairs).map(([metric, [canary, control]]) => [metric, { canary, control }])
    const look: Look = { from: minute * 60_000, to: (minute + 1) * 60_000, metrics: Object.fromEntries(metrics) }
    const next = kayenta.look(JSON.parse(JSON.stringify(state)), look)
    state = next.state
    return next.verdict
  })
}
const last = (settings: Settings, looks: readonly Record<string, Pair>[]) => judge(settings, looks).at(-1)!
const minutes = <T>(count: number, pair: (minute: number) => T) => Array.from({ length: count }, (_, minute) => pair(minute))

const latency: Settings = { metrics: [{ metric: 'latency', direction: 'increase' }] }

test('a canary like its control passes once there are enough looks', () => {
  const verdicts = judge(
    latency,
    minutes(25, () => ({ latency: [jitter(200), jitter(200)] })),
  )
  expect(verdicts.slice(0, 19).every(({ outcome }) => outcome === 'inconclusive')).toBe(true)
  expect(verdicts.slice(19).every(({ outcome }) => outcome === 'pass')).toBe(true)
})

test('a slower canary fails, and the verdict says by how much', () => {
  const { outcome, reasons } = last(
    latency,
    minutes(20, () => ({ latency: [jitter(300), jitter(200)] })),
  )
  expect(outcome).toBe('fail')
  expect(reasons.map(({ code }) => code)).toEqual(['score', 'high'])
  expect(reasons[0]!.says).toBe('Score 0; 75 passes, below 50 fails.')
  expect(reasons[1]!.says).toMatch(/^latency: High, mean \d{3}\.\d against \d{3}\.\d over 20 and 20 points \(\+\d\d\.\d+ %\)/)
})

test('samples give one point per look, of the statistic that the metric names', () => {
  const slowTail = { kind: 'samples' as const, values: [...Array<number>(99).fill(100), 900] }
  const even = { kind: 'samples' as const, values: Array<number>(100).fill(100) }
  const looks = minutes(20, () => ({ latency: [slowTail, even] as Pair }))
  expect(last({ metrics: [{ metric: 'latency', statistic: 'p50' }] }, looks).outcome).toBe('pass')
  expect(last({ metrics: [{ metric: 'latency', statistic: 'max' }] }, looks).outcome).toBe('fail')
})

test('failure 15 and 18: rare errors are counted, not ranked', () => {
  const errors: Settings = { metrics: [{ metric: 'errors', direction: 'increase' }] }
  const rare = (canaryErrors: number) =>
    minutes(20, (minute): Record<string, Pair> => ({ errors: [counts(minute < canaryErrors ? 1 : 0, 1_000), counts(0, 9_000)] }))
  expect(last(errors, rare(0)).outcome).toBe('pass')
  expect(last(errors, rare(1)).outcome).toBe('inconclusive')
  expect(last(errors, rare(5)).outcome).toBe('fail')
})

test('an incident that both sides share while the weight grows fails nobody', () => {
  const errors: Settings = { metrics: [{ metric: 'errors', direction: 'increase' }] }
  const share = (minute: number) => (minute < 20 ? 0.01 : 0.5)
  const rate = (minute: number) => (minute < 20 ? 0.001 : 0.05)
  const looks = minutes(40, (minute): Record<string, Pair> => {
    const [canary, control] = [10_000 * share(minute), 10_000 * (1 - share(minute))]
    return { errors: [counts(rate(minute) * canary, canary), counts(rate(minute) * control, control)] }
  })
  expect(last(errors, looks).outcome).toBe('pass')
})

test('failure 21: a series that only one side has is undecided and named, never a pass', () => {
  const looks = minutes(30, () => ({ latency: [jitter(200), missing('empty')] as Pair }))
  const { outcome, reasons } = last(latency, looks)
  expect(outcome).toBe('inconclusive')
  expect(reasons[1]).toMatchObject({
    code: 'no-control',
    says: "latency: NoControl, has no number (empty: it is gone) on the control's side.",
  })
})

test('a canary that stops reporting is no longer passed on what it reported before', () => {
  const looks = [
    ...minutes(30, () => ({ latency: [jitter(200), jitter(200)] as Pair })),
    { latency: [missing('outage'), jitter(200)] as Pair },
  ]
  expect(
    judge(latency, looks)
      .slice(-2)
      .map(({ outcome }) => outcome),
  ).toEqual(['pass', 'inconclusive'])
})

test('a series that does not exist is zero where the user says so, if the other side was measured', () => {
  const errors: Settings = { metrics: [{ metric: 'errors', nanStrategy: 'replace', direction: 'increase' }] }
  expect(
    last(
      errors,
      minutes(20, () => ({ errors: [jitter(3), missing('empty')] })),
    ).outcome,
  ).toBe('fail')
  expect(
    last(
      errors,
      minutes(20, () => ({ errors: [jitter(3), missing('outage')] })),
    ).outcome,
  ).toBe('inconclusive')
  expect(
    last(
      errors,
      minutes(20, () => ({ errors: [missing('empty'), missing('empty')] })),
    ).outcome,
  ).toBe('inconclusive')
})

test('measurements that make no sense are undecided', () => {
  const twenty = (pair: Pair) => last({ ...latency, minimumPoints: 1 }, [{ latency: pair }]).reasons[1]!
  expect(twenty([counts(5, 3), counts(1, 3)]).says).toContain('5 bad requests are more than the 3 in all')
  expect(twenty([gauge(), gauge(1)]).says).toContain('had no traffic')
  expect(last(latency, [{}]).reasons[1]!.says).toBe('latency: Nodata, is not in the look.')
  const mixed = [{ latency: [counts(1, 9), counts(1, 9)] as Pair }, { latency: [gauge(1), gauge(1)] as Pair }]
  expect(last(latency, mixed).reasons[1]).toMatchObject({ code: 'error', outcome: 'inconclusive' })
})

test('a failed critical metric fails everything, and a muted one nothing', () => {
  const looks = minutes(20, () => ({
    slow: [jitter(300), jitter(200)] as Pair,
    fine: [jitter(1), jitter(1)] as Pair,
    good: [jitter(2), jitter(2)] as Pair,
  }))
  const of = (slow: object) => last({ metrics: [{ metric: 'fine' }, { metric: 'good' }, { metric: 'slow', ...slow }] }, looks)
  expect(of({}).outcome).toBe('inconclusive')
  expect(of({ critical: true }).outcome).toBe('fail')
  expect(of({ critical: true }).reasons[0]).toMatchObject({ metric: 'slow', code: 'high' })
  expect(of({ critical: true, muted: true }).outcome).toBe('pass')
})

test('a metric without data does not count as passed', () => {
  const metric = (classification: ScoredMetric['classification'], more: Partial<ScoredMetric> = {}): ScoredMetric => ({
    classification,
    critical: false,
    groups: ['all'],
    ...more,
  })
  const score = (...metrics: ScoredMetric[]) => {
    const { lowest, highest } = kayentaScore(metrics)
    return [lowest, highest]
  }
  expect(score(metric('Error'))).toEqual([0, 100])
  expect(score(metric('Pass'), metric('Pass'), metric('Pass'), metric('Nodata'))).toEqual([75, 100])
  expect(score(metric('Pass'), metric('Pass'), metric('Pass'), metric('Nodata', { mustHaveData: true }))).toEqual([0, 100])
  expect(score(metric('Pass'), metric('Undecided', { critical: true }))).toEqual([0, 100])
  expect(score(metric('Pass'), metric('High', { critical: true }))).toEqual([0, 0])
  expect(score()).toEqual([0, 100])
})

test('settings that could not mean what they say are refused', () => {
  const refused = (settings: Settings) => expect(() => kayentaJudge({ use: 'kayenta', ...settings }))
  const [a, b] = [
    { metric: 'a', groups: ['one'] },
    { metric: 'b', groups: ['two'] },
  ]
  refused({ metrics: [a, b], groupWeights: { one: 80, two: 40 } }).toThrow('adds up to 120')
  refused({ metrics: [a, b], groupWeights: { one: 120 } }).toThrow('not from 0 to 100')
  refused({ metrics: [a], groupWeights: { other: 50 } }).toThrow('"other", a group of no metric')
  refused({ metrics: [a, a] }).toThrow('names "a" twice')
  refused({ metrics: [{ metric: 'a', groups: [] }] }).toThrow('in no group')
  refused({ metrics: [{ metric: 'a', muted: true }] }).toThrow('all muted')
  refused({ metrics: [a], thresholds: { pass: 50, marginal: 75 } }).toThrow('marginal score above')
  refused({ metrics: [{ ...a, colour: 'red' } as never] }).toThrow('Settings of a Kayenta judge')
  expect(() =>
    kayentaJudge({ use: 'kayenta', metrics: [a, b], groupWeights: { one: 80, two: 40 }, compatible: true }),
  ).not.toThrow()
  expect(() => kayentaScore([{ classification: 'Pass', critical: false, groups: ['one'] }], { one: 80 })).toThrow(
    'all groups make 100',
  )
})

test('a score equal to the marginal one is inconclusive, in both modes', () => {
  const looks = minutes(20, () => ({ slow: [jitter(300), jitter(200)] as Pair, fine: [jitter(1), jitter(1)] as Pair }))
  for (const compatible of [false, true])
    expect(last({ metrics: [{ metric: 'slow' }, { metric: 'fine' }], compatible }, looks).outcome).toBe('inconclusive')
})

test('even when compatible, nothing passes before the first finding', () => {
  const settings = { ...latency, compatible: true, minimumPoints: 2 }
  const looks = minutes(3, (minute) => ({ latency: [gauge(minute), missing('outage')] as Pair }))
  expect(judge(settings, looks).map(({ outcome }) => outcome)).toEqual(['inconclusive', 'inconclusive', 'inconclusive'])
})

test('the state stays bounded: after a day of minutes the oldest points go, and the verdict says so', () => {
  const kayenta = kayentaJudge({ use: 'kayenta', ...latency })
  const pair = { canary: gauge(1.5), control: gauge(1) }
  let state = kayenta.begin()
  let verdict: Verdict | undefined
  for (let minute = 0; minute < 1_450; minute++)
    ({ state, verdict } = kayenta.look(state, { from: minute, to: minute + 1, metrics: { latency: pair } }))
  expect(state.metrics[0]!.canary).toHaveLength(1_440)
  expect(verdict!.reasons[1]!.says).toContain('after dropping the 20 oldest points')
}, 60_000)
