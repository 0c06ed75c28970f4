import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type SequentialState, sequentialJudge } from '../../src/analysis/sequential-judge.js'
import { type Comparison, type Measurement, missingReasonSchema } from '../../src/vocabulary/measurement.js'
import { type Verdict, verdictSchema } from '../../src/vocabulary/verdict.js'
import { lowerLimit, upperLimit } from '../support/clopper-pearson.js'
import { seededWorld } from '../support/seeded-world.js'

type Settings = Parameters<typeof sequentialJudge>[0]
type Metrics = Record<string, Comparison>

const errors: Settings = { use: 'sequential', warmup: 0, guardrails: { errors: { kind: 'ratio' } } }
const counts = (total: number, bad: number): Measurement => ({ kind: 'counts', total, bad })
const missing = (reason: 'outage' | 'empty' | 'first-look' = 'empty'): Measurement => ({
  kind: 'missing',
  reason,
  detail: 'no such series',
})
const gauge = (...values: number[]): Measurement => ({ kind: 'gauge', values })
const samples = (values: number[]): Measurement => ({ kind: 'samples', values })
const ratio = (canaryBad: number, controlBad = 45): Metrics => ({
  errors: { canary: counts(1_000, canaryBad), control: counts(9_000, controlBad) },
})

/** Looks of a minute each, one after the other. */
function watch(settings: Settings, looks: readonly Metrics[]) {
  const judge = sequentialJudge(settings)
  let state = judge.begin()
  const verdicts = looks.map((metrics, i) => {
    const next = judge.look(state, { from: i * 60_000, to: (i + 1) * 60_000, metrics })
    state = next.state
    return next.verdict
  })
  return { state, verdicts, last: verdicts.at(-1)! }
}
const repeated = (looks: number, metrics: Metrics) => Array.from({ length: looks }, () => metrics)
const codes = ({ reasons }: Verdict) => reasons.map(({ code }) => code)

test('a canary like its control passes after some looks, and says on what grounds', () => {
  const { verdicts, last } = watch(errors, repeated(10, ratio(5)))
  expect(verdicts[0]!.outcome).toBe('inconclusive')
  expect(last.outcome).toBe('pass')
  expect(last.reasons[0]).toMatchObject({
    code: 'acceptable',
    metric: 'errors',
    numbers: { canaryRate: 0.005, controlRate: 0.005, ratio: 1, canaryTotal: 10_000 },
  })
  expect(last.reasons[0]!.says).toMatch(
    /^errors: canary 0\.5 % against 0\.5 % of control \(at least 0\.\d+x and at most [12]\.\d+x with 99 % confidence\), tolerated up to 0\.56 %, after 10,000 canary requests; the evidence that it is good enough is \d+ to 1, needed 20 to 1\.$/,
  )
})

test('a canary with three times the errors fails within minutes, and stays failed however well it then behaves', () => {
  const { verdicts, last } = watch(errors, [...repeated(8, ratio(15)), ...repeated(30, ratio(0))])
  const failedAt = verdicts.findIndex(({ outcome }) => outcome === 'fail')
  expect(failedAt).toBeGreaterThan(0)
  expect(failedAt).toBeLessThan(6)
  expect(codes(verdicts[failedAt]!)).toEqual(['regression'])
  expect(last).toEqual(verdicts[failedAt])
  expect(last.reasons[0]!.numbers!.ratioLower).toBeGreaterThan(1)
})

test('a canary that turns bad stops passing before it fails', () => {
  const { verdicts } = watch(errors, [...repeated(200, ratio(5)), ...repeated(20, ratio(20))])
  expect(verdicts[199]!.outcome).toBe('pass')
  const lost = verdicts.findIndex(({ outcome }, i) => i >= 200 && outcome === 'inconclusive')
  const failed = verdicts.findIndex(({ outcome }) => outcome === 'fail')
  expect(lost).toBeGreaterThan(0)
  expect(failed).toBeGreaterThan(lost)
  expect(failed).toBeLessThan(206)
})

