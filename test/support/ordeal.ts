import { builtInJudge } from '../../src/analysis/built-in-judges.js'
import type { ReleaseHandle } from '../../src/engine/handle.js'
import { createOrchestrator } from '../../src/engine/orchestrator.js'
import { historyOf, violations, type WorldCall } from '../../src/lifecycle/invariants.js'
import type { ReleaseRecord } from '../../src/lifecycle/record.js'
import { type ReleaseStatus, statusOf } from '../../src/lifecycle/status.js'
import type { Approver } from '../../src/ports/approver.js'
import type { CallOptions } from '../../src/ports/call-options.js'
import type { Clock } from '../../src/ports/clock.js'
import type { Hook } from '../../src/ports/hook.js'
import type { Journal } from '../../src/ports/journal.js'
import { type FakeCall, fakeWorld } from '../../src/testing/fake-world.js'
import { type MemoryJournal, memoryJournal } from '../../src/testing/memory-journal.js'
import { virtualClock } from '../../src/testing/virtual-clock.js'
import { canonicalJson } from '../../src/vocabulary/canonical-json.js'
import type { Measurement } from '../../src/vocabulary/measurement.js'
import type { Outcome } from '../../src/vocabulary/verdict.js'
import { firstReleases, type PlanName, plans } from './stories.js'

/** Where a process can die. */
export type Point = 'before append' | 'after append' | 'before call' | 'after call'

export interface Person {
  readonly id: string
  readonly when: (status: ReleaseStatus) => boolean
  readonly act: (handle: ReleaseHandle, id: string) => Promise<void>
}

/** A release, and the world it goes through. The same story runs the same way every time, apart from what is done to it. */
export interface Story {
  readonly name: string
  readonly plan: PlanName
  readonly measure?: (version: string, metric: string, weightPercent: number) => Measurement
  readonly hook?: (name: string) => Outcome
  /** Throw to refuse a call for good; `nth` counts calls of that method, from 1. */
  readonly world?: (call: FakeCall, nth: number) => void
  readonly people?: readonly Person[]
  /** Somebody edits a router by hand, so many milliseconds after the start. */
  readonly tamper?: { readonly afterMs: number; readonly weight: number }
}

export interface OrdealOptions {
  /** Numbers of the points at which a process dies, counted over all lives, from 1. */
  readonly deaths?: readonly number[]
  /** Takes the place of the adapters and the journal of one life. */
  readonly wrapAdapter?: <T extends object>(adapter: T, clock: Clock, kind: string) => T
  readonly wrapJournal?: (journal: Journal) => Journal
  /** The clock of one life; the lives before it are counted. */
  readonly wrapClock?: (clock: Clock, livesBefore: number) => Clock
}

export interface Ending {
  readonly word: string
  /** What is live, where. */
  readonly live: string
  /** Changing calls that took effect, by key. */
  readonly applied: readonly string[]
  readonly points: readonly Point[]
  readonly lives: number
  readonly records: readonly ReleaseRecord[]
  readonly calls: readonly WorldCall[]
  readonly violations: readonly string[]
  readonly status: ReleaseStatus
}

const author = { id: 'ann' }
/** How long a change takes in the world, milliseconds. */
const changeMs = 40
/** Every story is over long before, milliseconds. */
const longestMs = 3 * 24 * 3_600_000
/** More lives than any ordeal takes. */
const mostLives = 60

