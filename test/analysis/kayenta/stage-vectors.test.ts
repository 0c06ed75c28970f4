import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { outcomeOfScore } from '../../../src/analysis/kayenta/score.js'
import { kayentaJudge } from '../../../src/analysis/kayenta-judge.js'
import { pairSeries } from '../../../src/analysis/series.js'
import type { Comparison, Measurement } from '../../../src/vocabulary/measurement.js'
import { xoshiro128 } from '../../../src/vocabulary/xoshiro128.js'

/** The recorded cases of a whole canary stage: several intervals, metrics and scores. */
interface Case {
  readonly name: string
  readonly kind: string
  readonly metric_config: Record<string, unknown>
  readonly expected: Record<string, unknown>
}
const { cases } = JSON.parse(readFileSync(new URL('../../fixtures/kayenta.json', import.meta.url), 'utf8')) as { cases: Case[] }
const ofKind = (kind: string) => cases.filter((one) => one.kind === kind)
const caseOf = (name: string) => cases.find((one) => one.name === name)!

type Settings = Omit<Parameters<typeof kayentaJudge>[0], 'use' | 'compatible'>

/** The verdicts of a compatible judge that looks once a minute. */
function verdicts(settings: Settings, looks: number, seen: (metric: string) => Comparison) {
  const judge = kayentaJudge({ use: 'kayenta', compatible: true, ...settings })
  let state = judge.begin()
  return Array.from({ length: looks }, (_, minute) => {
    const metrics = Object.fromEntries(judge.metrics.map((metric) => [metric, seen(metric)]))
    const next = judge.look(state, { from: minute * 60_000, to: (minute + 1) * 60_000, metrics })
    state = next.state
    return next.verdict
  })
}

/** Scores of the intervals of one stage, of which the last decides, and whether Kayenta let it pass. */
const stages = ofKind('aggregation').flatMap(({ name, metric_config, expected }) => {
  const { scores, stage1, stage2, pass, marginal } = metric_config as Record<string, number[] | undefined> & {
    pass?: number
    marginal?: number
  }
  // Without a passing score Kayenta asks for the marginal one, and without that for nothing; ours always has both.
  const stage = (of: number[], status: unknown) => {
    return { name, last: of.at(-1)!, pass: pass ?? marginal ?? 0, marginal: marginal ?? 0, isPassed: status === 'SUCCEEDED' }
  }
  if (stage1 && stage2) return [stage(stage1, expected.status1), stage(stage2, expected.status2)]
  return [stage(scores!, expected.status ?? (expected.didPassThresholds ? 'SUCCEEDED' : 'TERMINAL'))]
})
test.each(stages)('compatible: $name passes or not as in Kayenta', ({ last, isPassed, ...thresholds }) => {
  expect(outcomeOfScore({ lowest: last, highest: last }, thresholds) === 'pass').toBe(isPassed)
})
test('every recorded stage was judged', () => expect(stages).toHaveLength(24))

const range = (random: () => number, [low, high]: readonly [number, number]): Measurement => {
  return { kind: 'gauge', values: [low + Math.floor(random() * (high - low))] }
}

test('the window grows from its beginning: every look is judged with all looks before it', () => {
  expect(caseOf('growing window').expected.window_i).toBe('[now, now+3i m]')
  const random = xoshiro128(1)
  const seen = () => ({ canary: range(random.uniform, [0, 90]), control: range(random.uniform, [0, 90]) })
  const points = verdicts({ metrics: [{ metric: 'cpu' }] }, 5, seen).map(({ reasons }) => {
    const { canaryPoints, controlPoints } = reasons.find(({ metric }) => metric === 'cpu')!.numbers!
    return [canaryPoints, controlPoints]
  })
  // A single point per side that differs is no finding, even to Kayenta.
  expect(points.slice(1)).toEqual([2, 3, 4, 5].map((look) => [look, look]))
})