test('without errors anywhere the canary passes, once enough requests exclude the absolute margin', () => {
  const { verdicts } = watch(errors, repeated(20, ratio(0, 0)))
  expect(verdicts[0]!.outcome).toBe('inconclusive')
  expect(verdicts[19]!.outcome).toBe('pass')
})

test('fewer requests than the minimum never pass', () => {
  const { last } = watch({ ...errors, minimumRequests: 50_000 }, repeated(20, ratio(5)))
  expect(last.outcome).toBe('inconclusive')
  expect(codes(last)).toEqual(['too-few'])
})

test('the first looks of a metric are dropped while caches warm up', () => {
  const { verdicts, last } = watch({ ...errors, warmup: 2 }, [ratio(500), ratio(500), ...repeated(10, ratio(5))])
  expect(verdicts.slice(0, 2).map(codes)).toEqual([['warming-up'], ['warming-up']])
  expect(last.outcome).toBe('pass')
})

test.each(missingReasonSchema.options)('a missing measurement (%s) is never a pass, and says whose it is', (reason) => {
  const absent: Measurement = { kind: 'missing', reason, detail: 'why' }
  const good = repeated(20, ratio(5))
  const ofCanary = watch(errors, [...good, { errors: { canary: absent, control: counts(9_000, 45) } }]).last
  const ofControl = watch(errors, [...good, { errors: { canary: counts(1_000, 5), control: absent } }]).last
  expect([ofCanary.outcome, codes(ofCanary)]).toEqual(['inconclusive', [`canary-${reason}`]])
  expect([ofControl.outcome, codes(ofControl)]).toEqual(['inconclusive', [`control-${reason}`]])
})

test('a canary that reports nothing while control does is noticed, and called no-data after three looks', () => {
  const silent: Metrics = { errors: { canary: missing(), control: counts(9_000, 45) } }
  const { verdicts, last } = watch(errors, [...repeated(20, ratio(5)), ...repeated(3, silent)])
  expect(verdicts.slice(-3).map(codes)).toEqual([['canary-empty'], ['canary-empty'], ['no-data', 'canary-empty']])
  expect(last.reasons[0]!.numbers).toEqual({ silent: 3, noDataLimit: 3 })
  const again = watch(errors, [...repeated(20, ratio(5)), ...repeated(3, silent), ratio(5)]).last
  expect(again.outcome).toBe('pass')
})

test.each([
  ['canary-idle', 0, 900],
  ['control-idle', 900, 0],
  ['both-idle', 0, 0],
] as const)('cohorts without requests are told apart: %s', (code, canary, control) => {
  const idle: Metrics = { errors: { canary: counts(canary, 0), control: counts(control, 0) } }
  expect(codes(watch(errors, [idle]).last)).toEqual([code])
  expect(codes(watch(errors, repeated(3, idle)).last)).toEqual(['no-data', code])
})

test('silence is counted in a row, and a look with data ends it', () => {
  const silent: Metrics = { errors: { canary: missing(), control: missing() } }
  const { verdicts } = watch(errors, [silent, silent, ratio(5), silent, silent, silent])
  expect(verdicts.map((verdict) => codes(verdict).includes('no-data'))).toEqual([false, false, false, false, false, true])
})

test('a first reading of counters is not silence', () => {
  const first: Metrics = { errors: { canary: missing('first-look'), control: missing('first-look') } }
  expect(codes(watch({ ...errors, noDataLimit: 1 }, [first]).last)).toEqual(['canary-first-look', 'control-first-look'])
})

test('what is missing in a look changes no evidence', () => {
  const judge = sequentialJudge(errors)
  const before = watch(errors, repeated(5, ratio(9))).state
  const { state } = judge.look(before, {
    from: 1e6,
    to: 2e6,
    metrics: { errors: { canary: missing('outage'), control: missing('outage') } },
  })
  expect(state.metrics.errors!.test).toEqual(before.metrics.errors!.test)
})

