import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { z } from 'zod'
import { LazyReason } from '../../src/analysis/lazy-reason.js'
import {
  type ThresholdSettings,
  type ThresholdState,
  thresholdJudge,
  thresholdSettingsSchema,
} from '../../src/analysis/threshold-judge.js'
import type { Comparison, Look, Measurement } from '../../src/vocabulary/measurement.js'

type Rule = Omit<z.input<typeof thresholdSettingsSchema>['rules'][number], 'metric' | 'statistic'> & { statistic?: string }
const missing: Measurement = { kind: 'missing', reason: 'outage', detail: 'HTTP 503' }
const counts = (bad: number, total = 1_000): Measurement => ({ kind: 'counts', total, bad })
const judgeOf = (rule: Rule) => thresholdJudge({ use: 'threshold', rules: [{ metric: 'errors', statistic: 'ratio', ...rule }] })

/** The verdicts of a judge over these looks, one minute each. */
function verdicts(rule: Rule, looks: readonly (Measurement | Comparison)[], from?: ThresholdState) {
  const judge = judgeOf(rule)
  let state = from ?? judge.begin()
  return looks.map((seen, i) => {
    const comparison = 'canary' in seen ? seen : { canary: seen, control: missing }
    const next = judge.look(state, { from: i * 60_000, to: (i + 1) * 60_000, metrics: { errors: comparison } })
    state = JSON.parse(JSON.stringify(next.state))
    return next.verdict
  })
}
const outcomes = (...args: Parameters<typeof verdicts>) => verdicts(...args).map(({ outcome }) => outcome)
const decided = (rule: Rule, seen: Measurement | Comparison) => {
  const [verdict] = verdicts(rule, [seen])
  return [verdict?.outcome, verdict?.reasons[0]?.code]
}

test('a look within its bounds passes, and one beyond them fails', () => {
  expect(outcomes({ max: 0.01 }, [counts(10), counts(11)])).toEqual(['pass', 'fail'])
  expect(outcomes({ min: 0.01 }, [counts(10), counts(9)])).toEqual(['pass', 'fail'])
})

test('a verdict says in one sentence what was seen, against what, on how much, and when, and repeats it as numbers', () => {
  const [verdict] = verdicts({ maxRatio: 1.25, minimumSamples: 500 }, [{ canary: counts(19), control: counts(80, 10_000) }])
  expect(verdict?.reasons).toEqual([
    {
      code: 'above-ratio',
      says: 'errors in 1m: canary ratio 1.9 % is above 1.25 times the 0.8 % of its control, on 1,000 requests (failed look 1 of 1 in a row).',
      metric: 'errors',
      outcome: 'fail',
      numbers: {
        canary: 0.019,
        canarySamples: 1_000,
        control: 0.008,
        controlSamples: 10_000,
        limit: 0.01,
        maxRatio: 1.25,
        minimumSamples: 500,
        failures: 1,
        passes: 1,
        noDataLimit: 3,
        failed: 1,
        failedInAll: 1,
        passed: 0,
        silent: 0,
        from: 0,
        to: 60_000,
      },
    },
  ])
})

test('one failing metric fails, whatever the others say, and is named first', () => {
  const judge = thresholdJudge({
    use: 'threshold',
    rules: [
      { metric: 'errors', statistic: 'ratio', max: 0.01 },
      { metric: 'restarts', statistic: 'rate', max: 0 },
      { metric: 'latency', statistic: 'p99', unit: 'ms', max: 500 },
    ],
  })
  expect(judge.metrics).toEqual(['errors', 'restarts', 'latency'])
  const metrics = {
    errors: { canary: counts(0), control: missing },
    latency: { canary: { kind: 'samples', values: [100, 900] }, control: missing },
  } satisfies Look['metrics']
  const { verdict } = judge.look(judge.begin(), { from: 0, to: 30_000, metrics })
  expect(verdict.outcome).toBe('fail')
  expect(verdict.reasons.map(({ metric, outcome }) => `${metric} ${outcome}`)).toEqual([
    'latency fail',
    'restarts inconclusive',
    'errors pass',
  ])
  expect(verdict.reasons[0]?.says).toContain('canary p99 892 ms is above the allowed 500 ms')
})

test('one undecided metric keeps a release from passing', () => {
  const judge = thresholdJudge({
    use: 'threshold',
    rules: [
      { metric: 'errors', statistic: 'ratio', max: 0.01 },
      { metric: 'memory', statistic: 'mean', max: 1 },
    ],
  })
  const metrics = { errors: { canary: counts(0), control: missing }, memory: { canary: missing, control: missing } }
  expect(judge.look(judge.begin(), { from: 0, to: 1, metrics }).verdict.outcome).toBe('inconclusive')
})

