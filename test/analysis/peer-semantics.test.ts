import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { classifyKayentaMetric } from '../../src/analysis/kayenta-judge.js'
import { reduceSeries } from '../../src/analysis/series.js'
import { thresholdJudge } from '../../src/analysis/threshold-judge.js'
import type { Comparison, Measurement } from '../../src/vocabulary/measurement.js'
import type { Outcome, Verdict } from '../../src/vocabulary/verdict.js'

/** What other tools do, row by row: where it is about judging, the threshold judge does the same, or avoids the trap. */
type Row = Readonly<Record<string, string>>
const tables: readonly { readonly id: string; readonly rows: readonly Row[] }[] = JSON.parse(
  readFileSync('test/fixtures/peer-semantics.json', 'utf8'),
).tables
const rowsOf = (id: string) => tables.find((table) => table.id === id)!.rows

test('every table of the peers is about judging and tested here, or about what no judge decides', () => {
  const ofJudging = ['argo.measurement', 'argo.metric', 'argo.counters', 'argo.run', 'flagger.metrics', 'pipecd.ada']
  const ofSteps = ['argo.schedule', 'argo.analysis_to_rollout', 'argo.promote_abort', 'argo.rollback_window']
  const ofTraffic = ['argo.dynamic_abort', 'argo.bg_analysis_guard', 'flagger.tick', 'flagger.canary_weights', 'flagger.phases']
  const ofGates = ['flagger.webhooks', 'orca.window', 'orca.window_days', 'orca.manual_judgment', 'orca.concurrency']
  const known = [...ofJudging, ...ofSteps, ...ofTraffic, ...ofGates, 'kargo.availability']
  expect(tables.map(({ id }) => id).sort()).toEqual(known.sort())
})

type Rule = Parameters<typeof thresholdJudge>[0]['rules'][number]
type Seen = Measurement | Comparison | undefined
const counts = (bad: number): Measurement => ({ kind: 'counts', total: 1_000, bad })
const missing = (reason: 'outage' | 'empty' | 'first-look' | 'ambiguous'): Measurement => ({
  kind: 'missing',
  reason,
  detail: 'x',
})
const gauge = (...values: number[]): Measurement => ({ kind: 'gauge', values })
const [good, bad, few, error] = [counts(0), counts(99), { kind: 'counts', total: 1, bad: 0 } as const, missing('outage')]
const errors = (rule: Partial<Rule>): Rule => ({ metric: 'errors', statistic: 'ratio', minimumSamples: 2, ...rule })

/** The verdicts of a judge over looks at these rules' metrics; `undefined` is a metric that the look lacks. */
function verdicts(rules: Rule[], looks: readonly Readonly<Record<string, Seen>>[]): Verdict[] {
  const judge = thresholdJudge({ use: 'threshold', rules })
  let state = judge.begin()
  return looks.map((seen, minute) => {
    const metrics = Object.entries(seen).flatMap(([metric, value]) => {
      if (value === undefined) return []
      return [[metric, 'canary' in value ? value : { canary: value, control: missing('empty') }] as const]
    })
    const next = judge.look(state, { from: minute * 60_000, to: (minute + 1) * 60_000, metrics: Object.fromEntries(metrics) })
    state = next.state
    return next.verdict
  })
}
const ofErrors = (rule: Partial<Rule>, looks: readonly Seen[]) =>
  verdicts(
    [errors(rule)],
    looks.map((seen) => ({ errors: seen })),
  )
const last = (rule: Partial<Rule>, ...looks: Seen[]) => ofErrors(rule, looks).at(-1)!.outcome
const refused = (rule: object) =>
  expect(() => thresholdJudge({ use: 'threshold', rules: [errors(rule)] })).toThrow(
    expect.objectContaining({ code: 'analysis/invalid' }),
  )

const numberIn = (text: string, name: string) => {
  const found = new RegExp(`(?:^| )${name}(?:=| default )(-?\\d+)`).exec(text)?.[1]
  return found === undefined ? undefined : Number(found)
}