test('a fail of one guardrail stands while another has no data', () => {
  const settings: Settings = { ...errors, guardrails: { errors: { kind: 'ratio' }, memory: { kind: 'gauge' } } }
  const { last } = watch(settings, repeated(12, { ...ratio(20), memory: { canary: missing(), control: missing() } }))
  expect(last.outcome).toBe('fail')
  expect(last.reasons[0]).toMatchObject({ code: 'regression', metric: 'errors', outcome: 'fail' })
})

test('a pass takes every guardrail', () => {
  const memory = { kind: 'gauge', tolerate: { relative: 1.29 }, promote: { relative: 1.3 } } as const
  const settings: Settings = { ...errors, guardrails: { errors: { kind: 'ratio' }, memory } }
  const { last } = watch(settings, repeated(10, { ...ratio(5), memory: { canary: gauge(130), control: gauge(100) } }))
  expect(last.outcome).toBe('inconclusive')
  expect(last.reasons.map(({ metric, outcome }) => [metric, outcome])).toEqual([
    ['memory', 'inconclusive'],
    ['errors', 'pass'],
  ])
})

test('several guardrails, each a little worse, fail together before any would at its part of alpha', () => {
  const names = ['a', 'b', 'c', 'd']
  const settings: Settings = {
    use: 'sequential',
    warmup: 0,
    guardrails: Object.fromEntries(names.map((name) => [name, { kind: 'ratio' as const }])),
  }
  const part = { ...errors, alpha: 0.01 / names.length }
  const alone = watch(part, repeated(60, ratio(9))).verdicts.findIndex(({ outcome }) => outcome === 'fail')
  const { verdicts } = watch(settings, repeated(60, Object.fromEntries(names.map((name) => [name, ratio(9).errors!]))))
  const together = verdicts.findIndex(({ outcome }) => outcome === 'fail')
  expect(together).toBeLessThan(alone)
  expect(verdicts[together]!.reasons[0]!.says).toContain('enough together with the other guardrails')
})

test('an improvement that is not shown keeps the canary from passing, and never fails it', () => {
  const settings: Settings = { ...errors, improvements: { conversion: { kind: 'ratio', harm: 'down', common: true } } }
  const conversion = (canary: number): Comparison => ({ canary: counts(1_000, canary), control: counts(9_000, 2_700) })
  const worse = watch(settings, repeated(40, { ...ratio(5), conversion: conversion(200) })).last
  expect(worse.outcome).toBe('inconclusive')
  expect(worse.reasons[0]).toMatchObject({ code: 'undecided', metric: 'conversion' })
  const better = watch(settings, repeated(40, { ...ratio(5), conversion: conversion(350) })).last
  expect(better.outcome).toBe('pass')
  expect(codes(better).sort()).toEqual(['acceptable', 'improved'])
})

test('where less is worse, a drop fails and a rise passes', () => {
  const settings: Settings = {
    use: 'sequential',
    warmup: 0,
    guardrails: { errors: { kind: 'ratio', harm: 'down', common: true } },
  }
  const conversion = (canary: number): Metrics => ({ errors: { canary: counts(1_000, canary), control: counts(9_000, 2_700) } })
  expect(watch(settings, repeated(30, conversion(220))).last.outcome).toBe('fail')
  const { last } = watch(settings, repeated(30, conversion(330)))
  expect(last.outcome).toBe('pass')
  expect(last.reasons[0]!.numbers!.ratio).toBeCloseTo(1.1, 10)
  expect(last.reasons[0]!.numbers!.ratioLower).toBeLessThan(1.1)
  expect(last.reasons[0]!.numbers!.ratioUpper).toBeGreaterThan(1.1)
})

const spread = (n: number, factor: number) =>
  samples(Array.from({ length: n }, (_, i) => factor * 100 * Math.exp(1.2 * (i / n - 0.5) * 4)))
