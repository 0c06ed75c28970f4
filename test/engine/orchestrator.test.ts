import { expect, test } from 'vitest'
import { approve, bake, run, shift, verify } from '../../src/plan/step.js'
import { allAtOnce, blueGreen, canary } from '../../src/plan/strategy.js'
import type { TrafficRouter } from '../../src/ports/traffic-router.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { ann, badCanary, bob, canaryPlan, cat, counts, ended, pretend } from '../support/pretended.js'

test('a good version is promoted step by step, and the old one is stopped last', async () => {
  const { start, clock, world, acts } = pretend()
  const handle = await start()
  await ended(clock, handle)
  expect((await handle.result).status).toBe('promoted')
  expect(acts()).toEqual(['deploy 2', 'setWeight 5', 'setWeight 50', 'setWeight 100', 'promote 2', 'settle 2', 'retire 1'])
  expect(world.stable('checkout')).toBe('2')
  expect(world.running('checkout')).toEqual(['2'])
})

test('a bad version is rolled back at the first look that fails, and nobody touched a key', async () => {
  const { start, clock, world, acts } = pretend({ measure: badCanary })
  const handle = await start()
  await ended(clock, handle)
  const { status, cause } = await handle.result
  expect(status).toBe('rolledBack')
  expect(cause?.code).toBe('verdict/fail')
  expect(cause?.says).toMatch(/canary ratio 10 % is above the allowed 1 %/)
  expect(acts()).toEqual(['deploy 2', 'setWeight 5', 'setWeight 0', 'retire 2'])
  expect(world.running('checkout')).toEqual(['1'])
})

test('a metrics outage never passes: it holds, and rolls back when nobody decides', async () => {
  const measure = () => ({ kind: 'missing', reason: 'outage', detail: 'no answer' }) as const
  const { start, clock, acts } = pretend({ measure })
  const handle = await start()
  await clock.advance(61_000)
  expect(handle.status()).toMatchObject({ status: 'verifying', waiting: [{ for: 'human' }] })
  await ended(clock, handle)
  expect((await handle.result).cause?.code).toBe('hold/expired')
  expect(acts()).toEqual(['deploy 2', 'setWeight 5', 'setWeight 0', 'retire 2'])
})

test('a held release goes on when a human takes the place of the judge, and the journal says who', async () => {
  let isOut = true
  const { start, clock, events } = pretend({
    measure: () => (isOut ? { kind: 'missing', reason: 'outage', detail: 'no answer' } : counts(0)),
  })
  const handle = await start()
  await clock.advance(61_000)
  isOut = false
  await handle.promote({ actor: bob, reason: 'looked at the graphs myself' })
  await ended(clock, handle)
  expect((await handle.result).status).toBe('promoted')
  expect(events()).toContainEqual(
    expect.objectContaining({ type: 'promote.requested', actor: bob, reason: 'looked at the graphs myself' }),
  )
})

test('a source that throws is an outage, not a crash and not a pass', async () => {
  const { start, clock } = pretend({
    before: ({ port }) => {
      if (port === 'metrics') throw new Error('socket hang up')
    },
  })
  const handle = await start()
  await clock.advance(62_000)
  expect(handle.status().tracks[0]).toMatchObject({ weight: 5, verdict: { outcome: 'inconclusive' } })
})

test('abort rolls back from a bake at once, whatever else is under way', async () => {
  const { start, clock, acts } = pretend()
  const handle = await start()
  await clock.advance(10_000)
  await handle.abort({ actor: ann, reason: 'customers are calling' })
  await ended(clock, handle)
  expect((await handle.result).cause?.says).toBe('ann@example.com: customers are calling')
  expect(acts()).toEqual(['deploy 2', 'setWeight 5', 'setWeight 0', 'retire 2'])
})

