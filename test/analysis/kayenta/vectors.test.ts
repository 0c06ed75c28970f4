import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { cles } from '../../../src/analysis/fixed/cles.js'
import { quantiles } from '../../../src/analysis/fixed/quantile.js'
import { sortedSample } from '../../../src/analysis/fixed/sorted-sample.js'
import { withoutNaN, withoutOutliers } from '../../../src/analysis/kayenta/clean-series.js'
import { searchedShift, standardisedU } from '../../../src/analysis/kayenta/searched-shift.js'
import { classifyKayentaMetric, kayentaScore, type ScoredMetric } from '../../../src/analysis/kayenta-judge.js'
import { estimate, sampleCount } from '../../../src/analysis/statistic.js'
import { normalQuantile } from '../../../src/analysis/stats/normal-distribution.js'

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

function classifyAsKayenta({ metric_config, experiment, control }: Case) {
  const {
    classifier: _,
    tolerance,
    confLevel,
    ...metric
  } = metric_config as { classifier: string; tolerance?: number; confLevel: number }
  const options = { ...(tolerance !== undefined && { tolerance, confidence: confLevel }), compatible: true }
  return classifyKayentaMetric(numbers(experiment), numbers(control), { metric: 'metric', ...metric }, options)
}

test('every recorded kind of case is tested here or with the judge as a whole', () => {
  const kinds = Object.groupBy(cases, ({ kind }) => kind)
  expect(Object.fromEntries(Object.entries(kinds).map(([kind, ofKind]) => [kind, ofKind!.length]))).toEqual({
    'metric-classifier': 26,
    'metric-classifier-derived': 7,
    'metric-classifier-field-report': 3,
    'mann-whitney-numeric': 5,
    'weighted-sum-scorer': 12,
    'weighted-sum-scorer-derived': 5,
    'outlier-detector': 5,
    transform: 5,
    statistic: 13,
    // Of the judge as a whole:
    aggregation: 20,
    'interval-schedule': 6,
    'series-pairing': 4,
    'whole-judge': 3,
  })
})

const classified = cases.filter(({ kind, metric_config }) => kind.startsWith('metric-classifier') && 'tolerance' in metric_config)
test('the cases of the classifier are complete', () => {
  expect(classified).toHaveLength(33)
  expect(classified.filter(({ deterministic }) => deterministic)).toHaveLength(24)
})

test.each(classified)('compatible: Kayenta classifies "$name" so, for the same reason', (one) => {
  const got = classifyAsKayenta(one)
  if ('reason' in one.expected) expect(got.says).not.toBe('')
  const { classification, critical, ...rest } = { ...one.recomputed, ...one.expected } as Record<string, unknown>
  expect(got.classification).toBe(classification)
  expect(got.critical).toBe(critical)
  // The noise that Kayenta adds to constant series shows in the fifth digit.
  const tolerance = one.deterministic === false ? 1e-4 : 1e-12
  for (const name of ['ratio', 'effect', 'lower', 'upper', 'estimate', 'bound']) {
    const [ours, theirs] = [got.numbers[name], rest[name]]
    if (typeof theirs !== 'number') expect(ours ?? 'none', name).toBe(theirs === undefined ? (ours ?? 'none') : 'none')
    else expect(Math.abs(ours! - theirs), name).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(theirs)))
  }
})

const unreachable = cases.filter(({ metric_config }) => metric_config.classifier === 'MeanInequalityClassifier')
test.each(unreachable)(
  '"$name", a classifier that no configuration of Kayenta reaches, shows in the ratio of the means',
  (one) => {
    const { ratio } = classifyAsKayenta(one).numbers
    expect({ '1': 'High', '-1': 'Low', '0': 'Pass' }[Math.sign(ratio! - 1)]).toBe(one.expected.classification)
  },
)

const close = (got: number, wanted: unknown, tolerance: unknown, name: string) =>
  expect(Math.abs(got - Number(wanted)), name).toBeLessThanOrEqual(Number(tolerance))