const latency: Settings = { use: 'sequential', warmup: 0, guardrails: { latency: { kind: 'latency', unit: 'ms' } } }
const bounds = [25, 50, 100, 200, 400, 800]
const bucketed = (measurement: Measurement): Measurement => {
  const values = measurement.kind === 'samples' ? measurement.values : []
  const upTo = (bound: number) => values.filter((value) => value <= bound).length
  return {
    kind: 'histogram',
    bounds,
    counts: [...bounds, Number.POSITIVE_INFINITY].map((bound, i) => upTo(bound) - (i === 0 ? 0 : upTo(bounds[i - 1]!))),
  }
}

test.each([
  ['samples', (measurement: Measurement) => measurement],
  ['buckets', bucketed],
] as const)('latency from %s: as slow as control passes, half as slow again fails', (_, as) => {
  const metrics = (factor: number): Metrics => ({ latency: { canary: as(spread(400, factor)), control: as(spread(3_600, 1)) } })
  const good = watch(latency, repeated(30, metrics(1))).last
  expect(good.outcome).toBe('pass')
  expect(good.reasons[0]!.says).toMatch(/p50 \d+(\.\d+)? ms against/)
  const bad = watch(latency, repeated(30, metrics(1.5))).last
  expect(bad.outcome).toBe('fail')
  expect(codes(bad)).toEqual(['regression'])
})

test('promotion waits for the rarest level that it is asked to wait for', () => {
  const look: Metrics = { latency: { canary: spread(100, 1), control: spread(900, 1) } }
  const passedAt = (highest: number) =>
    watch({ ...latency, guardrails: { latency: { kind: 'latency', highest } } }, repeated(80, look)).verdicts.findIndex(
      ({ outcome }) => outcome === 'pass',
    )
  expect(passedAt(0.5)).toBeGreaterThan(0)
  expect(passedAt(0.999)).toBeGreaterThan(passedAt(0.5) + 3)
})

test('requests that all fall into one bucket are called that, instead of undecided for ever', () => {
  const one: Measurement = { kind: 'histogram', bounds, counts: [500, 0, 0, 0, 0, 0, 0] }
  expect(codes(watch(latency, [{ latency: { canary: one, control: one } }]).last)).toEqual(['one-bucket'])
})

test('a gauge that is higher fails, one alike passes, and one at zero is called that', () => {
  const settings: Settings = { use: 'sequential', warmup: 0, guardrails: { memory: { kind: 'gauge', unit: 'MiB' } } }
  const world = seededWorld(12)
  const looks = (factor: number) =>
    Array.from({ length: 40 }, () => ({
      memory: { canary: gauge(factor * (500 + 5 * world.normal())), control: gauge(500 + 5 * world.normal(), 500) },
    }))
  expect(watch(settings, looks(1.3)).last.outcome).toBe('fail')
  expect(watch(settings, looks(1)).last.outcome).toBe('pass')
  expect(codes(watch(settings, [{ memory: { canary: gauge(5), control: gauge(0) } }]).last)).toEqual(['zero-baseline'])
  expect(codes(watch(settings, [{ memory: { canary: gauge(0), control: gauge(5) } }]).last)).toEqual(['zero-canary'])
  expect(codes(watch(settings, [{ memory: { canary: gauge(), control: gauge(5) } }]).last)).toEqual(['canary-idle'])
})

test('gauges that may be zero are compared by their difference', () => {
  const settings: Settings = {
    use: 'sequential',
    warmup: 0,
    guardrails: { queue: { kind: 'gauge', tolerate: { absolute: 5 }, promote: { absolute: 20 } } },
  }
  expect(watch(settings, repeated(30, { queue: { canary: gauge(0), control: gauge(0) } })).last.outcome).toBe('pass')
  expect(watch(settings, repeated(30, { queue: { canary: gauge(40), control: gauge(0) } })).last.outcome).toBe('fail')
})