test('abort does not wait for a deploy that hangs and ignores its signal', async () => {
  const { start, clock, acts } = pretend({
    before: ({ method }) => (method === 'deploy' ? new Promise<void>(() => {}) : undefined),
  })
  const handle = await start()
  await clock.advance(1_000)
  const aborted = clock.now()
  await handle.abort({ actor: ann, reason: 'wrong version' })
  await clock.runUntil(() => acts().includes('setWeight 0'))
  expect(clock.now() - aborted).toBeLessThanOrEqual(1_000)
  await ended(clock, handle)
  expect((await handle.result).status).toBe('rolledBack')
})

test('a paused release keeps watching, moves nothing forward, and goes on when resumed', async () => {
  const { start, clock, acts } = pretend()
  const handle = await start()
  await clock.advance(10_000)
  await handle.pause({ actor: ann, reason: 'lunch' })
  await clock.advance(600_000)
  expect(acts()).toEqual(['deploy 2', 'setWeight 5'])
  expect(handle.status()).toMatchObject({ paused: { says: 'ann@example.com: lunch' }, waiting: [{ for: 'resume' }] })
  await handle.resume({ actor: ann, reason: 'back' })
  await ended(clock, handle)
  expect((await handle.result).status).toBe('promoted')
})

test('a bad version is rolled back even while the release is paused', async () => {
  let bad = 0
  const { start, clock } = pretend({ measure: (version) => counts(version === '2' ? bad : 0) })
  const handle = await start()
  await clock.advance(10_000)
  await handle.pause({ actor: ann, reason: 'lunch' })
  bad = 200
  await ended(clock, handle)
  expect((await handle.result).status).toBe('rolledBack')
})

test('a weight that the router does not take is never reported as done', async () => {
  const { start, clock, acts } = pretend({ router: (real) => ({ ...real, getWeight: async () => 1 }) })
  const handle = await start()
  await clock.advance(30_000)
  expect(handle.status()).toMatchObject({ status: 'rollingBack', cause: { code: 'adapter/unverified' } })
  expect(handle.status().tracks[0]?.weight).toBe(0)
  expect(acts().filter((act) => act === 'promote 2')).toEqual([])
})

test('a rollback that fails keeps trying, says so, and never claims success', async () => {
  let isStuck = true
  const { start, clock, world } = pretend({
    measure: badCanary,
    before: ({ method, detail }) => {
      if (isStuck && method === 'setWeight' && detail === '0')
        throw new ReleaseError('adapter/unavailable', 'The router is down.')
    },
  })
  const handle = await start()
  await clock.advance(20 * 60_000)
  expect(handle.status()).toMatchObject({
    status: 'rollingBack',
    isFinished: false,
    waiting: [{ for: 'retry', says: expect.stringContaining('needs a human') }],
  })
  expect(world.weight('checkout')).toBe(5)
  isStuck = false
  await ended(clock, handle)
  expect((await handle.result).status).toBe('rolledBack')
  const keys = new Set(world.calls.filter(({ method, detail }) => method === 'setWeight' && detail === '0').map(({ key }) => key))
  expect(keys.size).toBe(1)
})

test('a timeout after the router did its work is read back, and the call repeated under the same key', async () => {
  let isFirst = true
  const { start, clock, world } = pretend({
    after: ({ method }) => {
      if (method !== 'setWeight' || !isFirst) return undefined
      isFirst = false
      return new Promise<void>(() => {})
    },
  })
  const handle = await start()
  await ended(clock, handle)
  expect((await handle.result).status).toBe('promoted')
  const firstShift = world.calls.filter(({ method, detail }) => method === 'setWeight' && detail === '5').map(({ key }) => key)
  expect(firstShift).toEqual(['r1:production/checkout:shift-1:1:traffic.shift', 'r1:production/checkout:shift-1:1:traffic.shift'])
})

