import { expect, test } from 'vitest'
import { parseRecord } from '../../src/lifecycle/record.js'
import { bake, run, type StepInput, shift, verify } from '../../src/plan/step.js'
import { canary } from '../../src/plan/strategy.js'
import { fakeWorld } from '../../src/testing/fake-world.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import type { Measurement } from '../../src/vocabulary/measurement.js'
import { ann, badCanary, bob, canaryPlan, ended, pretend } from '../support/pretended.js'

/** Every record, as another process would read it. */
function readBack({ journal }: ReturnType<typeof pretend>) {
  return journal.records.map(({ body, seq }) => parseRecord(JSON.parse(JSON.stringify(body)), `record ${seq}`))
}

const withSteps = (...steps: readonly StepInput[]) => ({
  ...canaryPlan,
  stages: [{ name: 'production', strategy: canary(...steps) }],
})

// I12. Each was written into the journal as it came, and made it unreadable.
const notNumbers: [string, unknown][] = [
  ['NaN', { kind: 'counts', total: Number.NaN, bad: 0 }],
  ['infinity', { kind: 'counts', total: Number.POSITIVE_INFINITY, bad: 0 }],
  ['text', { kind: 'counts', total: '1000', bad: '0' }],
  ['a negative count', { kind: 'counts', total: -1, bad: 0 }],
  ['null', null],
  ['an unknown kind', { kind: 'percent', value: 3 }],
]
test.each(notNumbers)(
  '%s from a metrics source is data that could not be had, and the journal can still be read',
  async (_, reading) => {
    const pretended = pretend({ measure: () => reading as Measurement })
    const handle = await pretended.start()
    await pretended.clock.advance(61_000)
    expect(handle.status().waiting).toMatchObject([{ for: 'human' }])
    const looks = readBack(pretended).flatMap(({ event }) => (event.type === 'metrics.looked' ? [event] : []))
    expect(looks.length).toBeGreaterThan(1)
    expect(looks.at(-1)?.look.metrics.errors?.canary).toMatchObject({ kind: 'missing', reason: 'not-a-number' })
  },
)

test('a router that answers NaN, or a weight no router has, ends in a hold and not in a broken journal', async () => {
  for (const weight of [Number.NaN, 33.333, 120, '5']) {
    let isOdd = false
    const pretended = pretend({
      router: (real) => ({ ...real, getWeight: async (...input) => (isOdd ? (weight as number) : real.getWeight(...input)) }),
    })
    const handle = await pretended.start()
    await pretended.clock.advance(1)
    isOdd = true
    await pretended.clock.advance(10 * 60_000)
    expect(handle.status().waiting).toMatchObject([{ for: 'human' }])
    expect(handle.status().tracks[0]?.notice ?? handle.status().waiting[0]).toMatchObject({ says: expect.stringMatching(/.+/) })
    readBack(pretended)
  }
})

test('a hook that answers what no hook may answer has not passed', async () => {
  const odd = [{ outcome: 'ok', says: 'fine' }, { outcome: 'pass' }, { outcome: 'pass', says: 'x'.repeat(5_000) }, undefined]
  for (const answer of odd) {
    const pretended = pretend({ adapters: { hook: { smoke: (async () => answer) as never } } })
    const handle = await pretended.start(withSteps(shift(5), verify('smoke')))
    await pretended.clock.advance(60_000)
    expect(handle.status().waiting).toMatchObject([{ for: 'human' }])
    readBack(pretended)
  }
})

// F17: an error may be anything, and as long as it likes.
const thrown: [string, unknown][] = [
  ['a text', 'no'],
  ['nothing', undefined],
  ['ten megabytes', new Error('x'.repeat(10_000_000))],
  ['a long error of our own', new ReleaseError('adapter/rejected', 'x'.repeat(10_000))],
  ['a frozen object', Object.freeze({ toString: null })],
  [
    'a message that throws',
    Object.defineProperty(new Error(), 'message', {
      get: () => {
        throw new Error('again')
      },
    }),
  ],
  [
    'a proxy that throws',
    new Proxy(
      {},
      {
        has: () => {
          throw new Error('trap')
        },
        get: () => {
          throw new Error('trap')
        },
      },
    ),
  ],
]
test.each(thrown)('an adapter that throws %s is a failed call, shortened and recorded', async (_, error) => {
  const pretended = pretend({
    before: ({ method }) => {
      if (method === 'deploy') throw error
    },
  })
  const handle = await pretended.start()
  await ended(pretended.clock, handle)
  expect((await handle.result).status).toBe('rolledBack')
  expect(JSON.stringify(readBack(pretended)).length).toBeLessThan(30_000)
})

test('an adapter that throws before it returns a promise fails like any other', async () => {
  const pretended = pretend({
    adapters: {
      hook: {
        smoke: () => {
          throw new Error('at once')
        },
      },
    },
  })
  const handle = await pretended.start(withSteps(shift(5), verify('smoke')))
  await pretended.clock.advance(60_000)
  expect(handle.status().waiting).toMatchObject([{ for: 'human', says: expect.stringContaining('at once') }])
})