test('events are compared by exposure', () => {
  const settings: Settings = {
    use: 'sequential',
    warmup: 0,
    guardrails: { crashes: { kind: 'events', promote: { absolute: 1e-3 } } },
  }
  const crashes = (count: number): Metrics => ({
    crashes: { canary: { kind: 'events', count, exposure: 600 }, control: { kind: 'events', count: 6, exposure: 5_400 } },
  })
  expect(watch(settings, repeated(40, crashes(0.7))).last.outcome).toBe('pass')
  expect(watch(settings, repeated(40, crashes(4))).last.outcome).toBe('fail')
})

test('an improvement on nothing cannot be shown, and says so', () => {
  const settings: Settings = { ...errors, improvements: { crashes: { kind: 'events' } } }
  const crashes: Comparison = {
    canary: { kind: 'events', count: 0, exposure: 60 },
    control: { kind: 'events', count: 0, exposure: 540 },
  }
  expect(watch(settings, repeated(20, { ...ratio(5), crashes })).last.reasons[0]).toMatchObject({
    code: 'zero-baseline',
    metric: 'crashes',
  })
})

test('a canary that gets another share of requests than intended is not passed, but can still fail', () => {
  const settings: Settings = { ...errors, sampleRatio: { metric: 'errors', canaryShare: 0.2 } }
  const { last } = watch(settings, repeated(20, ratio(5)))
  expect(last.outcome).toBe('inconclusive')
  expect(last.reasons[0]).toMatchObject({ code: 'sample-ratio', numbers: { canaryShare: 0.1, intendedShare: 0.2 } })
  expect(watch(settings, repeated(20, ratio(30))).last.outcome).toBe('fail')
  expect(watch({ ...settings, sampleRatio: { metric: 'errors', canaryShare: 0.1 } }, repeated(20, ratio(5))).last.outcome).toBe(
    'pass',
  )
})

test('a split that was wrong once is not forgiven when it rights itself', () => {
  const settings: Settings = { ...errors, sampleRatio: { metric: 'errors', canaryShare: 0.1 } }
  const wrong: Metrics = { errors: { canary: counts(3_000, 15), control: counts(7_000, 35) } }
  expect(codes(watch(settings, [...repeated(2, wrong), ...repeated(100, ratio(5))]).last)).toContain('sample-ratio')
})

test('where less of a gauge is worse, a drop fails and a rise passes', () => {
  const settings: Settings = { ...errors, guardrails: { hits: { kind: 'gauge', harm: 'down' } } }
  const hits = (canary: number) => watch(settings, repeated(20, { hits: { canary: gauge(canary), control: gauge(100) } })).last
  expect(hits(70).outcome).toBe('fail')
  expect(hits(130).outcome).toBe('pass')
  expect(hits(70).reasons[0]!.says).toContain('on average 0.7x, tolerated down to 0.9091x')
})

test('looks of a gauge that are averaged count once for each block', () => {
  const gauges = (block: number): Settings => ({ ...errors, guardrails: { memory: { kind: 'gauge', block } } })
  const failedAt = (block: number) =>
    watch(gauges(block), repeated(80, { memory: { canary: gauge(200), control: gauge(100) } })).verdicts.findIndex(
      ({ outcome }) => outcome === 'fail',
    )
  expect(failedAt(4) + 1).toBe(4 * (failedAt(1) + 1))
})

test('with a declared end, a regression is found sooner than without', () => {
  const world = seededWorld(8)
  const metric = { kind: 'ratio', dispersion: 1, tolerate: { relative: 1, absolute: 1e-4 } } as const
  const open: Settings = { use: 'sequential', warmup: 0, guardrails: { errors: metric } }
  const declared: Settings = { ...open, guardrails: { errors: { ...metric, deadline: { looks: 30, baseline: 0.005 } } } }
  let [sooner, later] = [0, 0]
  for (let run = 0; run < 40; run++) {
    const looks = Array.from({ length: 30 }, () => ({
      errors: { canary: counts(200, world.binomial(200, 0.012)), control: counts(1_800, world.binomial(1_800, 0.005)) },
    }))
    const undecided = (settings: Settings) => watch(settings, looks).verdicts.filter(({ outcome }) => outcome !== 'fail').length
    sooner += undecided(declared)
    later += undecided(open)
  }
  expect(sooner).toBeLessThan(later * 0.95)
})

