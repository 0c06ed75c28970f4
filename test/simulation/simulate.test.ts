import { expect, test } from 'vitest'
import { historyOf, violations } from '../../src/lifecycle/invariants.js'
import { parseRecord, replayStep } from '../../src/lifecycle/record.js'
import type { ReleaseSnapshot } from '../../src/lifecycle/release.js'
import { parsePlan } from '../../src/plan/define-plan.js'
import { bake, run, shift, verify } from '../../src/plan/step.js'
import { allAtOnce, blueGreen, canary } from '../../src/plan/strategy.js'
import { simulate } from '../../src/simulation/simulate.js'
import { bad, gatedPlan, good, plan, planTree } from './worlds.js'

const minute = 60_000

test('a good version is promoted, and its users are counted', async () => {
  const { status, exposure, startedAt, endedAt, decidedAt } = await simulate(plan, good)
  expect(status).toBe('promoted')
  expect(endedAt - startedAt).toBeGreaterThanOrEqual(30 * minute)
  expect(decidedAt).toBe(endedAt)
  // 5 % for some ten minutes and 50 % for some twenty, of 500 requests a second.
  expect(exposure.requests).toBeGreaterThan(0.9 * (600 * 25 + 1_200 * 250))
  expect(exposure.failedRequests / exposure.requests).toBeCloseTo(0.002, 3)
  expect(exposure.peakWeightPercent).toBe(100)
})

test('a bad version is rolled back while few have it', async () => {
  const { status, cause, exposure, decidedAt, startedAt } = await simulate(plan, bad)
  expect(status).toBe('rolledBack')
  expect(cause?.code).toBe('verdict/fail')
  expect(exposure.peakWeightPercent).toBe(5)
  expect(exposure.until! - exposure.since!).toBe(decidedAt! - startedAt)
  expect(exposure.failedRequests / exposure.requests).toBeGreaterThan(0.005)
})

test('the same seed gives the same journal, byte for byte, and another seed another one', async () => {
  const journal = async (seed: number) => JSON.stringify((await simulate(plan, bad, { seed })).records)
  const [first, again, other] = [await journal(7), await journal(7), await journal(8)]
  expect(again).toBe(first)
  expect(other).not.toBe(first)
})

test('a result is copied with its journal and its timeline, which are read from it and made by nothing of its own', async () => {
  const results = [await simulate(plan, bad), await simulate(plan, bad)]
  const [one, other] = results.map((result) => Object.getOwnPropertyDescriptors(result))
  expect([one!.records.get, one!.timeline.get]).toEqual([other!.records.get, other!.timeline.get])
  const [result] = results
  const copy = { ...result }
  expect(copy.records).toBe(result!.records)
  expect(copy.timeline).toBe(result!.timeline)
})

test('a simulated journal replays, and keeps every invariant', async () => {
  const { records } = await simulate(plan, bad)
  let snapshot: ReleaseSnapshot | undefined
  const bodies = records.map(({ body, seq }) => parseRecord(body, `record ${seq}`))
  for (const body of bodies) snapshot = replayStep(snapshot, body, 'replay')
  expect(snapshot?.phase).toBe('ended')
  expect(violations(historyOf(bodies))).toEqual([])
})

test('an approval comes when somebody gives it, and is missed when nobody does', async () => {
  const sam = { when: 'asked', does: 'approve', who: 'sam@example.com', roles: ['sre'], after: '25m' } as const
  const approved = await simulate(gatedPlan, { ...good, people: [sam] })
  expect(approved.status).toBe('promoted')
  expect(approved.exposure.since! - approved.startedAt).toBe(25 * minute)
  const stranger = await simulate(gatedPlan, { ...good, people: [{ ...sam, roles: [] }] })
  expect(stranger.status).toBe('rolledBack')
  expect(stranger.exposure).toMatchObject({ requests: 0, peakWeightPercent: 0, since: null })
  expect(stranger.waits.map((wait) => wait.for)).toEqual(['approval', 'human'])
  const rejected = await simulate(gatedPlan, { ...good, people: [{ ...sam, does: 'reject', reason: 'not on a Friday' }] })
  expect(rejected.cause?.says).toBe('sam@example.com rejected go: not on a Friday')
})

const outage = { pipeline: { outages: [{ from: '2m', for: '2h' }] } } as const

test('a metrics outage holds the release until somebody decides, or until time runs out', async () => {
  const alone = await simulate(plan, { ...good, ...outage })
  expect(alone.cause?.code).toBe('hold/expired')
  const watched = await simulate(plan, {
    ...good,
    ...outage,
    people: [{ when: 'held', does: 'abort', after: '3m', reason: 'blind' }],
  })
  expect(watched.waits).toMatchObject([{ for: 'human' }])
  expect(watched.cause?.code).toBe('abort/requested')
})

test('gaps and NaN in the metrics never pass a bad version', async () => {
  const { status } = await simulate(plan, { ...bad, pipeline: { gaps: 0.2, nan: 0.2 } })
  expect(status).toBe('rolledBack')
  const blind = await simulate(plan, { ...good, pipeline: { nan: 1 } })
  expect(blind.status).toBe('rolledBack')
  expect(blind.exposure.peakWeightPercent).toBe(5)
})

test.each([
  ['scraped counters', { temporality: 'cumulative', scrape: '15s' }],
  ['counters that reset', { temporality: 'cumulative', resets: '7m' }],
  ['late samples', { delay: '10s' }],
  ['scrapes of intervals', { scrape: '15s', delay: '1s' }],
] as const)('a good version passes and a bad one fails with %s', async (_, pipeline) => {
  expect((await simulate(plan, { ...good, pipeline })).status).toBe('promoted')
  expect((await simulate(plan, { ...bad, pipeline })).status).toBe('rolledBack')
})

