import { expect, test } from 'vitest'
import type { Judge } from '../../src/analysis/judge.js'
import { kayentaJudge } from '../../src/analysis/kayenta-judge.js'
import { ruleJudge } from '../../src/analysis/rule-judge.js'
import { sequentialJudge } from '../../src/analysis/sequential-judge.js'
import { thresholdJudge } from '../../src/analysis/threshold-judge.js'
import type { Comparison, Look, Measurement } from '../../src/vocabulary/measurement.js'

const ratio = { kind: 'ratio' } as const
const judges: Record<string, Judge> = {
  sequential: sequentialJudge({ warmup: 0, guardrails: { errors: ratio }, sampleRatio: { metric: 'errors' } }) as Judge,
  threshold: thresholdJudge({ use: 'threshold', rules: [{ metric: 'errors', statistic: 'ratio', maxRatio: 2 }] }) as Judge,
  kayenta: kayentaJudge({ use: 'kayenta', metrics: [{ metric: 'errors', groups: ['all'] }] }) as Judge,
  rule: ruleJudge({ metrics: { errors: 'ratio' }, rule: () => ({ outcome: 'pass', says: 'anything goes' }) }) as Judge,
}
const counts = (total: number, bad: number): Measurement => ({ kind: 'counts', total, bad })
const good: Comparison = { canary: counts(1_000, 5), control: counts(9_000, 45) }
const lookAt = (i: number, errors: Comparison | undefined): Look => {
  return { from: i * 60_000, to: (i + 1) * 60_000, weightPercent: 10, metrics: errors === undefined ? {} : { errors } }
}
const unsound: Record<string, Comparison> = {
  'more errors than requests on the canary': { ...good, canary: counts(10, 11) },
  'a negative count on the control': { ...good, control: counts(10, -1) },
  'NaN on the canary': { ...good, canary: counts(Number.NaN, 1) },
  'an infinity on the control': { ...good, control: counts(Number.POSITIVE_INFINITY, 1) },
}

test.each(Object.keys(judges).flatMap((name) => Object.keys(unsound).map((problem) => [name, problem] as const)))(
  'the %s judge takes %s for no data: nothing passes, and the verdict says where and what to do',
  (name, problem) => {
    const judge = judges[name]!
    let state = judge.begin()
    const outcomes = Array.from({ length: 20 }, (_, i) => {
      const next = judge.look(state, lookAt(i, good))
      state = next.state
      return next.verdict.outcome
    })
    expect(outcomes.at(-1)).toBe('pass')
    const { verdict } = judge.look(state, lookAt(20, unsound[problem]))
    expect(verdict.outcome).toBe('inconclusive')
    const says = verdict.reasons.map(({ says }) => says).join(' ')
    expect(says).toMatch(/errors/)
    expect(says).toMatch(problem.includes('canary') ? /canary/ : /control/)
    expect(says).toMatch(/cannot be used: .*; correct the query, so that it gives the amounts of this interval alone/)
  },
)

test.each(['sequential', 'threshold'])('the %s judge names the interval, and calls what stays unsound no-data', (name) => {
  const judge = judges[name]!
  let state = judge.begin()
  const verdicts = [0, 1, 2].map((i) => {
    const next = judge.look(state, lookAt(i, { ...good, canary: counts(10, 11) }))
    state = next.state
    return next.verdict
  })
  expect(verdicts[0]!.reasons[0]).toMatchObject({
    code: 'invalid',
    metric: 'errors',
    says: expect.stringContaining('from 1970-01-01T00:00:00.000Z to 1970-01-01T00:01:00.000Z'),
  })
  expect(verdicts[2]!.reasons[0]).toMatchObject({ code: 'no-data', outcome: 'inconclusive' })
})

const latency = { guardrails: { errors: { kind: 'latency' } } } as const
const samples: Measurement = { kind: 'samples', values: [1, 2, 3] }
const buckets: Measurement = { kind: 'histogram', bounds: [1, 2], counts: [1, 1, 1] }
const gauge: Measurement = { kind: 'gauge', values: [1] }
test.each<[string, Parameters<typeof sequentialJudge>[0], Comparison | undefined, RegExp]>([
  ['cohorts measured in different ways', latency, { canary: samples, control: buckets }, /samples and histogram from .*same way/],
  [
    'the wrong kind',
    { guardrails: { errors: ratio } },
    { canary: gauge, control: gauge },
    /as gauge, and has to be counts; corr/,
  ],
  ['a look without the metric', { guardrails: { errors: ratio } }, undefined, /not in the look; bind the metric to a source/],
  [
    'a counter since the beginning of time',
    { guardrails: { errors: ratio } },
    { ...good, canary: counts(1e12, 1) },
    /more than 10\^10 in one look/,
  ],
])('the sequential judge takes %s for no data as well', (_, settings, comparison, says) => {
  const judge = sequentialJudge({ ...settings, warmup: 0 })
  const { verdict } = judge.look(judge.begin(), lookAt(0, comparison))
  expect(verdict).toMatchObject({
    outcome: 'inconclusive',
    reasons: [{ says: expect.stringMatching(says) }, ...verdict.reasons.slice(1)],
  })
})

test('what is unsound changes no evidence, not even that of the traffic split', () => {
  const judge = sequentialJudge({ warmup: 0, guardrails: { errors: ratio }, sampleRatio: { metric: 'errors' } })
  const { state } = judge.look(judge.begin(), lookAt(0, good))
  const after = judge.look(state, lookAt(1, { ...good, control: counts(1e6, -1) })).state
  expect(after.split).toEqual(state.split)
  expect(after.metrics.errors).toEqual({ ...state.metrics.errors, silent: 1 })
})