test('a look at the largest amounts that are let in still gives finite evidence, and soon', () => {
  const huge: Metrics = { errors: { canary: counts(1e10, 1e8), control: counts(1e10, 1e8) } }
  const boosted = { kind: 'ratio', dispersion: 1, tolerate: { absolute: 0 } } as const
  const declared = { ...boosted, deadline: { looks: 40, baseline: 0.01 } }
  for (const metric of [{ kind: 'ratio' } as const, boosted, declared]) {
    const settings: Settings = { ...errors, guardrails: { errors: metric } }
    const { state, last } = watch(settings, repeated(3, huge))
    expect(JSON.parse(JSON.stringify(state))).toStrictEqual(state)
    expect(last.outcome).toBe('pass')
  }
  const cut: Measurement = { kind: 'histogram', bounds: [1, 2], counts: [1e10, 1e9, 1e7] }
  expect(watch(latency, repeated(3, { latency: { canary: cut, control: cut } })).last.outcome).toBe('pass')
  const queue: Settings = {
    ...errors,
    guardrails: { queue: { kind: 'gauge', tolerate: { absolute: 0 }, promote: { absolute: 1 } } },
  }
  const { state } = watch(
    queue,
    [1e-100, 1e-100, 1e100, -1e100, 5e-324, 1e100].map((value) => ({ queue: { canary: gauge(value), control: gauge(0) } })),
  )
  expect(JSON.parse(JSON.stringify(state))).toStrictEqual(state)
})

test('a look that overlaps the one before is refused, since counting requests twice is no evidence', () => {
  const judge = sequentialJudge(errors)
  const { state } = judge.look(judge.begin(), { from: 0, to: 60_000, metrics: ratio(5) })
  const invalid = expect.objectContaining({ code: 'analysis/invalid' })
  expect(() => judge.look(state, { from: 59_999, to: 120_000, metrics: ratio(5) })).toThrow(invalid)
  expect(() => judge.look(state, { from: 60_000, to: 60_000, metrics: ratio(5) })).toThrow(invalid)
  expect(() => judge.look(state, { from: 60_000, to: Number.NaN, metrics: ratio(5) })).toThrow(invalid)
})

test.each<[string, object]>([
  ['no guardrail', { use: 'sequential', guardrails: {} }],
  [
    'a promotion margin below the tolerated one',
    { use: 'sequential', guardrails: { errors: { kind: 'ratio', tolerate: { relative: 2 } } } },
  ],
  [
    'margins of a gauge in different terms',
    { use: 'sequential', guardrails: { errors: { kind: 'gauge', promote: { absolute: 3 } } } },
  ],
  [
    'a deadline while failures may come in bursts',
    { use: 'sequential', guardrails: { errors: { kind: 'ratio', deadline: { looks: 9, baseline: 0.01 } } } },
  ],
  ['events without an absolute margin', { use: 'sequential', guardrails: { errors: { kind: 'events' } } }],
  [
    'only latencies that promotion does not wait for',
    { use: 'sequential', guardrails: { latency: { kind: 'latency', levels: [0.999] } } },
  ],
  ['a metric in two roles', { ...errors, improvements: { errors: { kind: 'ratio' } } }],
  ['a split counted on a metric it does not have', { ...errors, sampleRatio: { metric: 'latency', canaryShare: 0.1 } }],
  ['an unknown word', { ...errors, noDatalimit: 3 }],
])('settings with %s are refused', (_, settings) => {
  expect(() => sequentialJudge(settings as Settings)).toThrow(expect.objectContaining({ code: 'analysis/invalid' }))
})

