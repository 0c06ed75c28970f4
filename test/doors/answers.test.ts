/** The door for what adapters answer: a fact that can be read back, or a failed call; never a crash, never a pass. */
import { afterEach, expect, test } from 'vitest'
import { parseRecord } from '../../src/lifecycle/record.js'
import { approve, bake, shift, verify } from '../../src/plan/step.js'
import { canary } from '../../src/plan/strategy.js'
import type { DeployTarget } from '../../src/ports/deploy-target.js'
import type { MetricsSource } from '../../src/ports/metrics-source.js'
import { fakeWorld } from '../../src/testing/fake-world.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { canaryPlan, pretend } from '../support/pretended.js'
import { oddValues } from './odd-values.js'

afterEach(() => expect(({} as { polluted?: unknown }).polluted).toBeUndefined())

const steps = [verify('smoke'), shift(5), bake('1m', { judge: 'healthy' }), approve({ approver: 'chat', timeout: '1h' })]
const plan = { ...canaryPlan, stages: [{ name: 'production', strategy: canary(...steps) }] }

type Answers = Partial<Record<'observe' | 'getWeight' | 'read' | 'reading' | 'hook' | 'request' | 'stable', () => unknown>>

/** A whole release in a world whose answers are odd, from the first call or from the second on. */
async function lived(answers: Answers, isFirstSound: boolean) {
  const world = fakeWorld({ stable: { checkout: '1' } })
  const asked = new Map<string, number>()
  const said = async (name: keyof Answers, sound: () => Promise<unknown>): Promise<never> => {
    const nth = (asked.get(name) ?? 0) + 1
    asked.set(name, nth)
    const odd = answers[name]
    return (odd === undefined || (isFirstSound && nth === 1) ? await sound() : odd()) as never
  }
  const deploy: DeployTarget = {
    ...world.deploy,
    observe: (unit, options) =>
      said('observe', async () => {
        const state = await world.deploy.observe(unit, options)
        return answers.stable && !isFirstSound ? { ...state, stable: answers.stable() } : state
      }),
  }
  const metrics: MetricsSource = {
    ...world.metrics,
    read: (request, options) =>
      said('read', async () => {
        const readings = await world.metrics.read(request, options)
        return answers.reading ? { errors: { canary: answers.reading(), control: answers.reading() } } : readings
      }),
  }
  const pretended = pretend({
    router: () => ({
      ...world.router,
      getWeight: (route, options) => said('getWeight', () => world.router.getWeight(route, options)),
    }),
    adapters: {
      deploy: { local: deploy },
      metrics: { scrape: metrics },
      hook: { smoke: () => said('hook', async () => ({ outcome: 'pass', says: 'Fine.' })) },
      approver: {
        chat: { request: () => said('request', async () => ({ decision: 'approve', actor: { id: 'bob' }, reason: 'Go.' })) },
      },
    },
  })
  let started: unknown
  void pretended.start(plan).then(
    (handle) => {
      started = handle
    },
    (error: unknown) => {
      started = error
    },
  )
  // Time passes meanwhile: a call that may succeed later is made again.
  await pretended.clock.runUntil(() => started !== undefined)
  if (started instanceof Error) {
    if (!ReleaseError.is(started)) throw started
    // Not begun is not half begun.
    expect([pretended.journal.records, world.calls.filter(({ method }) => method !== 'observe')]).toEqual([[], []])
    return started.code
  }
  await pretended.clock.advance(20 * 60_000)
  const handle = started as Awaited<ReturnType<typeof pretended.start>>
  for (const { body, seq } of pretended.journal.records)
    parseRecord(JSON.parse(JSON.stringify(body)), `record ${seq} of a release that can be resumed`)
  const { status, isFinished, waiting } = handle.status()
  return isFinished ? status : `waits for ${waiting.map((one) => one.for).join()}`
}

const doors = ['observe', 'stable', 'getWeight', 'read', 'reading', 'hook', 'request'] as const

test('a world without a fault promotes, so that what follows is about the faults', async () => {
  expect(await lived({}, true)).toBe('promoted')
})

test.each(doors)(
  'whatever an adapter answers to %s, the release ends, or waits for somebody, and its journal can be read',
  async (door) => {
    const tally: Record<string, number> = {}
    for (const [name, make] of oddValues)
      for (const isFirstSound of [true, false]) {
        const end = await lived({ [door]: make }, isFirstSound)
        tally[end] = (tally[end] ?? 0) + 1
        // Asked once, and soundly answered; or not asked at all.
        const isSound = isFirstSound && ['hook', 'request', 'stable'].includes(door)
        if (end === 'promoted' && !isSound) expect([door, name, isFirstSound]).toEqual(['nowhere', '', false])
      }
    console.log(door, tally)
    expect(Object.keys(tally).length).toBeGreaterThan(0)
  },
  120_000,
)

const numbers = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -1,
  -0.001,
  '5',
  '0x5',
  '1e400',
  null,
  true,
  [],
  [[1, '5']],
  10n,
  5.001,
  101,
]
test.each(numbers)('a count of %s is no measurement', async (number) => {
  for (const reading of [
    { kind: 'counts', total: number, bad: 0 },
    { kind: 'counts', total: 1_000, bad: number },
    { kind: 'gauge', values: [number] },
    { kind: 'histogram', bounds: [1], counts: [number, 1] },
    { kind: 'events', count: number, exposure: 1 },
  ]) {
    const isFine = typeof number === 'number' && number > 0 && Number.isFinite(number)
    if (!isFine) expect(await lived({ reading: () => reading }, false)).toBe('waits for human')
  }
})
