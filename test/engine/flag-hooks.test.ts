import { expect, test } from 'vitest'
import { flagHooks } from '../../src/engine/flag-hooks.js'
import { run } from '../../src/plan/step.js'
import { canary } from '../../src/plan/strategy.js'
import type { FlagService } from '../../src/ports/flag-service.js'
import { badCanary, canaryPlan, ended, pretend } from '../support/pretended.js'

/** A flag service in memory; `obeys` says what becomes of a share. */
function memoryFlags(obeys = (percent: number): number | 'unknown' => percent) {
  const told: string[] = []
  const shares = new Map<string, number | 'unknown'>()
  const service: FlagService = {
    capabilities: { smallestStepPercent: 1 },
    async setRollout(flag, percent, { idempotencyKey }) {
      told.push(`${percent} % ${idempotencyKey.split(':').slice(-2).join(':')}`)
      shares.set(flag, obeys(percent))
    },
    getRollout: async (flag) => shares.get(flag) ?? 0,
  }
  return { service, told, shares }
}

const [stage] = canaryPlan.stages
const step = run('flag', { name: 'basket', input: { flag: 'new-basket', percent: 25 }, undo: 'unflag' })
const plan = { ...canaryPlan, stages: [{ ...stage, strategy: canary(step, ...stage.strategy.steps) }] }
const hooksOf = (service: FlagService) => {
  const { set, undo } = flagHooks(service)
  return { hook: { flag: set, unflag: undo } }
}

test('a flag step turns the flag on for its share, and promotion leaves it', async () => {
  const { service, told, shares } = memoryFlags()
  const { start, clock } = pretend({ adapters: hooksOf(service) })
  const handle = await start(plan)
  await ended(clock, handle)
  expect((await handle.result).status).toBe('promoted')
  expect([told.length, shares.get('new-basket')]).toEqual([1, 25])
})

test('a rollback turns the flag back, after the traffic', async () => {
  const { service, told, shares } = memoryFlags()
  const { start, clock, acts } = pretend({ adapters: hooksOf(service), measure: badCanary })
  const handle = await start(plan)
  await ended(clock, handle)
  expect((await handle.result).status).toBe('rolledBack')
  expect(told).toEqual([expect.stringContaining('25 %'), expect.stringContaining('0 %')])
  expect(shares.get('new-basket')).toBe(0)
  expect(acts()).toContain('setWeight 0')
})

test('a share that is not in force passes nothing', async () => {
  const { service } = memoryFlags(() => 'unknown')
  const { start, clock, acts } = pretend({ adapters: hooksOf(service), retry: { attempts: 2 } })
  const handle = await start(plan)
  await clock.advance(60_000)
  expect(acts()).not.toContain('setWeight 5')
  expect(handle.status().waiting).toMatchObject([{ says: expect.stringContaining('unknown') }])
})

test.each([null, { flag: 'a' }, { flag: 'a', percent: 101 }, { flag: '', percent: 5 }, { flag: 'a', percent: 5, extra: 1 }])(
  'a flag step with the input %j is refused, with what it should be',
  async (input) => {
    const { service, told } = memoryFlags()
    const call = { signal: new AbortController().signal, idempotencyKey: 'k', fencingToken: 1 }
    const request = { release: 'r', stage: 'production', unit: 'checkout', canary: { version: '2' }, input }
    await expect(flagHooks(service).set(request, call)).rejects.toMatchObject({
      code: 'input/invalid',
      message: expect.stringContaining('"percent": 25'),
    })
    expect(told).toEqual([])
  },
)