test('a failure that begins at a given exposure is caught there', async () => {
  const canary = { errors: { kind: 'ratio', bad: 0.002, exposure: { above: 20, plus: 0.02 } } } as const
  const { status, exposure } = await simulate(plan, { ...good, canary })
  expect(status).toBe('rolledBack')
  expect(exposure.peakWeightPercent).toBe(50)
})

test('a slow leak is caught later than a step, and a slow warm-up is forgiven', async () => {
  const errors = { kind: 'ratio', bad: 0.002 } as const
  const leak = await simulate(plan, { ...good, canary: { errors: { ...errors, leak: { after: '5m', per: '10m', plus: 0.02 } } } })
  const step = await simulate(plan, bad)
  expect(leak.status).toBe('rolledBack')
  expect(leak.decidedAt! - leak.startedAt).toBeGreaterThan(step.decidedAt! - step.startedAt)
  const latency = { kind: 'latency', median: 0.08, warmUp: { for: '20s', times: 3 } } as const
  expect((await simulate(plan, { ...good, canary: { latency } })).status).toBe('promoted')
})

test('a version that is slow for one request in ten is caught by its latency', async () => {
  const latency = { kind: 'latency', median: 0.08, slow: { share: 0.1, median: 1.5 } } as const
  const { cause } = await simulate(plan, { ...good, canary: { latency } })
  expect(cause?.says).toMatch(/^latency/)
})

test('a router that is down for a while delays the release and does not end it', async () => {
  const faults = [{ port: 'router', method: 'setWeight', fault: 'refused', calls: 3 }] as const
  expect((await simulate(plan, { ...good, faults })).status).toBe('promoted')
  const { status, cause } = await simulate(plan, { ...good, faults: [{ port: 'deploy', method: 'deploy', fault: 'rejected' }] })
  expect(status).toBe('rolledBack')
  expect(cause).toMatchObject({ code: 'adapter/rejected' })
})

test('each region has its own users and its own trouble', async () => {
  const stage = (name: string, after: string[]) => ({
    ...planTree.stages[0],
    name,
    after,
    bindings: { deploy: name, router: name, metrics: name },
  })
  const regional = parsePlan({ ...planTree, stages: [stage('eu', []), stage('us', ['eu'])] })
  const { timeline, exposure } = await simulate(regional, {
    ...good,
    places: [{ stage: 'us', ...bad, traffic: { perSecond: 50 } }],
  })
  expect(timeline.status.tracks.map(({ id, state }) => `${id} ${state}`)).toEqual([
    'eu/checkout promoted',
    'us/checkout rolledBack',
  ])
  expect(exposure.peakWeightPercent).toBe(100)
})

test('hooks answer as described, and a failed check is taken back', async () => {
  const green = parsePlan({
    ...planTree,
    stages: [{ name: 'production', strategy: blueGreen({ before: [run('migrate', { undo: 'unmigrate' }), verify('smoke')] }) }],
  })
  expect((await simulate(green, good)).status).toBe('promoted')
  const { cause } = await simulate(green, { ...good, hooks: { smoke: { outcome: 'fail', says: 'no login', takes: '2m' } } })
  expect(cause).toEqual({ code: 'hook/fail', says: 'verify-2: no login' })
})

test('a first version goes live all at once', async () => {
  const first = parsePlan({ ...planTree, judges: {}, stages: [{ name: 'production', strategy: allAtOnce() }] })
  expect((await simulate(first, { ...good, isFirst: true })).status).toBe('promoted')
})

test('a custom judge takes part', async () => {
  const own = parsePlan({
    ...planTree,
    judges: { own: { use: 'custom', judge: 'mine', metrics: ['errors'] } },
    stages: [{ name: 'production', strategy: canary(shift(5), bake('5m', { judge: 'own' })) }],
  })
  const verdict = { outcome: 'fail', reasons: [{ code: 'no', says: 'I say no.', outcome: 'fail' }] } as const
  const mine = () => ({
    metrics: ['errors'],
    begin: () => null,
    look: () => ({ state: null, verdict: { ...verdict, reasons: [...verdict.reasons] } }),
  })
  expect((await simulate(own, good, { judge: { mine } })).cause?.says).toBe('I say no.')
  await expect(simulate(own, good)).rejects.toMatchObject({ code: 'plan/unbound' })
})

test('a release that waits for somebody who never answers stops the simulation, with the reason', async () => {
  const plan = parsePlan({
    ...planTree,
    stages: [{ name: 'production', strategy: blueGreen({ before: [run('migrate', { irreversible: true }), verify('smoke')] }) }],
  })
  const world = { ...good, hooks: { smoke: { outcome: 'fail' } } } as const
  await expect(simulate(plan, world)).rejects.toMatchObject({
    code: 'input/invalid',
    message: expect.stringMatching(/cannot end: production\/checkout waits for human.*run-1 cannot be taken back/),
  })
  const { status, isFinished, decidedAt } = await simulate(plan, world, { until: '2h' })
  expect({ status, isFinished, decidedAt }).toEqual({ status: 'failed', isFinished: false, decidedAt: null })
  expect((await simulate(plan, { ...world, people: [{ when: 'held', does: 'skip', after: '1h' }] })).status).toBe('promoted')
})

test('a rollback that can never succeed stops the simulation, with the reason', async () => {
  const faults = [{ port: 'router', method: 'setWeight', fault: 'refused', from: '1m', calls: 1_000_000 }] as const
  await expect(simulate(plan, { ...bad, faults })).rejects.toThrow(
    /cannot end: the rollback of production.checkout does not come to an end within a day/,
  )
})
