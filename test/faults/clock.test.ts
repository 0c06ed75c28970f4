/** F11 to F13: calendars, clocks that are set, machines that sleep. None of them shortens a bake or fires a deadline twice (I41). */
import { expect, test } from 'vitest'
import { createOrchestrator } from '../../src/engine/orchestrator.js'
import { historyOf, violations } from '../../src/lifecycle/invariants.js'
import type { ReleaseRecord } from '../../src/lifecycle/record.js'
import { parsePlan } from '../../src/plan/define-plan.js'
import type { FakeWorldOptions } from '../../src/testing/fake-world.js'
import { skewedClock } from '../../src/testing/faults.js'
import { virtualClock } from '../../src/testing/virtual-clock.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { bob, canaryPlan, ended, pretend } from '../support/pretended.js'

const hourMs = 3_600_000

const days = [
  ['summer time begins', '2026-03-29T01:00:00Z'],
  ['summer time ends', '2026-10-25T01:00:00Z'],
  ['a leap day ends', '2028-03-01T00:00:00Z'],
  ['32 bits of seconds run out', '2038-01-19T03:14:08Z'],
  ['it is 1970', '1970-01-01T00:01:00Z'],
] as const
const zones = ['UTC', 'Europe/Berlin', 'Australia/Lord_Howe', 'America/St_Johns']

test.each(days)('a release in which %s is like any other, in every time zone (F11, I36)', async (_, instant) => {
  const told = new Set<string>()
  const offsets = new Set<number>()
  const zone = process.env.TZ
  try {
    for (const startAt of [Date.parse(instant) - 30_000, Date.UTC(2030, 5, 5)])
      for (process.env.TZ of zones) {
        offsets.add(new Date(startAt).getTimezoneOffset())
        const clock = virtualClock(startAt)
        const { start, journal } = pretend({ clock })
        const handle = await start()
        await ended(clock, handle)
        expect((await handle.result).status).toBe('promoted')
        const relative = (_: string, value: unknown) =>
          typeof value === 'number' && value >= startAt && value < startAt + hourMs ? value - startAt : value
        told.add(JSON.stringify(journal.records, relative))
      }
  } finally {
    if (zone === undefined) delete process.env.TZ
    else process.env.TZ = zone
  }
  expect(told.size).toBe(1)
  expect(offsets.size).toBeGreaterThanOrEqual(zones.length)
})

test.each([
  ['an hour slow', -hourMs, ['promoted']],
  ['an hour fast', hourMs, ['promoted', 'rolledBack']],
  ['ten years fast', 10 * 365 * 24 * hourMs, ['promoted', 'rolledBack']],
] as const)('a process whose clock is %s takes a release up, and no bake gets shorter (F11)', async (_, skewMs, ends) => {
  const { start, clock, world, journal, orchestrator } = pretend()
  await start()
  await clock.advance(31_000)
  await orchestrator[Symbol.asyncDispose]()
  const adapters = { deploy: { local: world.deploy }, router: { proxy: world.router }, metrics: { scrape: world.metrics } }
  const next = createOrchestrator({ adapters, journal, clock: skewedClock(clock, () => skewMs), random: () => 0.5 })
  const [handle] = await next.resume()
  await ended(clock, handle!)
  expect(ends).toContain((await handle!.result).status)
  const records = journal.records.map(({ body }) => body as ReleaseRecord)
  expect(violations(historyOf(records, world.calls))).toEqual([])
})

test('a rollback that failed is tried again in its time, though the clock of the next process is a year slow (F11, I8)', async () => {
  let isBroken = true
  const before: FakeWorldOptions['before'] = ({ method, detail }) => {
    if (isBroken && method === 'setWeight' && detail === '0') throw new ReleaseError('adapter/rejected', 'Not now.')
  }
  const { start, clock, world, journal, orchestrator } = pretend({ before })
  const handle = await start()
  await clock.advance(31_000)
  await handle.abort({ actor: bob, reason: 'Stop.' })
  await clock.advance(60_000)
  expect(handle.status().status).toBe('rollingBack')
  await orchestrator[Symbol.asyncDispose]()
  isBroken = false
  const adapters = { deploy: { local: world.deploy }, router: { proxy: world.router }, metrics: { scrape: world.metrics } }
  const slow = skewedClock(clock, () => -365 * 24 * hourMs)
  const [next] = await createOrchestrator({ adapters, journal, clock: slow, random: () => 0.5 }).resume()
  const restartedAt = clock.now()
  await ended(clock, next!)
  expect((await next!.result).status).toBe('rolledBack')
  expect(clock.now() - restartedAt).toBeLessThan(hourMs)
})

test.each([
  ['half a minute', 30_000, 'promoted'],
  // What was due meanwhile is over; a pass that nobody looked at is none.
  ['ten minutes', 600_000, 'human'],
] as const)(
  'a machine that sleeps for %s in the middle of a bake is not taken for a bad version (F13, F28)',
  async (_, ms, end) => {
    for (const isAborted of [false, true]) {
      let sleptMs = 0
      const time = virtualClock()
      const { start, world, journal } = pretend({ clock: skewedClock(time, () => sleptMs) })
      const handle = await start()
      await time.advance(20_000)
      sleptMs = ms
      if (isAborted) await handle.abort({ actor: bob, reason: 'Stop.' })
      await time.runUntil(() => handle.status().isFinished || handle.status().waiting[0]?.for === 'human')
      const { status, waiting } = handle.status()
      expect(waiting[0]?.for ?? status).toBe(isAborted ? 'rolledBack' : end)
      const records = journal.records.map(({ body }) => body as ReleaseRecord)
      expect(violations(historyOf(records, world.calls))).toEqual([])
    }
  },
)

// Timers of Node that are longer than 24.8 days fire at once; CL7 of the laws tries that they do not here.
test.each(['0s', '-1m', '1e309h', 'NaN', '∞', '36525d'])('a bake of %s is refused before anything starts (F12)', (time) => {
  const steps = [
    { type: 'shift', weight: 5 },
    { type: 'bake', for: time, judge: 'healthy' },
  ]
  const stages = [{ name: 'production', strategy: { type: 'canary', steps } }]
  expect(() => parsePlan({ ...canaryPlan, stages })).toThrow(expect.objectContaining({ code: 'plan/invalid' }))
})

test('a bake of forty days takes forty days (F12)', async () => {
  const { start, clock, acts } = pretend()
  const steps = [
    { type: 'shift', weight: 5 },
    { type: 'bake', for: '40d', judge: 'healthy', every: '1d' },
  ]
  const handle = await start({ ...canaryPlan, stages: [{ name: 'production', strategy: { type: 'canary', steps } }] })
  await clock.advance(39 * 24 * hourMs)
  expect(acts()).toEqual(['deploy 2', 'setWeight 5'])
  await ended(clock, handle)
  expect((await handle.result).status).toBe('promoted')
})
