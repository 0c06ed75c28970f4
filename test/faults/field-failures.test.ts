/** What went wrong in other release tools, by the number under which it is known here, and what happens instead. */
import { expect, test } from 'vitest'
import { parsePlan } from '../../src/plan/define-plan.js'
import { approve, bake, type StepInput, shift, verify } from '../../src/plan/step.js'
import { canary } from '../../src/plan/strategy.js'
import type { DeployTarget } from '../../src/ports/deploy-target.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { abortedStates, stories } from '../crash/told.js'
import { undergo } from '../support/ordeal.js'
import { ann, badCanary, bob, canaryPlan, ended, pretend } from '../support/pretended.js'

const withSteps = (...steps: readonly StepInput[]) => ({
  ...canaryPlan,
  stages: [{ name: 'production', strategy: canary(...steps) }],
})
const told = (name: string) => undergo(stories.find((story) => story.name === name)!)
const never = () => new Promise<never>(() => {})

test('1: a read that fails now and then aborts nothing', async () => {
  let reads = 0
  const { start, clock } = pretend({
    before: ({ method }) => {
      if (['observe', 'getWeight', 'read'].includes(method) && reads++ % 2 === 1)
        throw new ReleaseError('adapter/unavailable', 'Try again.')
    },
  })
  const handle = await start()
  await ended(clock, handle)
  expect((await handle.result).status).toBe('promoted')
})

test('4: a check that never starts is no pass: the release is held', async () => {
  const { start, clock, acts } = pretend({ adapters: { hook: { smoke: never } } })
  const handle = await start(withSteps(shift(5), verify('smoke')))
  await clock.advance(11 * 60_000)
  expect(handle.status().waiting).toMatchObject([{ for: 'human' }])
  expect(acts()).toEqual(['deploy 2', 'setWeight 5'])
})

test.each([
  [3, 'ambiguous'],
  [8, 'outage'],
  [9, 'not-a-number'],
  [10, 'partial'],
  [11, 'outage'],
  [23, 'empty'],
  [24, 'not-a-number'],
] as const)('%i: with data that is %s nothing passes or fails, and no timer makes it pass', async (_, reason) => {
  const { start, clock, acts } = pretend({ measure: () => ({ kind: 'missing', reason, detail: 'Nothing to go by.' }) })
  const handle = await start()
  await clock.advance(50 * 60_000)
  expect(handle.status().waiting).toMatchObject([{ for: 'human' }])
  expect(acts()).toEqual(['deploy 2', 'setWeight 5'])
})

test('13: a metric that nobody has described is found before anything starts', () => {
  const judges = { healthy: { use: 'threshold', rules: [{ metric: 'latency', statistic: 'ratio', max: 0.01 }] } }
  expect(() => parsePlan({ ...canaryPlan, judges })).toThrow(/there is no metric "latency"/)
})

test('15: errors of the canary count, whatever is missing of the version before', async () => {
  const { start, clock } = pretend({
    measure: (version) =>
      version === '2' ? badCanary('2') : { kind: 'missing', reason: 'empty', detail: 'No errors, no series.' },
  })
  const handle = await start()
  await ended(clock, handle)
  expect((await handle.result).status).toBe('rolledBack')
})

test('26: an abort does not wait for a deployment that never ends, and its deadline does not either', async () => {
  for (const isAborted of [true, false]) {
    const { start, clock, world } = pretend({ before: ({ method }) => (method === 'deploy' ? never() : undefined) })
    const handle = await start()
    await clock.advance(1_000)
    if (isAborted) await handle.abort({ actor: bob, reason: 'Stop.' })
    await clock.advance(isAborted ? 60_000 : 15 * 60_000)
    expect([handle.status().status, world.weight('checkout')]).toEqual(['rolledBack', 0])
  }
})

test.each([40, 41, 73])('%i: whatever was under way when the process ended goes on in the next', async (number) => {
  for (let afterMs = 0; afterMs < 130_000; afterMs += 13_000) {
    const isBad = number === 73
    const pretended = pretend({ ...(isBad && { measure: badCanary }) })
    const first = await pretended.start()
    await pretended.clock.advance(afterMs)
    if (first.status().isFinished) continue
    const [second] = await pretended.restart()
    await ended(pretended.clock, second!)
    expect((await second!.result).status).toBe(isBad ? 'rolledBack' : 'promoted')
  }
})

test('37: a version before that is down does not keep a better one away', async () => {
  const { world } = pretend()
  const down: DeployTarget = {
    ...world.deploy,
    observe: async (unit, options) => {
      const { versions, ...state } = await world.deploy.observe(unit, options)
      return {
        ...state,
        versions: versions.map((each) => (each.artifact.version === '1' ? { ...each, readyInstances: 0 } : each)),
      }
    },
  }
  const { start, clock } = pretend({
    adapters: { deploy: { local: down }, router: { proxy: world.router }, metrics: { scrape: world.metrics } },
  })
  const handle = await start()
  await ended(clock, handle)
  expect((await handle.result).status).toBe('promoted')
})