test('a weight changed by hand is put back, the bake starts again, and after five times the release gives up', async () => {
  const { start, clock, world, acts } = pretend()
  const handle = await start()
  await clock.advance(10_000)
  world.tamper('checkout', 90)
  await clock.advance(30_000)
  expect(world.weight('checkout')).toBe(5)
  await ended(clock, handle)
  expect((await handle.result).status).toBe('promoted')
  expect(acts().slice(0, 3)).toEqual(['deploy 2', 'setWeight 5', 'setWeight 5'])

  const other = pretend()
  const doomed = await other.start()
  const meddle = () => {
    other.world.tamper('checkout', 90)
    if (!doomed.status().isFinished) other.clock.at(other.clock.now() + 10_000, meddle)
  }
  other.clock.at(other.clock.now() + 1_000, meddle)
  await ended(other.clock, doomed)
  expect((await doomed.result).cause?.code).toBe('traffic/drift')
})

const gated = {
  ...canaryPlan,
  stages: [{ ...canaryPlan.stages[0], gates: { before: [approve({ name: 'go', quorum: 2, roles: ['sre'] })] } }],
}

test('a gate opens for two different people of the right role, and for nobody else', async () => {
  const { start, clock, acts, events } = pretend()
  const handle = await start(gated)
  await clock.advance(1_000)
  const gate = 'production:before#go'
  expect(handle.status().waiting).toMatchObject([{ for: 'approval', gate, says: '0 of 2 approvals with role sre for go' }])
  await expect(handle.approve({ actor: { id: 'dan' }, reason: 'ok', gate })).rejects.toThrow(/none of the roles/)
  await expect(handle.approve({ actor: { ...ann, roles: ['sre'] }, reason: 'ok', gate })).rejects.toThrow(/author/)
  await handle.approve({ actor: bob, reason: 'ok', gate })
  await expect(handle.approve({ actor: { ...bob, id: 'BOB@example.com' }, reason: 'again', gate })).rejects.toThrow(
    /approved already/,
  )
  await expect(handle.approve({ actor: cat, reason: 'ok', gate: 'elsewhere#go' })).rejects.toThrow(/not open/)
  expect(acts()).toEqual([])
  await handle.approve({ actor: cat, reason: 'ok', gate })
  await ended(clock, handle)
  expect((await handle.result).status).toBe('promoted')
  expect(events().filter(({ type }) => type === 'signal.refused')).toHaveLength(4)
})

test('a rejected gate ends the release before anything is deployed', async () => {
  const { start, clock, acts } = pretend()
  const handle = await start(gated)
  await clock.advance(1_000)
  await handle.reject({ actor: bob, reason: 'not on a Friday', gate: 'production:before#go' })
  await ended(clock, handle)
  expect((await handle.result).cause?.says).toBe('bob@example.com rejected go: not on a Friday')
  expect(acts()).toEqual([])
})

test('an approval that does not come holds, and then the release goes back', async () => {
  const { start, clock, acts } = pretend()
  const handle = await start(gated)
  await clock.advance(24 * 3_600_000 + 1_000)
  expect(handle.status().waiting).toMatchObject([{ for: 'human', says: 'go: not enough approvals came in time.' }])
  await expect(handle.promote({ actor: bob, reason: 'never mind' })).rejects.toThrow(/stand in/)
  await ended(clock, handle)
  expect((await handle.result).status).toBe('rolledBack')
  expect(acts()).toEqual([])
})

test('an approver is asked, and its answer counts like any other', async () => {
  const asked: string[] = []
  const approver = {
    chat: {
      request: async ({ gate, planHash }: { gate: string; planHash: string }) => {
        asked.push(`${gate} ${planHash.slice(0, 7)}`)
        return { decision: 'approve' as const, actor: bob, reason: 'fine' }
      },
    },
  }
  const { start, clock } = pretend({ adapters: { approver } })
  const plan = {
    ...canaryPlan,
    stages: [{ ...canaryPlan.stages[0], gates: { before: [approve({ name: 'go', approver: 'chat' })] } }],
  }
  const handle = await start(plan)
  await ended(clock, handle)
  expect((await handle.result).status).toBe('promoted')
  expect(asked).toEqual(['production:before#go sha256:'])
})