/** Argo's limits as a rule: a limit is the last number that is still allowed. */
function ruleOf(settings: string): Partial<Rule> {
  const failureLimit = numberIn(settings, 'failureLimit') ?? 0
  const passes = numberIn(settings, 'consecutiveSuccessLimit') ?? numberIn(settings, 'count') ?? 99
  const noDataLimit = (numberIn(settings, 'consecutiveErrorLimit') ?? 4) + 1
  const total = failureLimit < 0 ? {} : { totalFailures: failureLimit + 1 }
  return { max: 0.01, failures: 99, passes, noDataLimit, onNoData: 'fail', ...total }
}

/** Looks that leave Argo's counters as they are in the table, the passed ones in a row at the end. */
function looksOf(counters: string): Seen[] {
  const count = (name: string) => numberIn(counters, name) ?? 0
  const inRow = count('consecutiveSuccess')
  const before = Math.max(0, count('successful') - inRow)
  const counted = before + inRow + count('failed') + count('inconclusive')
  const others = Math.max(0, count('count') - counted) + count('inconclusive')
  const times = (seen: Seen, often: number) => Array<Seen>(often).fill(seen)
  return [
    ...times(good, before),
    ...times(bad, count('failed')),
    ...times(few, others),
    ...times(good, inRow),
    ...times(error, count('consecutiveError')),
  ]
}

const phases: Readonly<Record<string, Outcome>> = { Successful: 'pass', Failed: 'fail', Error: 'fail' }
const notes: Readonly<Record<string, Seen>> = {
  'no measurements': undefined,
  'last measurement still Running': missing('first-look'),
}
const argo = rowsOf('argo.metric').map((row) => {
  const { settings = '', counters = '', 'terminating=false': phase = '', 'terminating=true': ended = '' } = row
  return { settings, counters, phase, ended, looks: counters in notes ? [notes[counters]] : looksOf(counters) }
})

test.each(argo)('Argo Rollouts, $settings, after $counters: $phase', ({ settings, counters, phase, looks }) => {
  // Where Argo's count is up before enough passed in a row, it fails; here the bake is over, and the plan says what follows.
  const isCountUp = settings.includes('count=') && numberIn(settings, 'count') === numberIn(counters, 'count')
  const isUndecided = isCountUp && phase === 'Failed' && (numberIn(counters, 'failed') ?? 0) === 0
  const wanted = isUndecided ? 'inconclusive' : (phases[phase] ?? 'inconclusive')
  expect(last(ruleOf(settings), ...looks)).toBe(wanted)
})

test('ending a watch early makes no pass of what was undecided, as it does with Argo Rollouts', () => {
  const traps = argo.filter(({ phase, ended }) => ended === 'Successful' && phase !== 'Successful')
  expect(traps.length).toBeGreaterThanOrEqual(8)
  for (const { settings, looks } of traps) expect(last(ruleOf(settings), ...looks)).toBe('inconclusive')
})

const tally: Readonly<Record<string, [seen: Seen, after: object]>> = {
  Successful: [good, { passed: 3, failedInAll: 0, silent: 0 }],
  Failed: [bad, { passed: 0, failedInAll: 1, silent: 0 }],
  // Argo ends the row of passed looks with these two. Here they tell nothing, and neither end it nor count in it.
  Inconclusive: [few, { passed: 2, failedInAll: 0, silent: 0 }],
  Error: [error, { passed: 2, failedInAll: 0, silent: 2 }],
}
test.each(rowsOf('argo.counters'))('one more look that is $measurement counts as in Argo Rollouts', (row) => {
  const [seen, after] = tally[row.measurement!]!
  const [reason] = ofErrors({ max: 0.01, passes: 9, failures: 9 }, [good, good, error, seen]).at(-1)!.reasons
  const { passed, failedInAll, silent } = reason!.numbers!
  expect({ passed, failedInAll, silent }).toEqual(after)
  expect([row.failed === '+1', row.consecutiveError === '+1']).toEqual([failedInAll === 1, silent === 2])
})