test('44: what is refused for good is not tried again and again', async () => {
  const { start, clock, world } = pretend({
    before: ({ method }) => {
      if (method === 'deploy') throw new ReleaseError('adapter/rejected', 'There is no such image.')
    },
  })
  const handle = await start()
  await ended(clock, handle)
  const { status, cause } = await handle.result
  expect([status, cause?.code]).toEqual(['rolledBack', 'adapter/rejected'])
  expect(world.calls.filter(({ method }) => method === 'deploy').length).toBe(1)
})

test('81: the same command sent twice acts once', async () => {
  const { start, clock, events } = pretend()
  const handle = await start()
  await clock.advance(1_000)
  const click = () => handle.pause({ actor: bob, reason: 'Lunch.', id: 'click' }).catch((error) => error.code)
  expect([await click(), await click()]).toEqual([undefined, 'signal/refused'])
  expect(events().filter(({ type }) => type === 'pause.requested').length).toBe(1)
})

test('85: who waits for people asks nobody anything meanwhile', async () => {
  const { start, clock, world, journal } = pretend()
  await start(withSteps(shift(5), approve({ timeout: '20h' })))
  await clock.advance(60_000)
  const [calls, records] = [world.calls.length, journal.records.length]
  await clock.advance(12 * 3_600_000)
  expect([world.calls.length, journal.records.length]).toEqual([calls, records])
})

test.each([29, 47])('%i: after a release that was rolled back, the next one starts from nothing', async () => {
  let isBad = true
  const { start, clock, world } = pretend({ measure: (version) => badCanary(isBad ? version : '1') })
  const first = await start()
  await ended(clock, first)
  expect((await first.result).status).toBe('rolledBack')
  isBad = false
  const second = await start(undefined, { id: 'r2', artifacts: { checkout: { version: '3' } } })
  await ended(clock, second)
  expect((await second.result).status).toBe('promoted')
  expect(world.running('checkout')).toEqual(['3'])
})

test('35: a promotion that never ends has a deadline, and is rolled back', async () => {
  const { start, clock, world } = pretend({
    before: ({ method, detail }) => (method === 'promote' && detail === '2' ? never() : undefined),
  })
  const handle = await start()
  await ended(clock, handle)
  expect((await handle.result).status).toBe('rolledBack')
  expect([world.stable('checkout'), world.running('checkout')]).toEqual(['1', ['1']])
})

test.each([36, 67])('%i: an abort in the middle of a promotion brings the old version back', async () => {
  const { word, live } = await told('canary, aborted in deploying.promoting')
  expect([word, live.split(' split')[0]]).toEqual(['rolledBack', 'local api=1 running 1'])
})

test('39: a router that says yes and splits otherwise is found out by reading it back', async () => {
  const { start, clock, acts } = pretend({ router: (real) => ({ ...real, setWeight: async () => {} }) })
  const handle = await start()
  await ended(clock, handle)
  expect((await handle.result).cause?.code).toBe('adapter/unverified')
  expect(acts()).toEqual(['deploy 2', 'retire 2'])
})

test.each([48, 50, 51])('%i: the way back from a promotion restores the old version before it gets traffic', async () => {
  const { calls } = await told('canary whose promotion is refused')
  const back = calls.filter(({ key }) => key.includes(':rollback:')).map(({ method, detail }) => `${method} ${detail}`.trim())
  expect(back).toEqual([
    'deploy 1',
    'observe',
    'setWeight 0',
    'getWeight',
    'promote 1',
    'settle 1',
    'observe',
    'getWeight',
    'retire 2',
  ])
})

test.each([5, 53])('%i: the old version is not stopped before the router has moved everybody', async () => {
  let askedAt = 0
  let inForce = 0
  const pretended = pretend({
    // What is asked for is in force a second later; until then the router tells what was there before.
    router: (real) => ({
      ...real,
      setWeight: async (route, weight, options) => {
        const isNew = (await real.getWeight(route, options)) !== weight
        if (!isNew) return
        inForce = Number(await real.getWeight(route, options))
        askedAt = pretended.clock.now()
        await real.setWeight(route, weight, options)
      },
      getWeight: async (...input) => (pretended.clock.now() < askedAt + 1_000 ? inForce : real.getWeight(...input)),
    }),
  })
  const { start, clock, acts } = pretended
  const handle = await start()
  await ended(clock, handle)
  expect((await handle.result).status).toBe('promoted')
  expect(acts().slice(-3)).toEqual(['promote 2', 'settle 2', 'retire 1'])
})