test('a question that was delivered is not delivered again because the first of two has answered', async () => {
  let asked = 0
  const request = async () => {
    asked += 1
    return undefined
  }
  const { start, clock } = pretend({ adapters: { approver: { mail: { request } } } })
  const plan = {
    ...canaryPlan,
    stages: [{ ...canaryPlan.stages[0], gates: { before: [approve({ name: 'go', approver: 'mail', quorum: 2 })] } }],
  }
  const handle = await start(plan)
  await clock.advance(1_000)
  await handle.approve({ actor: bob, reason: 'ok', gate: 'production:before#go' })
  await clock.advance(1_000)
  await handle.approve({ actor: cat, reason: 'ok', gate: 'production:before#go' })
  await ended(clock, handle)
  expect(asked).toBe(1)
})

const hooks = (outcome: 'pass' | 'fail' | 'inconclusive') => {
  const called: string[] = []
  const hook =
    (name: string) =>
    async (_: unknown, { idempotencyKey }: { idempotencyKey: string }) => {
      called.push(`${name} ${idempotencyKey}`)
      return { outcome: name === 'smoke' ? outcome : ('pass' as const), says: `${name} says ${outcome}` }
    }
  return { called, hook: { smoke: hook('smoke'), migrate: hook('migrate'), unmigrate: hook('unmigrate') } }
}
const green = {
  ...canaryPlan,
  stages: [
    {
      name: 'production',
      strategy: blueGreen({ before: [run('migrate', { undo: 'unmigrate' }), verify('smoke')], after: [bake('5m')] }),
    },
  ],
}

test('blue-green prepares, verifies, switches in one call, and keeps the old side for its rollback window', async () => {
  const { hook } = hooks('pass')
  const { start, clock, acts, world } = pretend({ adapters: { hook } })
  const handle = await start(green)
  await clock.advance(60_000)
  expect(acts()).toEqual(['deploy 2', 'setWeight 100'])
  expect(world.running('checkout')).toEqual(['1', '2'])
  await ended(clock, handle)
  expect(acts()).toEqual(['deploy 2', 'setWeight 100', 'promote 2', 'settle 2', 'retire 1'])
})

test('a failed check takes back what was run before it, after traffic is back', async () => {
  const { hook, called } = hooks('fail')
  const { start, clock, acts } = pretend({ adapters: { hook } })
  const handle = await start(green)
  await ended(clock, handle)
  expect(called.map((call) => call.split(' ')[0])).toEqual(['migrate', 'smoke', 'unmigrate'])
  expect(acts()).toEqual(['deploy 2', 'setWeight 0', 'retire 2'])
  expect((await handle.result).cause).toEqual({ code: 'hook/fail', says: 'verify-2: smoke says fail' })
})

test('a check that comes to no conclusion is not a pass', async () => {
  const { hook } = hooks('inconclusive')
  const { start, clock, acts } = pretend({ adapters: { hook } })
  const handle = await start(green)
  await clock.advance(10_000)
  expect(handle.status().waiting).toMatchObject([{ for: 'human' }])
  await handle.skip({ actor: bob, reason: 'the check is broken' })
  await clock.advance(10_000)
  expect(acts()).toEqual(['deploy 2', 'setWeight 100'])
})

test('once something irreversible has run, a failure waits for a human and rolls nothing back', async () => {
  const { hook } = hooks('fail')
  const plan = {
    ...green,
    stages: [{ name: 'production', strategy: blueGreen({ before: [run('migrate', { irreversible: true }), verify('smoke')] }) }],
  }
  const { start, clock, acts } = pretend({ adapters: { hook } })
  const handle = await start(plan)
  await clock.advance(30 * 24 * 3_600_000)
  expect(handle.status()).toMatchObject({
    isFinished: false,
    waiting: [{ for: 'human', says: expect.stringMatching(/run-1 cannot be taken back/) }],
  })
  expect(acts()).toEqual(['deploy 2'])
  await handle.skip({ actor: bob, reason: 'roll forward' })
  await ended(clock, handle)
  expect((await handle.result).status).toBe('promoted')
})