const everything: Settings = {
  use: 'sequential',
  guardrails: {
    errors: { kind: 'ratio' },
    misses: { kind: 'ratio', common: true, dispersion: 2 },
    latency: { kind: 'latency' },
    memory: { kind: 'gauge', block: 2 },
    crashes: { kind: 'events', promote: { absolute: 1e-3 } },
  },
  improvements: { conversion: { kind: 'ratio', harm: 'down' } },
  sampleRatio: { metric: 'errors', canaryShare: 0.1 },
}
const anyCounts = fc
  .tuple(fc.nat(20_000), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([total, share]) => counts(total, Math.floor(total * share ** 4)))
const anyGauge = fc.array(fc.double({ min: -10, max: 1e9, noNaN: true }), { maxLength: 4 }).map((values) => gauge(...values))
const anySamples = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { maxLength: 40 }).map(samples)
const anyEvents = fc.record({
  kind: fc.constant('events' as const),
  count: fc.nat(50),
  exposure: fc.double({ min: 0, max: 1e6, noNaN: true }),
})
const pairOf = (measurement: fc.Arbitrary<Measurement>): fc.Arbitrary<Comparison> => {
  const orMissing = fc.oneof({ weight: 8, arbitrary: measurement }, { weight: 1, arbitrary: fc.constant(missing()) })
  return fc.record({ canary: orMissing, control: orMissing })
}
const anyMetrics: fc.Arbitrary<Metrics> = fc.record({
  errors: pairOf(anyCounts),
  misses: pairOf(anyCounts),
  latency: pairOf(anySamples),
  memory: pairOf(anyGauge),
  crashes: pairOf(anyEvents),
  conversion: pairOf(anyCounts),
})

test('whatever is measured, the verdict is sound and finite, and a release resumed from JSON goes on bit by bit the same', () => {
  const judge = sequentialJudge(everything)
  const seen = new Set<string>()
  fc.assert(
    fc.property(fc.array(anyMetrics, { maxLength: 12 }), (looks) => {
      let [live, resumed]: [SequentialState, SequentialState] = [judge.begin(), judge.begin()]
      looks.forEach((metrics, i) => {
        const look = { from: i * 60_000, to: (i + 1) * 60_000, metrics }
        const next = judge.look(live, look)
        const again = judge.look(JSON.parse(JSON.stringify(resumed)), look)
        live = next.state
        resumed = again.state
        expect(again).toStrictEqual(next)
        expect(verdictSchema.parse(JSON.parse(JSON.stringify(next.verdict)))).toEqual(next.verdict)
        for (const { code } of next.verdict.reasons) seen.add(code)
      })
    }),
    { numRuns: 60 },
  )
  for (const code of ['regression', 'undecided', 'no-data', 'canary-empty', 'zero-baseline', 'sample-ratio'])
    expect(seen).toContain(code)
})

test('one more bad request of the canary never makes a verdict better', () => {
  const rank = { fail: 0, inconclusive: 1, pass: 2 }
  const judge = sequentialJudge(errors)
  let telling = 0
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(12), fc.nat(90)), { maxLength: 10 }),
      fc.nat(30),
      fc.integer({ min: 1, max: 30 }),
      (past, bad, more) => {
        const { state } = watch(
          errors,
          past.map(([canary, control]) => ratio(canary, control)),
        )
        const verdict = (bad: number) => judge.look(state, { from: 1e9, to: 1e9 + 60_000, metrics: ratio(bad) }).verdict
        const [before, after] = [verdict(bad), verdict(bad + more)]
        expect(rank[after.outcome]).toBeLessThanOrEqual(rank[before.outcome])
        if (after.outcome !== before.outcome) telling += 1
      },
    ),
  )
  expect(telling).toBeGreaterThan(5)
})

test('neither the order of samples nor that of instances matters', () => {
  const judge = sequentialJudge(everything)
  const reversed = (measurement: Measurement): Measurement =>
    'values' in measurement ? { ...measurement, values: measurement.values.toReversed() } : measurement
  let telling = 0
  fc.assert(
    fc.property(anyMetrics, (metrics) => {
      const other = Object.fromEntries(
        Object.entries(metrics).map(([name, { canary, control }]) => [
          name,
          { canary: reversed(canary), control: reversed(control) },
        ]),
      )
      const look = (metrics: Metrics) => judge.look({ ...judge.begin() }, { from: 0, to: 60_000, metrics }).state
      expect(look(other)).toStrictEqual(look(metrics))
      telling += 1
    }),
    { numRuns: 50 },
  )
  expect(telling).toBe(50)
})