test('63: what was aborted stays aborted, whoever asks for something else', async () => {
  const { start, clock, world } = pretend()
  const handle = await start()
  await clock.advance(5_000)
  await handle.abort({ actor: bob, reason: 'Stop.' })
  for (const ask of ['promote', 'retry', 'skip'] as const) await handle[ask]({ actor: bob, reason: 'Go on.' }).catch(() => {})
  await ended(clock, handle)
  const before = world.calls.length
  await clock.advance(24 * 3_600_000)
  expect([world.weight('checkout'), world.running('checkout'), world.calls.length]).toEqual([0, ['1'], before])
})

test('65: a rollback asks no metrics and no people', async () => {
  const { start, clock, world } = pretend()
  const handle = await start()
  await clock.advance(5_000)
  const before = world.calls.length
  await handle.abort({ actor: bob, reason: 'Stop.' })
  await ended(clock, handle)
  expect(world.calls.slice(before).map(({ method }) => method)).toEqual(['setWeight', 'getWeight', 'getWeight', 'retire'])
})

test.each([70, 77, 79])('%i: a paused release keeps its place: no other releases the same unit there', async () => {
  const { start, clock } = pretend()
  const handle = await start()
  await handle.pause({ actor: bob, reason: 'Lunch.' })
  await clock.advance(60_000)
  const second = start(undefined, { id: 'r2', artifacts: { checkout: { version: '3' } } })
  await expect(second).rejects.toMatchObject({ code: 'release/busy' })
})

test('72: a rollback calls with a signal of its own, not with the aborted one', async () => {
  const aborted: boolean[] = []
  const { start, clock } = pretend({
    measure: badCanary,
    before: ({ key }, { signal }) => {
      if (key.includes(':rollback:')) aborted.push(signal.aborted)
    },
  })
  await ended(clock, await start())
  expect([aborted.length > 2, aborted.includes(true)]).toEqual([true, false])
})

test.each(abortedStates)('43, 74: a release aborted in %s goes all the way back', async (state) => {
  const { word, live } = await told(`hooks, aborted in ${state}`)
  expect([word, live.split(' split')[0]]).toEqual(['rolledBack', 'local api=1 running 1'])
})

test('76: a paused release can be aborted', async () => {
  expect((await told('canary, aborted in paused')).word).toBe('rolledBack')
})

test('83: the next stage does not start after an abort in the instant in which the one before it ended', async () => {
  const { word, calls } = await told('stages, aborted in the second')
  expect(word).toBe('rolledBack')
  expect(
    calls.filter(({ key, method }) => key.startsWith('r:prod/api:') && method === 'setWeight' && !key.includes('rollback')),
  ).toEqual([])
})

test('86: nobody approves without the role, twice, or for themselves; each attempt is kept', async () => {
  const { start, clock, events } = pretend()
  const handle = await start(withSteps(shift(5), approve({ quorum: 2, roles: ['sre'] })))
  await clock.advance(1_000)
  const gate = handle.status().waiting[0]!.gate!
  const asks = [{ id: 'mallory' }, { ...ann, roles: ['sre'] }, { ...ann, id: 'ANN@example.com ', roles: ['sre'] }]
  for (const actor of asks)
    await expect(handle.approve({ actor, gate, reason: 'Fine.' })).rejects.toMatchObject({ code: 'signal/refused' })
  await handle.approve({ actor: bob, gate, reason: 'Fine.' })
  await expect(handle.approve({ actor: { ...bob, id: 'Bob@Example.com' }, gate, reason: 'Fine.' })).rejects.toMatchObject({
    code: 'signal/refused',
  })
  expect(handle.status().waiting).toMatchObject([{ for: 'approval' }])
  expect(events().filter(({ type }) => type === 'signal.refused').length).toBe(4)
})

test('88: a question that nobody answers ends in a hold, and then in a rollback', async () => {
  const { word, status } = await told('approvals, nobody there')
  expect([word, status.cause?.code]).toEqual(['rolledBack', 'hold/expired'])
})

test('103: a look that comes back after its step was left changes nothing', async () => {
  let late = () => {}
  let isFirst = true
  const { start, clock } = pretend({
    before: ({ method }) => {
      if (method !== 'read' || !isFirst) return undefined
      isFirst = false
      return new Promise<void>((resolve) => {
        late = resolve
      })
    },
    measure: badCanary,
  })
  const handle = await start(withSteps(shift(5), bake('1m', { judge: 'healthy' }), shift(50), approve({})))
  await clock.advance(31_000)
  await handle.promote({ actor: bob, reason: 'Seen.' })
  await clock.advance(5_000)
  late()
  await clock.advance(5_000)
  expect(handle.status().tracks[0]).toMatchObject({ weight: 50, failure: null })
})

test('110: a hook that nobody supplied is found before anything starts', async () => {
  const { start, world } = pretend()
  await expect(start(withSteps(shift(5), verify('smoke')))).rejects.toMatchObject({ code: 'plan/unbound' })
  expect(world.calls).toEqual([])
})
