import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { cles } from '../../../src/analysis/fixed/cles.js'
import { quantiles } from '../../../src/analysis/fixed/quantile.js'
import { withoutNaN } from '../../../src/analysis/kayenta/clean-series.js'
import { outcomeOfScore } from '../../../src/analysis/kayenta/score.js'
import { classifyKayentaMetric, type KayentaClass, kayentaScore, type ScoredMetric } from '../../../src/analysis/kayenta-judge.js'

type Value = number | 'NaN'
interface Case {
  readonly name: string
  readonly kind: string
  readonly deterministic?: boolean
  readonly metric_config: Record<string, unknown>
  readonly experiment: readonly Value[]
  readonly control: readonly Value[]
  readonly expected: Record<string, unknown>
  readonly recomputed?: Record<string, unknown>
}

const { cases } = JSON.parse(readFileSync(new URL('../../fixtures/kayenta.json', import.meta.url), 'utf8')) as { cases: Case[] }
const numbers = (values: readonly Value[]) => values.map(Number)

/** Kayenta's answer there is the error of its root finder, 1e-4 in the unit of the metric; ours is the exact one. */
const rootFinderErrors: Record<string, KayentaClass> = {
  'same data scaled by 1e-05: +50% shift': 'High',
  'same data scaled by 1e-06: +50% shift': 'High',
  'zero-inflated: 30% of points 2.0 vs all zero': 'High',
}

function classifyAsKayenta({ metric_config, experiment, control }: Case) {
  const {
    classifier: _,
    tolerance,
    confLevel,
    ...metric
  } = metric_config as { classifier: string; tolerance: number; confLevel: number }
  const options = { tolerance, confidence: confLevel, compatible: true }
  return classifyKayentaMetric(numbers(experiment), numbers(control), { metric: 'metric', ...metric }, options)
}

const classified = cases.filter(({ kind, metric_config }) => kind.startsWith('metric-classifier') && 'tolerance' in metric_config)
test('the fixture has all cases of the classifier', () => {
  expect(classified).toHaveLength(33)
  expect(classified.filter(({ deterministic }) => deterministic)).toHaveLength(24)
  expect(classified.filter(({ name }) => name in rootFinderErrors)).toHaveLength(3)
})

test.each(classified)('compatible: Kayenta classifies "$name" so', (one) => {
  const got = classifyAsKayenta(one)
  if ('reason' in one.expected) expect(got.says).not.toBe('')
  const { classification, critical, ratio } = { ...one.recomputed, ...one.expected } as Record<string, unknown>
  expect(got.classification).toBe(rootFinderErrors[one.name] ?? classification)
  expect(got.critical).toBe(critical)
  // The noise that Kayenta adds to constant series shows in the fifth digit.
  const ofKayenta = typeof ratio === 'number' ? ratio : undefined
  if (ofKayenta === undefined) expect(got.numbers.ratio).toBeUndefined()
  else expect(Math.abs(got.numbers.ratio! / ofKayenta - 1)).toBeLessThan(one.deterministic === false ? 1e-4 : 1e-12)
})

const scored = cases.filter(({ kind }) => kind.startsWith('weighted-sum-scorer'))
test.each(scored)('compatible: Kayenta scores "$name" so', ({ metric_config, expected }) => {
  const { metrics, groupWeights } = metric_config as { metrics: ScoredMetric[]; groupWeights: Record<string, number> }
  const score = kayentaScore(metrics, groupWeights, true)
  expect(score.lowest).toBe(expected.summaryScore)
  expect(score.highest).toBe(expected.summaryScore)
  for (const [group, wanted] of Object.entries((expected.groupScores ?? {}) as Record<string, number>))
    expect(score.groups.find((one) => one.group === group)?.lowest ?? 0).toBe(wanted)
})

/** Scores of the intervals of one canary stage, of which the last decides, and whether Kayenta let it pass. */
const staged = cases
  .filter(({ kind, metric_config }) => kind === 'aggregation' && metric_config.pass)
  .flatMap(({ name, metric_config, expected }) => {
    const { scores, stage1, stage2, pass, marginal } = metric_config as Record<string, number[]> & {
      pass: number
      marginal?: number
    }
    const stage = (scores: number[], status: unknown) => ({
      name,
      scores,
      pass,
      marginal: marginal ?? 0,
      isPassed: status === 'SUCCEEDED',
    })
    if (stage1 && stage2) return [stage(stage1, expected.status1), stage(stage2, expected.status2)]
    return [stage(scores!, expected.status ?? (expected.didPassThresholds ? 'SUCCEEDED' : 'TERMINAL'))]
  })
test.each(staged)('compatible: $name passes or not as in Kayenta', ({ scores, pass, marginal, isPassed }) => {
  const last = scores.at(-1)!
  expect(outcomeOfScore({ lowest: last, highest: last }, { pass, marginal }) === 'pass').toBe(isPassed)
})

test.each(cases.filter(({ kind, metric_config }) => kind === 'transform' && metric_config.nanStrategy))('$name', (one) => {
  const strategy = one.metric_config.nanStrategy as 'remove' | 'replace'
  expect(withoutNaN(numbers(one.experiment), strategy)).toEqual(one.expected.values)
})

const statistics = cases.filter(
  ({ kind, metric_config }) => kind === 'statistic' && /^(cles|percentile)/.test(String(metric_config.function)),
)
test.each(statistics)('Kayenta computes "$name" so', ({ metric_config, experiment, control, expected }) => {
  const { value, abs_tolerance } = expected as { value: number; abs_tolerance: number }
  const level = Number(/\d+/.exec(String(metric_config.function))?.[0]) / 100
  const ours =
    metric_config.function === 'cles' ? cles(numbers(experiment), numbers(control)) : quantiles(numbers(experiment), [level])
  expect(Math.abs(([ours].flat()[0] as number) - value)).toBeLessThanOrEqual(abs_tolerance)
})