const origin = (cohort: 'canary' | 'stable') => ({ metric: 'cpu', cohort, from: 0, to: 60_000 })
const paired = (canary: string[], control: string[]) => {
  const series = (keys: string[]) => keys.map((key) => ({ key, measurement: { kind: 'gauge' as const, values: [1] } }))
  return pairSeries(series(canary), series(control), origin('canary'), origin('stable'))
}
const unpaired = ofKind('series-pairing').filter(({ metric_config }) => Object.keys(metric_config).length > 0)
test.each(unpaired)('series are not paired when $name', ({ metric_config, expected }) => {
  const key = (side: string) => [metric_config[`${side}Name`] ?? '', metric_config[`${side}Tags`]].join()
  const [canary, control] = [key('experiment'), metric_config.experimentName === null ? 'cpu,' : key('control')]
  expect(expected.throws).toBe('IllegalArgumentException')
  expect(() => paired([canary], [control])).toThrow(expect.objectContaining({ code: 'analysis/invalid' }))
})

test('no control series at all: Kayenta gives up, and ours names the metric and passes nothing', () => {
  expect(caseOf('no control series at all').expected.throws).toBe('IllegalArgumentException')
  const { 'cpu,': pair } = paired(['cpu,'], [])
  expect(pair).toMatchObject({ control: { kind: 'missing', reason: 'empty' } })
  const outcomes = verdicts({ metrics: [{ metric: 'cpu' }] }, 60, () => pair!).map(({ outcome }) => outcome)
  expect(new Set(outcomes)).toEqual(new Set(['inconclusive']))
})

interface Ranges {
  readonly name?: string
  readonly control_range: readonly [number, number]
  readonly experiment_range: readonly [number, number]
}
const seenIn = ({ control_range, experiment_range }: Ranges, random: () => number): Comparison => {
  return { canary: range(random, experiment_range), control: range(random, control_range) }
}

test.each(ofKind('whole-judge').slice(0, 2))('compatible: $name', ({ metric_config, expected }) => {
  const { thresholds, metric, ...ranges } = metric_config as unknown as Ranges & {
    thresholds: { marginal: number; pass: number }
    metric: { critical: boolean; direction: 'increase'; group: string; groupWeight: number }
  }
  const { critical, direction, group, groupWeight } = metric
  const settings = { metrics: [{ metric: 'cpu', critical, direction, groups: [group] }], groupWeights: { [group]: groupWeight } }
  for (let seed = 1; seed <= 20; seed++) {
    const random = xoshiro128(seed)
    const { outcome, reasons } = verdicts({ ...settings, thresholds }, 60, () => seenIn(ranges, random.uniform)).at(-1)!
    expect(outcome).toBe(expected.didPassThresholds ? 'pass' : 'fail')
    expect(reasons.find(({ code }) => code === 'score')!.numbers).toMatchObject({ lowest: expected.score })
    expect(reasons.find(({ metric }) => metric === 'cpu')!.says).toContain(`cpu: ${expected.classification},`)
  }
})

test('compatible: a muted metric is reported, and not taken into the final score', () => {
  const { metric_config, expected } = caseOf('mutedMetricsAreNotTakenIntoFinalScore')
  const metrics = metric_config.metrics as (Ranges & { name: string; muted?: boolean })[]
  const nameOf = ({ name }: { name: string }) => name.toLowerCase().replace(' ', '-')
  const settings = { metrics: metrics.map((one) => ({ metric: nameOf(one), muted: one.muted === true })) }
  const random = xoshiro128(7)
  const seen = (metric: string) => seenIn(metrics.find((one) => nameOf(one) === metric)!, random.uniform)
  const { outcome, reasons } = verdicts(settings, 60, seen).at(-1)!
  expect(outcome).toBe('pass')
  for (const [name, classification] of Object.entries(expected.classification as Record<string, string>))
    expect(reasons.find(({ metric }) => metric === nameOf({ name }))!.says).toContain(`${nameOf({ name })}: ${classification}, `)
})