test.each(cases.filter(({ kind }) => kind === 'mann-whitney-numeric'))(
  'compatible: Kayenta finds the numbers of "$name"',
  (one) => {
    const { value, abs_tolerance: tolerance, ...expected } = one.expected
    if (one.experiment.length === 0) return close(normalQuantile(0.02 / 2), value, tolerance, 'zQuant')
    const confidence = one.metric_config.confLevel as number
    const [x, y] = [numbers(one.experiment), numbers(one.control)]
    const [xs, ys] = [sortedSample(x), sortedSample(y)]
    const [least, most, z] = [xs[0]! - ys.at(-1)!, xs.at(-1)! - ys[0]!, -normalQuantile((1 - confidence) / 2)]
    const got: Record<string, number> = {
      ...searchedShift(x, y, confidence),
      muMin: least,
      muMax: most,
      zqLower: z,
      zqUpper: -z,
      fLower1: standardisedU(xs, ys, least) - z,
      fUpper1: standardisedU(xs, ys, most) - z,
      fLower2: standardisedU(xs, ys, least) + z,
      fUpper2: standardisedU(xs, ys, most) + z,
    }
    for (const [name, wanted] of Object.entries(expected))
      close(got[name]!, wanted, (tolerance as Record<string, number>)[name] ?? tolerance, name)
    for (const [name, wanted] of Object.entries(one.recomputed ?? {})) close(got[name]!, wanted, 1e-11, `${name}, recomputed`)
  },
)

const scored = cases.filter(({ kind }) => kind.startsWith('weighted-sum-scorer'))
test.each(scored)('compatible: Kayenta scores "$name" so', ({ metric_config, expected }) => {
  const { metrics, groupWeights } = metric_config as { metrics: ScoredMetric[]; groupWeights: Record<string, number> }
  const score = kayentaScore(metrics, groupWeights, true)
  expect(score.lowest).toBe(expected.summaryScore)
  expect(score.highest).toBe(expected.summaryScore)
  for (const [group, wanted] of Object.entries((expected.groupScores ?? {}) as Record<string, number>))
    expect(score.groups.find((one) => one.group === group)?.lowest ?? 0).toBe(wanted)
})

const transforms = cases.filter(({ kind }) => kind === 'transform')
test.each(transforms.filter(({ metric_config }) => metric_config.nanStrategy))('$name', (one) => {
  const strategy = one.metric_config.nanStrategy as 'remove' | 'replace'
  expect(withoutNaN(numbers(one.experiment), strategy)).toEqual(one.expected.values)
})

/** Kayenta's library has a detector by deviations, too; its judge has only the one by quartiles, which finds the same. */
const outlierFactor = ({ metric_config: { factor, k, outliers } }: Case) =>
  (factor ?? k ?? (outliers as { outlierFactor: number }).outlierFactor) as number
const outlying = cases.filter(
  (one) => one.kind === 'outlier-detector' || (one.kind === 'transform' && !one.metric_config.nanStrategy),
)
test.each(outlying)('what "$name" takes for outliers is removed', (one) => {
  const { outlier_flags: flags, values } = one.expected as { outlier_flags?: number[]; values?: number[] }
  const kept = withoutOutliers(numbers(one.experiment), { strategy: 'remove', outlierFactor: outlierFactor(one) })
  expect(kept).toEqual(values ?? one.experiment.filter((_, i) => flags![i] === 0))
})

/** One of Kayenta's statistics, where a judge of ours has use for it: the deviation is in no setting and no verdict. */
function statistic({ metric_config, experiment, control }: Case): unknown {
  const [x, y, name] = [numbers(experiment), numbers(control), String(metric_config.function)]
  if (name === 'cles') return cles(x, y)
  if (name === 'meanRatio') return classifyKayentaMetric(x, y, { metric: 'metric' }, { compatible: true }).numbers.ratio
  if (name !== 'summary') return (quantiles(x, [Number(name.split(' ')[1]) / 100]) as number[])[0]
  const measurement = { kind: 'samples', values: x } as const
  const of = (name: string) => estimate(measurement, name)?.value
  return { min: of('min'), max: of('max'), mean: of('mean'), count: sampleCount(measurement) }
}

const statistics = cases.filter(({ kind, experiment }) => kind === 'statistic' && experiment.length > 0)
test.each(statistics)('Kayenta computes "$name" so', (one) => {
  const { value, abs_tolerance } = one.expected as { value: number | Record<string, number>; abs_tolerance: number }
  const got = statistic(one)
  const pairs = typeof got === 'object' ? Object.entries(got as Record<string, number>) : [['value', got as number] as const]
  for (const [name, number] of pairs) close(number, typeof value === 'number' ? value : value[name], abs_tolerance, name)
})

test('of no data Kayenta says that they average zero, and here nobody does: it is no data in both modes', () => {
  const [none] = cases.filter(({ kind, experiment }) => kind === 'statistic' && experiment.length === 0)
  expect(none?.expected.value).toMatchObject({ mean: 0, count: 0 })
  for (const compatible of [true, false])
    expect(classifyKayentaMetric([], [], { metric: 'metric' }, { compatible }).classification).toBe('Nodata')
})