test('the first version of a unit is released all at once', async () => {
  const { start, clock, acts } = pretend({ stable: {} })
  const handle = await start({ ...canaryPlan, judges: {}, stages: [{ name: 'production', strategy: allAtOnce() }] })
  await ended(clock, handle)
  expect(acts()).toEqual(['deploy 2', 'setWeight 100', 'promote 2', 'settle 2'])
})

test('units start after those they depend on, and roll back before them', async () => {
  const unit = { deploy: 'local', router: 'proxy', metrics: 'scrape' } as const
  const plan = {
    ...canaryPlan,
    units: { database: unit, api: { ...unit, dependsOn: ['database'] }, web: { ...unit, dependsOn: ['api'] } },
    stages: [{ name: 'production', strategy: canary(shift(50), bake('1m', { judge: 'healthy' })) }],
  }
  const artifacts = { database: { version: '2' }, api: { version: '2' }, web: { version: '2' } }
  const stable = { database: '1', api: '1', web: '1' }
  const measure = (version: string, _: string, weight: number) => counts(version === '2' && weight === 50 ? 0 : 0)
  const good = pretend({ stable, measure })
  const handle = await good.start(plan, { artifacts })
  await ended(good.clock, handle)
  const deploys = good.world.calls.filter(({ method }) => method === 'deploy').map(({ unit }) => unit)
  expect(deploys).toEqual(['database', 'api', 'web'])

  const bad = pretend({ stable })
  const aborted = await bad.start(plan, { artifacts })
  await bad.clock.runUntil(() => bad.world.weight('web') === 50)
  await aborted.abort({ actor: ann, reason: 'drill' })
  await ended(bad.clock, aborted)
  const back = bad.world.calls.filter(
    ({ method, detail }) => (method === 'setWeight' && detail === '0') || (method === 'promote' && detail === '1'),
  )
  expect([...new Set(back.map(({ unit }) => unit))]).toEqual(['web', 'api', 'database'])
  expect(['database', 'api', 'web'].map((name) => bad.world.stable(name))).toEqual(['1', '1', '1'])
})

test('a breach in one region stops the next, and only that region rolls back', async () => {
  const eu = pretend()
  const us = pretend({ measure: badCanary })
  const ap = pretend()
  const stage = (name: string, after: string[]) => ({
    ...canaryPlan.stages[0],
    name,
    after,
    bindings: { deploy: name, router: name, metrics: name },
  })
  const plan = { ...canaryPlan, stages: [stage('eu', []), stage('us', ['eu']), stage('ap', ['us'])] }
  const places = { eu: eu.world, us: us.world, ap: ap.world }
  const pick = <K extends 'deploy' | 'router' | 'metrics'>(kind: K) =>
    Object.fromEntries(Object.entries(places).map(([name, world]) => [name, world[kind]]))
  const { start, clock } = pretend({ adapters: { deploy: pick('deploy'), router: pick('router'), metrics: pick('metrics') } })
  const handle = await start(plan)
  await ended(clock, handle)
  const { status, tracks } = await handle.result
  expect(status).toBe('rolledBack')
  expect(tracks.map(({ id, state }) => `${id} ${state}`)).toEqual([
    'eu/checkout promoted',
    'us/checkout rolledBack',
    'ap/checkout proposed',
  ])
  expect([eu, us, ap].map(({ world }) => world.stable('checkout'))).toEqual(['2', '1', '1'])
})

test('a router that cannot split as it is set up is refused before anything is deployed or recorded', async () => {
  const says = 'Backend "shop" has balance "leastconn", which does not split by weight.'
  const router = (real: TrafficRouter): TrafficRouter => ({
    ...real,
    getWeight: () => Promise.reject(new ReleaseError('adapter/rejected', says)),
  })
  const { start, acts, events } = pretend({ router })
  await expect(start()).rejects.toMatchObject({ code: 'adapter/rejected', message: expect.stringContaining('leastconn') })
  expect(acts()).toEqual([])
  expect(events().filter(({ type }) => type !== 'release.proposed')).toEqual([])
})