test('the state stays below 1 KB for each metric through a thousand looks at heavy traffic', () => {
  const world = seededWorld(1)
  const settings: Settings = { ...everything, warmup: 0, alpha: 1e-9 }
  const around = (mean: number) => Math.max(0, Math.round((mean + Math.sqrt(mean) * world.normal()) * 1e3) / 1e3)
  const looks = Array.from({ length: 1_000 }, (_, i): Metrics => {
    // The weight changes all the time, and totals are fractional, as extrapolated ones are.
    const [canary, control] = i % 100 < 50 ? [987_654.321, 9_012_345.678] : [5_012_345.678, 4_987_654.321]
    const rate = (share: number): Comparison => ({
      canary: counts(canary, around(canary * share)),
      control: counts(control, around(control * share)),
    })
    const events = (exposure: number): Measurement => ({ kind: 'events', count: around(exposure * 0.01), exposure })
    return {
      errors: rate(0.01),
      misses: rate(0.3),
      latency: { canary: spread(20, 1), control: spread(80, 1) },
      memory: { canary: gauge(1e9 * Math.exp(0.1 * world.normal())), control: gauge(1e9) },
      crashes: { canary: events(canary), control: events(control) },
      conversion: rate(0.02),
    }
  })
  const { state } = watch(settings, looks)
  expect(state.failed).toEqual([])
  for (const [name, metric] of Object.entries(state.metrics))
    expect(JSON.stringify(metric).length, name).toBeLessThanOrEqual(1_024)
  expect(JSON.stringify(state.split).length).toBeLessThanOrEqual(1_024)
})

test('a canary as good as control is failed at no more than alpha, and one at the promotion margin passed at no more than its alpha', () => {
  const world = seededWorld(4711)
  const strict: Settings = {
    use: 'sequential',
    warmup: 0,
    alpha: 0.05,
    guardrails: { errors: { kind: 'ratio', tolerate: { relative: 1, absolute: 1e-9 } } },
  }
  const runs = 400
  const outcomes = (settings: Settings, rate: number) =>
    Array.from({ length: runs }, () => {
      const looks = Array.from({ length: 30 }, () => ({
        errors: { canary: counts(300, world.binomial(300, rate)), control: counts(2_000, world.binomial(2_000, 0.005)) },
      }))
      return watch(settings, looks).verdicts.map(({ outcome }) => outcome)
    })
  const failed = outcomes(strict, 0.005).filter((looks) => looks.includes('fail')).length
  expect(upperLimit(failed, runs)).toBeLessThan(0.06)
  const lenient: Settings = { ...strict, guardrails: { errors: { kind: 'ratio', tolerate: { relative: 1.4, absolute: 5e-4 } } } }
  const passed = outcomes(lenient, 0.008).filter((looks) => looks.includes('pass')).length
  expect(upperLimit(passed, runs)).toBeLessThan(0.07)
  const found = outcomes(strict, 0.015).filter((looks) => looks.includes('fail')).length
  expect(lowerLimit(found, runs)).toBeGreaterThan(0.95)
})

test('a gauge beside one that is hundreds of orders larger leaves a state that JSON can hold', () => {
  const judge = sequentialJudge({ guardrails: { memory: { kind: 'gauge', block: 2 } }, warmup: 0 })
  const gauge = (value: number) => ({ kind: 'gauge' as const, values: [value] })
  const { state } = judge.look(judge.begin(), {
    from: 0,
    to: 1,
    metrics: { memory: { canary: gauge(5e-324), control: gauge(1e99) } },
  })
  expect(JSON.parse(JSON.stringify(state))).toStrictEqual(state)
})