const both = { min: 0.005, max: 0.05 }
const measured: readonly [successCondition: string | null, failureCondition: string | null, result: string, outcome: Outcome][] =
  [
    ['true', 'false', 'any', last(both, counts(10))],
    ['true', 'true', 'any', last(both, bad)],
    [null, 'evaluates false', 'any', last({ max: 0.05 }, counts(10))],
    ['evaluates false', null, 'any', last({ min: 0.05 }, counts(10))],
    ['result[0] >= 0.95', null, 'nil', last({ min: 0.95 }, missing('empty'))],
    ['result[0] >= 0.95', null, '[]', last({ statistic: 'mean', min: 0.95, minimumSamples: 1 }, gauge())],
  ]
test.each(measured)('Argo Rollouts, success if %s and failure if %s, on %s: %s here', (success, failure, result, outcome) => {
  const row = rowsOf('argo.measurement').find(
    (one) => one.successCondition === success && one.failureCondition === failure && one.result === result,
  )
  const phase = row!.phase!.split(' ')[0]!
  expect(outcome).toBe(phase === 'Error' ? 'inconclusive' : phases[phase])
})

test('conditions that Argo Rollouts finds out about when it measures are refused before the release', () => {
  refused({}) // neither condition: Argo says Successful
  refused({ max: 1, statistic: 'unknown' })
  refused({ max: 'true' })
  refused({ max: 1, successCondition: 'result < 1' })
})

test('NaN neither passes as below a maximum, nor fails as below a minimum', () => {
  for (const rule of [{ max: 1 }, { min: 1 }, { min: 0, max: 1 }])
    expect(last({ statistic: 'mean', minimumSamples: 1, ...rule }, gauge(Number.NaN))).toBe('inconclusive')
})

const second: Rule = { metric: 'latency', statistic: 'mean', max: 1 }
const siblings: readonly [metrics: string, phase: RegExp, looks: readonly Seen[], outcome: Outcome][] = [
  ['Successful + Running', /^Running/, [good, undefined], 'inconclusive'],
  ['Successful + Failed', /^Failed/, [bad, gauge(0)], 'fail'],
  // Argo waits for the other metric; here one that failed is enough, and the rollback begins.
  ['one Failed while another job still running', /^Running/, [bad, undefined], 'fail'],
  ['Failed (two metrics)', /^Failed, message from the first/, [bad, gauge(2)], 'fail'],
  ['spec.terminate before first measurement', /^Successful/, [undefined, undefined], 'inconclusive'],
]
test.each(siblings)('Argo Rollouts, a run of metrics that are %s', (metrics, phase, [first, other], outcome) => {
  expect(rowsOf('argo.run').find((row) => row.metrics === metrics)!['run phase']).toMatch(phase)
  const [verdict] = verdicts([errors({ max: 0.01 }), second], [{ errors: first, latency: other }])
  expect(verdict!.outcome).toBe(outcome)
  if (outcome === 'fail') expect(verdict!.reasons[0]).toMatchObject({ metric: 'errors', outcome: 'fail' })
})

test('one failed, silent or undecided metric decides for its siblings, as in Argo Rollouts', () => {
  const rule = { max: 0.01, noDataLimit: 1 }
  const of = (seen: Seen, onNoData: 'inconclusive' | 'fail' = 'inconclusive') =>
    verdicts([errors({ ...rule, onNoData }), second], [{ errors: seen, latency: gauge(0) }])[0]!.outcome
  expect([of(bad), of(few), of(error, 'fail'), of(good)]).toEqual(['fail', 'inconclusive', 'fail', 'pass'])
})