test('failed looks in a row are counted across looks without a finding, and end with a passed one', () => {
  const rule = { max: 0.01, failures: 2, onNoData: 'inconclusive' as const }
  expect(outcomes(rule, [counts(99), missing, counts(99)])).toEqual(['inconclusive', 'inconclusive', 'fail'])
  expect(outcomes(rule, [counts(99), counts(0), counts(99)])).toEqual(['inconclusive', 'pass', 'inconclusive'])
})

test('failed looks in all are counted across passed ones, and a passed look does not undo them', () => {
  const rule = { max: 0.01, failures: 9, totalFailures: 2 }
  expect(outcomes(rule, [counts(99), counts(0), counts(99), counts(0)])).toEqual(['inconclusive', 'pass', 'fail', 'fail'])
})

test('a pass needs the declared number of passed looks since the last failed one', () => {
  const rule = { max: 0.01, failures: 2, passes: 2 }
  const looks = [counts(0), missing, counts(0), counts(99), counts(0), counts(0)]
  const inconclusive = 'inconclusive'
  expect(outcomes(rule, looks)).toEqual([inconclusive, inconclusive, 'pass', inconclusive, inconclusive, 'pass'])
})

test('too few requests are inconclusive, however bad they are, and are not silence', () => {
  const rule = { max: 0.01, minimumSamples: 50, noDataLimit: 1, onNoData: 'fail' as const }
  expect(
    verdicts(rule, [counts(0, 49), counts(49, 49), counts(0, 0)]).map(({ outcome, reasons }) => [outcome, reasons[0]?.code]),
  ).toEqual(Array(3).fill(['inconclusive', 'too-few']))
})

test('just enough requests are enough', () => {
  expect(outcomes({ max: 0.01, minimumSamples: 50 }, [counts(0, 50)])).toEqual(['pass'])
})

test('silence gets its own name after the limit, and fails only where the plan says so', () => {
  const code = (rule: Rule, looks: Measurement[]) =>
    verdicts(rule, looks).map(({ outcome, reasons }) => `${outcome} ${reasons[0]?.code}`)
  const looks = [missing, missing, counts(0), missing, missing, missing]
  expect(code({ max: 1 }, looks).slice(3)).toEqual(['inconclusive missing', 'inconclusive missing', 'inconclusive no-data'])
  expect(code({ max: 1, onNoData: 'fail' }, looks).slice(3)).toEqual([
    'inconclusive missing',
    'inconclusive missing',
    'fail no-data',
  ])
})

test('a quiet look between two silent ones shows that somebody is there', () => {
  expect(outcomes({ max: 1, noDataLimit: 2, onNoData: 'fail' }, [missing, counts(0, 0), missing])).not.toContain('fail')
})

test('the first look at counters is not silence: a second reading is still to come', () => {
  const first: Measurement = { kind: 'missing', reason: 'first-look', detail: '' }
  expect(outcomes({ max: 1, noDataLimit: 1, onNoData: 'fail' }, [first, missing])).toEqual(['inconclusive', 'fail'])
})

test('against a control at zero only an absolute ceiling decides', () => {
  const zero = (bad: number) => ({ canary: counts(bad), control: counts(0) })
  expect(decided({ maxRatio: 2 }, zero(0))).toEqual(['inconclusive', 'zero-baseline'])
  expect(decided({ maxRatio: 2 }, zero(500))).toEqual(['inconclusive', 'zero-baseline'])
  expect(decided({ maxRatio: 2, min: 0 }, zero(500))).toEqual(['inconclusive', 'zero-baseline'])
  expect(decided({ maxRatio: 2, max: 0.01 }, zero(0))).toEqual(['pass', 'zero-baseline'])
  expect(decided({ maxRatio: 2, max: 0.01 }, zero(500))).toEqual(['fail', 'above-max'])
  expect(decided({ maxRatio: 2, maxIncrease: 0.01 }, zero(500))).toEqual(['fail', 'above-increase'])
})

test('without a control a relative bound never passes, and an absolute one still fails', () => {
  for (const control of [missing, counts(0, 0)]) {
    const rule = { maxRatio: 2, max: 0.01 }
    expect(decided(rule, { canary: counts(0), control })).toEqual(['inconclusive', 'no-baseline'])
    expect(decided(rule, { canary: counts(500), control })).toEqual(['fail', 'above-max'])
  }
})