test('a process that has no descriptor left for a while tries again, and can go back all the same (F28)', async () => {
  for (const isBad of [false, true]) {
    let left = 4
    const full = Object.assign(new Error('connect EMFILE'), { code: 'EMFILE' })
    const { start, clock } = pretend({
      ...(isBad && { measure: badCanary }),
      before: ({ method }) => {
        if (method === (isBad ? 'retire' : 'deploy') && left-- > 0) throw full
      },
    })
    const handle = await start()
    await ended(clock, handle)
    expect((await handle.result).status).toBe(isBad ? 'rolledBack' : 'promoted')
  }
})

test('a signal that is none is refused to its sender, and leaves no trace', async () => {
  const pretended = pretend()
  const handle = await pretended.start()
  const odd = [
    { actor: { id: '' }, reason: 'r' },
    { actor: bob, reason: 'x'.repeat(5_000) },
    { actor: bob, reason: 'r', id: '' },
    { actor: { ...bob, admin: true }, reason: 'r' },
    { actor: bob },
  ]
  for (const by of odd) await expect(handle.pause(by as never)).rejects.toMatchObject({ code: 'input/invalid' })
  expect(pretended.events().filter(({ type }) => /requested|refused/.test(type))).toEqual([])
})

test('readers that throw, at once or later, change nothing (F29, I46)', async () => {
  const broken = () => {
    throw new Error('reader')
  }
  const pretended = pretend({ observers: [{ record: broken }, { record: (async () => broken()) as never }] })
  const handle = await pretended.start()
  handle.on('record', broken)
  handle.on('record', async () => broken())
  handle.on('finished', async () => broken())
  await ended(pretended.clock, handle)
  expect((await handle.result).status).toBe('promoted')
})

// I8, I29: "one at a time" is per unit and place, not per unit.
test('a rollback in one region does not wait for a slow deploy of the same unit in another', async () => {
  const us = fakeWorld({
    stable: { checkout: '1' },
    before: ({ method }) => (method === 'deploy' ? new Promise<void>(() => {}) : undefined),
  })
  const eu = fakeWorld({ stable: { checkout: '1' }, measure: badCanary })
  const { clock, start } = pretend({
    adapters: {
      deploy: { local: eu.deploy, lab: us.deploy },
      router: { proxy: eu.router, 'lab-proxy': us.router },
      metrics: { scrape: eu.metrics },
    },
  })
  const [stage] = withSteps(shift(5), bake('1m', { judge: 'healthy' })).stages
  const stages = [
    { ...stage, name: 'eu' },
    { ...stage, name: 'us', bindings: { deploy: 'lab', router: 'lab-proxy' } },
  ]
  const plan = { ...canaryPlan, stages }
  const handle = await start(plan)
  await clock.advance(5 * 60_000)
  expect(handle.status().tracks.map(({ state }) => state)).toEqual(['rolledBack', 'deploying.starting'])
})

test('a script that takes its step back is called with one key only, however often it fails (field failure 42)', async () => {
  let undone = 0
  const keys = new Set<string>()
  const pretended = pretend({
    measure: badCanary,
    adapters: {
      hook: {
        migrate: async () => ({ outcome: 'pass', says: 'Migrated.' }),
        revert: async (_, { idempotencyKey }) => {
          keys.add(idempotencyKey)
          undone += 1
          return undone < 7 ? { outcome: 'fail', says: 'Locked.' } : { outcome: 'pass', says: 'Reverted.' }
        },
      },
    },
  })
  const plan = withSteps(run('migrate', { undo: 'revert' }), shift(5), bake('1m', { judge: 'healthy' }))
  const handle = await pretended.start(plan, { author: ann })
  await ended(pretended.clock, handle)
  expect([(await handle.result).status, undone, keys.size]).toEqual(['rolledBack', 7, 1])
})

// Found by random faults: traffic went back to a stable version that had never come up again.
test('a deploy that only claims success is found out, and no traffic goes where nothing runs', async () => {
  // The old version is stopped, and nobody hears of it: the abort comes before the end.
  const { world, clock } = pretend({
    after: ({ method, detail }) => (`${method} ${detail}` === 'retire 1' ? new Promise<void>(() => {}) : undefined),
  })
  let isLying = false
  const lying = pretend({
    adapters: {
      deploy: {
        local: { ...world.deploy, deploy: async (...input) => (isLying ? undefined : world.deploy.deploy(...input)) },
      },
      router: { proxy: world.router },
      metrics: { scrape: world.metrics },
    },
    clock,
  })
  const handle = await lying.start()
  await clock.runUntil(() => handle.status().tracks[0]?.state === 'deploying.retiring')
  isLying = true
  await handle.abort({ actor: bob, reason: 'Back.' })
  await clock.advance(10 * 60_000)
  expect(handle.status().waiting).toMatchObject([{ for: 'retry', says: expect.stringContaining('none of it') }])
  expect(world.weight('checkout')).toBe(100)
  isLying = false
  await ended(clock, handle)
  expect([(await handle.result).status, world.running('checkout')]).toEqual(['rolledBack', ['1']])
})
