import { expect, test } from 'vitest'
import { createOrchestrator } from '../../src/engine/orchestrator.js'
import { historyOf, violations } from '../../src/lifecycle/invariants.js'
import type { ReleaseRecord } from '../../src/lifecycle/record.js'
import type { Journal } from '../../src/ports/journal.js'
import type { Lease } from '../../src/ports/lease.js'
import { memoryJournal } from '../../src/testing/memory-journal.js'
import { badCanary, bob, canaryPlan, ended, pretend } from '../support/pretended.js'

/** A lease that writes down what becomes of it. */
function countedLease() {
  const log: string[] = []
  const lost = new AbortController()
  const lease: Lease = {
    async acquire(release) {
      log.push(`${release} taken`)
      return {
        fencingToken: 7,
        lost: lost.signal,
        async release() {
          log.push(`${release} free`)
          throw new Error('The store is gone.')
        },
      }
    },
    vacant: async (releases) => releases,
  }
  return { log, lost, lease }
}

test('a lease is given back when its release has ended, and a store that is gone by then harms nobody', async () => {
  const { log, lease } = countedLease()
  const { start, clock } = pretend({ lease })
  await ended(clock, await start())
  await clock.advance(0)
  expect(log).toEqual(['r1 taken', 'r1 free'])
})

test('a lease that is lost before the release began is noticed, and nothing is driven (I40)', async () => {
  const { lost, lease } = countedLease()
  const { start, acts } = pretend({
    lease,
    before: () => {
      lost.abort()
    },
  })
  await expect(start()).rejects.toMatchObject({ code: 'journal/locked' })
  expect(acts()).toEqual([])
})

test('two calls of resume at once pick a release up once (I39, field failure 81)', async () => {
  const pretended = pretend()
  await pretended.start()
  const { journal, clock, world } = pretended
  await pretended.orchestrator[Symbol.asyncDispose]()
  const adapters = { deploy: { local: world.deploy }, router: { proxy: world.router }, metrics: { scrape: world.metrics } }
  const orchestrator = createOrchestrator({ adapters, journal, clock, random: () => 0.5 })
  const handles = (await Promise.all([orchestrator.resume(), orchestrator.resume(), orchestrator.resume()])).flat()
  expect(handles.length).toBe(1)
  await ended(clock, handles[0]!)
  expect((await handles[0]!.result).status).toBe('promoted')
})

test('a process that was suspended and wakes up after another took over changes nothing any more (I39)', async () => {
  const pretended = pretend()
  const sleeper = await pretended.start()
  const { clock, world } = pretended
  await clock.advance(10_000)
  const adapters = { deploy: { local: world.deploy }, router: { proxy: world.router }, metrics: { scrape: world.metrics } }
  const other = createOrchestrator({ adapters, journal: pretended.journal.reopen(), clock, random: () => 0.5 })
  const [handle] = await other.resume()
  const before = world.calls.length
  await ended(clock, handle!)
  await expect(sleeper.result).rejects.toMatchObject({ code: 'journal/locked' })
  expect((await handle!.result).status).toBe('promoted')
  expect(world.calls.slice(before).filter(({ fencingToken }) => fencingToken === 1)).toEqual([])
})

/** Appends as slowly as it is told to. */
function slowJournal() {
  const real = memoryJournal()
  let gate = Promise.resolve()
  const journal: Journal = {
    ...real,
    async append(record) {
      await gate
      await real.append(record)
    },
  }
  return {
    journal,
    hold() {
      let open = () => {}
      gate = new Promise((resolve) => {
        open = resolve
      })
      return () => open()
    },
  }
}

test('an orchestrator that is disposed while a release starts does not drive it', async () => {
  const { journal, hold } = slowJournal()
  const { start, orchestrator, clock, acts } = pretend({ journal })
  const open = hold()
  const starting = start()
  const refused = expect(starting).rejects.toMatchObject({ code: 'engine/stopped' })
  await clock.advance(0)
  const disposed = orchestrator[Symbol.asyncDispose]()
  open()
  await disposed
  await refused
  await clock.advance(60_000)
  expect(acts()).toEqual([])
})

test('a release whose last record was appended while it was stopped can be picked up, and says how it ended', async () => {
  const { journal, hold } = slowJournal()
  let open = () => {}
  const { start, orchestrator, clock } = pretend({
    journal,
    after: ({ method }) => {
      if (method === 'retire') open = hold()
    },
  })
  const handle = await start()
  await clock.advance(10 * 60_000)
  const stopping = handle[Symbol.asyncDispose]()
  open()
  await stopping
  await expect(handle.result).rejects.toMatchObject({ code: 'engine/stopped' })
  const [again] = await orchestrator.resume()
  expect((await again!.result).status).toBe('promoted')
  // Its places are free for the next one.
  await start(undefined, { id: 'r2', artifacts: { checkout: { version: '3' } } })
})

test('whoever reads the events of a release that is stopped already is told so, and does not wait for ever', async () => {
  const { start, clock } = pretend()
  const handle = await start()
  await clock.advance(1_000)
  await handle[Symbol.asyncDispose]()
  const read = async () => {
    for await (const _ of handle.events());
  }
  await expect(read()).rejects.toMatchObject({ code: 'engine/stopped' })
})

test('an end is told once, also when signals come after it', async () => {
  const { start, clock } = pretend()
  const handle = await start()
  let told = 0
  handle.on('finished', () => {
    told += 1
  })
  await ended(clock, handle)
  await expect(handle.abort({ actor: bob, reason: 'too late' })).rejects.toMatchObject({ code: 'signal/refused' })
  expect(told).toBe(1)
})

test('while one release goes back, another of the same unit is refused, and one of another unit is not touched (F30, I43)', async () => {
  let refusals = 4
  const { start, clock, world, journal } = pretend({
    stable: { checkout: '1', search: '1' },
    measure: badCanary,
    before: ({ method, detail }) => {
      if (method === 'setWeight' && detail === '0' && refusals-- > 0) throw new Error('The router is restarting.')
    },
  })
  const first = await start()
  await clock.runUntil(() => first.status().status === 'rollingBack')
  const again = start(undefined, { id: 'r2', artifacts: { checkout: { version: '3' } } })
  await expect(again).rejects.toMatchObject({ code: 'release/busy' })
  const units = { search: canaryPlan.units.checkout }
  const other = await start({ ...canaryPlan, name: 'search', units }, { id: 'r3', artifacts: { search: { version: '3' } } })
  await ended(clock, first)
  await ended(clock, other)
  expect([(await first.result).status, (await other.result).status]).toEqual(['rolledBack', 'promoted'])
  for (const id of ['r1', 'r3']) {
    const records = journal.records.filter(({ release }) => release === id).map(({ body }) => body as ReleaseRecord)
    const calls = world.calls.filter(({ key }) => key.startsWith(`${id}:`))
    expect(violations(historyOf(records, calls))).toEqual([])
  }
})