test('a quantile in the open last bucket fails below it, and is undecided above it', () => {
  const canary: Measurement = { kind: 'histogram', bounds: [100, 400], counts: [50, 0, 50] }
  expect(decided({ statistic: 'p99', max: 300 }, canary)).toEqual(['fail', 'above-max'])
  expect(decided({ statistic: 'p99', max: 500 }, canary)).toEqual(['inconclusive', 'beyond-buckets'])
  expect(decided({ statistic: 'p99', min: 300 }, canary)).toEqual(['pass', 'within-bounds'])
  expect(decided({ statistic: 'p99', min: 500 }, canary)).toEqual(['inconclusive', 'beyond-buckets'])
  expect(decided({ statistic: 'p25', max: 50 }, canary)).toEqual(['pass', 'within-bounds'])
  expect(decided({ statistic: 'p99', maxRatio: 1 }, { canary: counts(0), control: canary })).toEqual(['inconclusive', 'invalid'])
  const within: Measurement = { kind: 'histogram', bounds: [100, 400], counts: [50, 50, 0] }
  expect(decided({ statistic: 'p99', maxRatio: 1 }, { canary: within, control: canary })).toEqual(['inconclusive', 'no-baseline'])
})

test('settings that would pass anything, or that are misspelt, are refused', () => {
  for (const rule of [{}, { max: Number.NaN }, { min: 2, max: 1 }, { max: 1, statistic: 'p100' }, { max: 1, failureLimit: 1 }])
    expect(() => judgeOf(rule)).toThrow(expect.objectContaining({ code: 'analysis/invalid' }))
  expect(thresholdSettingsSchema.safeParse({ use: 'threshold', rules: [] }).success).toBe(false)
})

test('a constant metric that is equal on both sides passes, and one that differs is decided by its bound', () => {
  const flat = (value: number): Measurement => ({ kind: 'samples', values: [value, value, value] })
  const rule = { statistic: 'p50', maxRatio: 1.1 }
  expect(outcomes(rule, [{ canary: flat(7), control: flat(7) }])).toEqual(['pass'])
  expect(outcomes(rule, [{ canary: flat(8), control: flat(7) }])).toEqual(['fail'])
})

test('more errors never turn a fail into something better', () => {
  let failed = 0
  const look = fc.record({ total: fc.nat(50), bad: fc.nat(50), more: fc.nat(50), control: fc.nat(50), hasControl: fc.boolean() })
  const limits = fc.record({
    max: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    maxRatio: fc.double({ min: 0.1, max: 4, noNaN: true }),
  })
  fc.assert(
    fc.property(look, limits, ({ total, bad, more, control, hasControl }, { max, maxRatio }) => {
      const rule = { maxRatio, minimumSamples: 5, ...(max !== null && { max }) }
      const after = (count: number) => {
        const canary = counts(Math.min(count, total), total)
        return outcomes(rule, [{ canary, control: hasControl ? counts(Math.min(control, total), total) : missing }])[0]
      }
      if (after(bad) !== 'fail') return
      failed++
      expect(after(bad + more)).toBe('fail')
    }),
  )
  expect(failed).toBeGreaterThan(10)
})

const nan: Measurement = { kind: 'gauge', values: [Number.NaN] }
test('whatever is missing, a judge never passes and never throws', () => {
  const reasons = ['outage', 'empty', 'not-a-number', 'reset', 'partial', 'late', 'ambiguous', 'first-look'] as const
  const absent = fc.constantFrom<Measurement[]>(
    ...reasons.map((reason): Measurement => ({ kind: 'missing', reason, detail: 'x' })),
  )
  const broken = fc.constantFrom<Measurement[]>(counts(5, 1), counts(-1), nan, {
    kind: 'histogram',
    bounds: [2, 1],
    counts: [1, 1, 1],
  })
  const rule = fc.constantFrom<ThresholdSettings['rules'][number]['onNoData'][]>('inconclusive', 'fail')
  fc.assert(
    fc.property(fc.array(fc.oneof(absent, broken), { minLength: 1, maxLength: 8 }), rule, (looks, onNoData) => {
      expect(outcomes({ max: 1, onNoData }, looks)).not.toContain('pass')
    }),
  )
})

test('the state stays as small after ten thousand looks as after one', () => {
  const judge = judgeOf({ max: 0.5 })
  let state = judge.begin()
  for (let i = 0; i < 10_000; i++)
    state = judge.look(state, { from: i, to: i + 1, metrics: { errors: { canary: counts(i % 900), control: missing } } }).state
  expect(JSON.stringify(state).length).toBeLessThan(100)
})

test('a verdict is put into words when they are first read, which a simulation never does', () => {
  for (const seen of [counts(1), missing]) expect(verdicts({ max: 0.01 }, [seen])[0]?.reasons[0]).toBeInstanceOf(LazyReason)
})