/** Lives a story through: process after process, each killed or broken as the options say, until the release has ended. */
export async function undergo(
  story: Story,
  { deaths = [], wrapAdapter, wrapJournal = (j) => j, wrapClock = (c) => c }: OrdealOptions = {},
): Promise<Ending> {
  const clock = virtualClock()
  const startedAt = clock.now()
  const points: Point[] = []
  const calls: WorldCall[] = []
  const applied: string[] = []
  const trouble: string[] = []
  const dead = new Set<number>()
  const tally = new Map<string, number>()
  /** Of version 2, percent, by place and unit. */
  const share = new Map<string, number>()
  const busy = new Map<string, string>()
  let durable = 0
  let journal: MemoryJournal = memoryJournal()
  const worlds = { local: worldAt('local'), lab: worldAt('lab') }
  const plan = plans[story.plan]
  if (story.tamper) {
    const { afterMs, weight } = story.tamper
    clock.at(startedAt + afterMs, () => {
      worlds.local.tamper('api', weight)
      share.set('local api', weight)
    })
  }

  let handle: ReleaseHandle | undefined
  let status: ReleaseStatus | undefined
  let lives = 0
  for (; !status?.isFinished && lives < mostLives; lives += 1) {
    if (lives > 0) journal = journal.reopen()
    const token = journal.fencingToken
    const isOver = () => dead.has(token) || status?.isFinished === true
    let error: unknown
    const done = live(token).catch((thrown) => {
      error = thrown
      dead.add(token)
    })
    try {
      await clock.runUntil(() => isOver() || isWaitingForEver() || clock.now() > startedAt + longestMs)
    } catch (stuck) {
      trouble.push(`stuck: ${String(stuck)} ${JSON.stringify(handle?.status())}`)
      status = handle?.status()
      break
    }
    if (!dead.has(token)) {
      if (status?.isFinished) await done
      if (clock.now() > startedAt + longestMs) trouble.push(`I10: no end in sight: ${JSON.stringify(handle?.status().waiting)}`)
      break
    }
    if (error !== undefined && !/journal|recovered|stopped|unavailable|refused/.test(String((error as { code?: string }).code)))
      trouble.push(String(error))
  }
  if (lives >= mostLives) trouble.push('too many lives')
  await clock.advance(10 * 60_000)

  const records = journal.records.map(({ body }) => body as ReleaseRecord)
  const final = status ?? handle?.status()
  if (final === undefined) throw new Error(`${story.name} never began: ${trouble.join(' ')}`)
  return {
    word: final.isFinished ? final.status : `waits for ${final.waiting.map((waiting) => waiting.for).join()}`,
    live: Object.entries(worlds)
      .map(
        ([place, world]) =>
          `${place} ${Object.keys(plan.units).map((unit) => `${unit}=${world.stable(unit)} running ${world.running(unit).join('+')} split ${final.status === 'promoted' ? '' : (share.get(`${place} ${unit}`) ?? 0)}`)}`,
      )
      .join('; '),
    applied: [...new Set(applied)].sort(),
    points,
    lives: lives + 1,
    records,
    calls,
    violations: [...trouble, ...violations(historyOf(records, calls)), ...recomputed(records), ...finalWeights(final)],
    status: final,
  }

  /** One process: takes the journal over, and drives until it ends or dies. */
  async function live(token: number): Promise<void> {
    durable = journal.records.length
    const timed: Clock = {
      now: clock.now,
      at: (instant, call) =>
        clock.at(instant, () => {
          if (!dead.has(token)) call()
        }),
    }
    const mine = wrapClock(timed, lives)
    const wrap = <T extends object>(adapter: T, kind: string) => wrapAdapter?.(adapter, mine, kind) ?? adapter
    const hooks = Object.fromEntries(
      ['smoke', 'migrate', 'revert', 'warm', 'contract'].map((name) => [name, wrap(hookNamed(name), 'hook')]),
    )
    const orchestrator = createOrchestrator({
      adapters: {
        deploy: { local: wrap(worlds.local.deploy, 'deploy'), lab: wrap(worlds.lab.deploy, 'deploy') },
        router: { proxy: wrap(worlds.local.router, 'router'), 'lab-proxy': wrap(worlds.lab.router, 'router') },
        metrics: { scrape: wrap(worlds.local.metrics, 'metrics') },
        hook: hooks as Record<string, Hook>,
        approver: { chat: wrap(chat, 'approver') },
      },
      journal: mortal(wrapJournal(journal), token),
      clock: mine,
      random: () => 0.5,
      newId: () => 'id',
    })
    const [resumed] = lives > 0 ? await orchestrator.resume() : []
    if (resumed === undefined && journal.records.length > 0) {
      // Nothing to pick up: the last thing the process before did was to end it.
      status = statusOf(historyOf(journal.records.map(({ body }) => body as ReleaseRecord)).turns.at(-1)!.after)
      return
    }
    const artifacts = Object.fromEntries(Object.keys(plan.units).map((unit) => [unit, { version: '2' }]))
    const driven = resumed ?? (await orchestrator.start(plan as never, { id: 'r', artifacts, author }))
    handle = driven
    const sent = new Set<string>()
    const stir = () => {
      if (dead.has(token)) return
      const now = driven.status()
      const acted = new Set(
        journal.records.flatMap(({ body }) =>
          'id' in (body as ReleaseRecord).event ? [(body as { event: { id: string } }).event.id] : [],
        ),
      )
      for (const { id, when, act } of story.people ?? [])
        if (!acted.has(id) && !sent.has(id) && when(now)) {
          sent.add(id)
          void act(driven, id).catch(() => {})
        }
    }
    driven.on('record', stir)
    stir()
    status = await driven.result
  }

  function mortal(inner: Journal, token: number): Journal {
    return {
      ...inner,
      async append(record) {
        await reach('before append', token)
        await inner.append(record)
        await reach('after append', token)
        durable = journal.records.length
      },
    }
  }

  /** Passes, unless this is where the process dies: then it never goes on. */
  async function reach(point: Point, token: number): Promise<void> {
    if (dead.has(token)) await new Promise(() => {})
    points.push(point)
    if (!deaths.includes(points.length)) return
    dead.add(token)
    // The disk knows what was appended, even though nobody was told.
    durable = journal.records.length
    await new Promise(() => {})
  }

  async function arrive(call: FakeCall, place: string, act: () => void): Promise<void> {
    await reach('before call', call.fencingToken)
    // A call that a fault has swallowed does not arrive: then the time of the next one says nothing about the engine.
    calls.push({ ...call, after: durable, ...(wrapAdapter === undefined && { at: clock.now() }) })
    if (!isChanging(call)) return act()
    // I29: what changes one unit in one place does so one after the other.
    const target = `${call.fencingToken} ${call.unit} at ${place}`
    if (busy.has(target)) trouble.push(`I29: two changes at once for ${target}: ${busy.get(target)} and ${call.key}`)
    busy.set(target, call.key)
    await new Promise<void>((resolve) => clock.at(clock.now() + changeMs, resolve))
    busy.delete(target)
    act()
  }

  async function leave(call: FakeCall, place: string): Promise<void> {
    if (call.method === 'setWeight') share.set(`${place} ${call.unit}`, Number(call.detail))
    if (call.method === 'settle') share.set(`${place} ${call.unit}`, call.detail === '2' ? 100 : 0)
    if (isChanging(call)) applied.push(`${call.key} ${call.method} ${call.detail} at ${place}`)
    await reach('after call', call.fencingToken)
  }

  function worldAt(place: string): ReturnType<typeof fakeWorld> {
    const stable = firstReleases.includes(story.plan)
      ? {}
      : Object.fromEntries(Object.keys(plans[story.plan].units).map((unit) => [unit, '1']))
    const world: ReturnType<typeof fakeWorld> = fakeWorld({
      stable,
      ...(story.measure && { measure: story.measure }),
      before: (call) =>
        arrive(call, place, () => {
          const nth = (tally.get(call.method) ?? 0) + 1
          tally.set(call.method, nth)
          story.world?.(call, nth)
          // I6, in the world itself: whoever gets traffic is not stopped.
          if (call.method !== 'retire' || place !== 'local' || !plan.units[call.unit]?.router) return
          const weight = share.get(`${place} ${call.unit}`) ?? 0
          if ((call.detail === '2' && weight > 0) || (call.detail === '1' && weight < 100))
            trouble.push(`I6: ${call.unit} ${call.detail} is retired at ${weight} %`)
        }),
      after: (call) => leave(call, place),
    })
    return world
  }

  function hookNamed(name: string): Hook {
    return async ({ unit }, options) => {
      const call = entry('hook', 'hook', unit, name, options)
      await arrive(call, 'hooks', () => story.world?.(call, 0))
      await leave(call, 'hooks')
      return { outcome: story.hook?.(name) ?? 'pass', says: `${name} has spoken.` }
    }
  }

  function entry(port: string, method: string, unit: string, detail: string, { idempotencyKey, fencingToken }: CallOptions) {
    return { port: port as FakeCall['port'], method, unit, detail, key: idempotencyKey, fencingToken }
  }

  /** Everything that can still happen waits for a human who is not in the story. */
  function isWaitingForEver(): boolean {
    const now = dead.size < lives + 1 ? handle?.status() : undefined
    return now !== undefined && !now.isFinished && now.nextAt === null && now.waiting.some((waiting) => waiting.for === 'human')
  }

  function finalWeights(final: ReleaseStatus): string[] {
    if (!final.isFinished) return []
    return final.tracks.flatMap(({ id, unit, state, stage }) => {
      if (unit === null || !plan.units[unit]?.router) return []
      const { bindings } = plan.stages.find(({ name }) => name === stage)!
      const world = bindings.deploy === 'lab' ? worlds.lab : worlds.local
      const wanted = state === 'promoted' ? '2' : '1'
      const weight = share.get(`${bindings.deploy} ${unit}`) ?? 0
      if (state !== 'promoted' && weight > 0) return [`I1: ${id} is ${state}, and has ${weight} %`]
      return world.stable(unit) === wanted ? [] : [`${id} is ${state}, and ${world.stable(unit)} is stable`]
    })
  }
}

const isChanging = ({ method }: { readonly method: string }) => !['observe', 'getWeight', 'read', 'request'].includes(method)

const chat: Approver = { request: async () => ({ decision: 'approve', actor: { id: 'bob' }, reason: 'Go.' }) }

/** I14: each verdict follows from the record of its look, and from nothing else. */
function recomputed(records: readonly ReleaseRecord[]): string[] {
  const [first] = records
  if (first?.event.type !== 'release.proposed') return []
  const { plan } = first.event
  const judge = builtInJudge(plan.judges.healthy as never)
  let before: unknown
  return records.flatMap(({ event }, index) => {
    if (event.type !== 'metrics.looked') return []
    const { look, verdict, evidence } = event
    const state = before
    before = evidence
    if (Object.keys(look.metrics).length === 0) return []
    const again = judge.look(state ?? judge.begin(), look)
    return canonicalJson(again.verdict) === canonicalJson(verdict)
      ? []
      : [`I14: record ${index + 1}: the verdict cannot be recomputed`]
  })
}