const checks: Readonly<Record<string, () => void>> = {
  'no values / Prometheus NaN': () => expect(last({ max: 1 }, missing('empty'))).toBe('inconclusive'),
  'provider/network error': () => expect(last({ max: 1, noDataLimit: 1 }, error, error, error)).toBe('inconclusive'),
  'value inside [min,max]': () => expect(last(both, counts(5), counts(50))).toBe('pass'),
  'value outside': () => expect([last(both, counts(4)), last(both, counts(51))]).toEqual(['fail', 'fail']),
  'NaN from a non-Prometheus provider': () =>
    expect(last({ statistic: 'mean', minimumSamples: 1, ...both }, gauge(Number.NaN))).toBe('inconclusive'),
  'metric with unknown name, no query, no template': () => expect(last({ max: 1 }, undefined)).toBe('inconclusive'),
  'no thresholdRange and threshold unset': () => refused({}),
  'no metrics configured': () =>
    expect(() => thresholdJudge({ use: 'threshold', rules: [] })).toThrow(expect.objectContaining({ code: 'analysis/invalid' })),
  'multiple series': () => {
    const series = ['a', 'b'].map((key) => ({ key, measurement: good }))
    const origin = { metric: 'errors', cohort: 'canary', from: 0, to: 60_000 } as const
    expect(() => reduceSeries(series, undefined, origin)).toThrow('came as 2 series (a, b). Declare a reducer')
    expect(last({ max: 1 }, missing('ambiguous'))).toBe('inconclusive')
  },
}
test.each(rowsOf('flagger.metrics'))('Flagger, $input', ({ input }) => checks[input!]!())

test('enough failed looks in all fail at once: Flagger leaves the canary its traffic for one more interval', () => {
  expect(rowsOf('flagger.tick').some(({ check }) => check?.startsWith('failedChecks >= threshold'))).toBe(true)
  const outcomes = ofErrors({ max: 0.01, failures: 99, totalFailures: 2 }, [bad, good, bad]).map(({ outcome }) => outcome)
  expect(outcomes).toEqual(['inconclusive', 'pass', 'fail'])
})

const relative = { maxRatio: 2 }
const pair = (canary: Measurement, control: Measurement) => ({ canary, control })
const analyses: Readonly<Record<string, () => void>> = {
  'THRESHOLD and zero data points': () =>
    expect(last({ statistic: 'mean', max: 1 }, { kind: 'samples', values: [] })).toBe('inconclusive'),
  'THRESHOLD any point out of range': () => {
    expect(last({ statistic: 'max', max: 1 }, gauge(0, 0, 2))).toBe('fail')
    expect(last({ statistic: 'max', max: 1 }, gauge(0, 0, 1))).toBe('pass')
  },
  'provider error': () => expect(last({ max: 1 }, error, error, error, error)).toBe('inconclusive'),
  'ErrNoDataFound and skipOnNoData': () => expect(last({ max: 1 }, good, missing('empty'))).toBe('inconclusive'),
  'failureCount > failureLimit': () =>
    expect([last({ max: 0.01, totalFailures: 2, failures: 99 }, bad), last({ max: 0.01, failures: 2 }, bad, bad)]).toEqual([
      'inconclusive',
      'fail',
    ]),
  'PREVIOUS and first deployment': () => expect(last(relative, pair(good, missing('empty')))).toBe('inconclusive'),
  'CANARY_* both sides empty': () => expect(last(relative, pair(missing('empty'), missing('empty')))).toBe('inconclusive'),
  'one side empty': () => expect(last(relative, pair(missing('empty'), good))).toBe('inconclusive'),
  'all samples equal': () => expect(last({ statistic: 'mean', maxRatio: 1 }, pair(gauge(7, 7), gauge(7, 7, 7)))).toBe('pass'),
  'Mann-Whitney p <= 0.05 in the chosen direction': () => {
    const from = (least: number) => Array.from({ length: 8 }, (_, i) => least + i / 10)
    const [more, less] = [from(2), from(1)]
    const of = (minimumPoints: number, allowedIncrease: number) =>
      classifyKayentaMetric(more, less, { metric: 'errors', effectSize: { allowedIncrease } }, { minimumPoints })
    expect(of(20, 1).classification).toBe('TooFew')
    expect(of(8, 1).classification).toBe('High')
    expect(of(8, 3).classification).toBe('Pass')
  },
  'duration elapsed': () => expect(last({ max: 1 }, ...Array<Seen>(1_440).fill(few))).toBe('inconclusive'),
}
test.each(rowsOf('pipecd.ada'))('PipeCD, $case', (row) => analyses[row.case!]!())
