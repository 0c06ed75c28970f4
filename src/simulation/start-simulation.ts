import type { Adapters } from '../engine/adapters.js'
import type { ReleaseHandle } from '../engine/handle.js'
import { createOrchestrator } from '../engine/orchestrator.js'
import type { ReleaseSnapshot } from '../lifecycle/release.js'
import type { ReleaseStatus } from '../lifecycle/status.js'
import { parsePlan } from '../plan/define-plan.js'
import type { PlanTree } from '../plan/plan-schema.js'
import type { Track } from '../plan/program.js'
import type { Fact } from '../report/fact.js'
import { factsOf } from '../report/facts.js'
import { momentOf } from '../report/moment.js'
import { memoryJournal } from '../testing/memory-journal.js'
import { type VirtualClock, virtualClock } from '../testing/virtual-clock.js'
import { durationMs } from '../vocabulary/duration.js'
import { ReleaseError } from '../vocabulary/errors.js'
import { xoshiro128 } from '../vocabulary/xoshiro128.js'
import { employ } from './people.js'
import { pretend, type Script, versions } from './pretend.js'
import { resultOf, type SimulationResult, type Wait } from './result.js'
import { scriptOf } from './script.js'
import type { World, WorldInput } from './world.js'
import { parseWorld } from './world-check.js'

export interface SimulationOptions {
  /** A whole number; the same one gives the same journal, byte for byte. Default 1. */
  readonly seed?: number
  /** Stops after so much virtual time, as in `2h`, whether the release has ended or not. */
  readonly until?: string
  /** Judges of your own, by binding; everything else is pretended. */
  readonly judge?: NonNullable<Adapters['judge']>
}

/** A release in a pretended world, moved on by hand. */
export interface Simulation {
  /** To send signals to: `await run.release.abort({ actor, reason })`. */
  readonly release: ReleaseHandle
  /** Virtual time, epoch milliseconds. */
  now(): number
  /** What is going on, and why. */
  status(): ReleaseStatus
  /**
   * Lets time pass until something is decided, or somebody is asked. Without a next decision, since the release has ended:
   * `undefined`.
   * @throws ReleaseError `input/invalid` when nothing will ever be decided any more
   */
  next(): Promise<Fact | undefined>
  /**
   * Lets time pass until the release is as it is waited for, or has ended.
   * @throws ReleaseError `input/invalid` when it will never be
   */
  until(isThere: (status: ReleaseStatus) => boolean): Promise<void>
  /** Lets so much time pass, as in `10m`. */
  advance(duration: string): Promise<void>
  /** Lets time pass until the release has ended. @throws ReleaseError `input/invalid` when it never will, with the reason */
  end(): Promise<SimulationResult>
}

/**
 * Starts a release of a plan in a pretended world: the real engine on a journal in memory, in virtual time. The new version is
 * called `canary`, and the one before `stable`.
 * @throws ReleaseError `plan/invalid`; `input/invalid` for a world that contradicts the plan; `plan/unbound` for a custom judge
 * that was not given
 */
export async function startSimulation(plan: PlanTree, world: WorldInput, options: SimulationOptions = {}): Promise<Simulation> {
  const checked = parsePlan(plan)
  const parsed = parseWorld(checked, world)
  return startScripted(checked, parsed, scriptOf(parsed), options)
}

/** The same, where what happens may come from elsewhere than the world's description, and the journal as well. */
export async function startScripted(
  plan: PlanTree,
  world: World,
  script: (track: Track) => Script,
  { seed = 1, until, judge = {} }: SimulationOptions,
  journal = memoryJournal({ trustsWriter: true }),
): Promise<Simulation> {
  const clock = virtualClock(Date.parse(world.startsAt))
  const startedAt = clock.now()
  const pretended = pretend({ plan, world, script, clock, seed })
  let ids = 0
  const orchestrator = createOrchestrator({
    adapters: { ...pretended.adapters, judge },
    journal,
    clock,
    random: xoshiro128(seed).uniform,
    newId: () => `id-${++ids}`,
  })
  const artifacts = Object.fromEntries(Object.keys(plan.units).map((unit) => [unit, { version: versions.canary }]))
  const release = await passing(
    clock,
    orchestrator.start(plan, { artifacts, author: { id: 'author@example.com' }, id: 'simulation' }),
  )

  const people = employ(world.people, release, clock)
  const waits: Wait[] = []
  let open = new Set<string>()
  let decidedAt: number | null = null
  let isOver = false
  let isCut = false
  listen()
  release.on('record', ({ at, body: { moves } }) => {
    if (moves.some(({ to }) => to.startsWith('roll'))) decidedAt ??= at
    if (moves.length > 0) listen()
  })
  const over = () => {
    isOver = true
  }
  release.result.then(over, over)
  if (until !== undefined)
    clock.at(startedAt + durationMs(until), () => {
      isCut = true
    })

  /** Notes what has begun to wait for somebody, and lets them know. */
  function listen(): void {
    const { waiting } = release.status()
    const keyOf = ({ for: reason, track, gate = '' }: Wait) => `${reason} ${track} ${gate}`
    const all = waiting.filter((wait) => wait.for !== 'retry').map((wait) => ({ ...wait, at: clock.now() }))
    for (const wait of all.filter((one) => !open.has(keyOf(one)))) {
      waits.push(wait)
      people.hear(wait)
    }
    open = new Set(all.map(keyOf))
  }

  let seen = 0
  let before: ReleaseSnapshot | undefined
  const decisions: Fact[] = []
  /** Reads what was recorded since the last time. */
  function collect(): void {
    for (const { records } = journal; seen < records.length; seen++) {
      const moment = momentOf(before, records[seen]!)
      before = moment.after
      decisions.push(
        ...factsOf(moment, startedAt).filter(({ isDecision, kind }) => isDecision || kind === 'ask' || kind === 'end'),
      )
    }
  }

  async function runUntil(isDone: () => boolean): Promise<void> {
    const isStuck = () => decidedAt !== null && clock.now() > decidedAt + longestRollback
    try {
      await clock.runUntil(() => isOver || isCut || isStuck() || isDone())
    } catch (cause) {
      throw endless(release.status(), 'nobody', cause)
    }
    if (!isOver && isStuck()) throw endless(release.status(), 'rollback')
  }

  return {
    release,
    now: clock.now,
    status: () => release.status(),
    async next() {
      await runUntil(() => {
        collect()
        return decisions.length > 0
      })
      collect()
      return decisions.shift()
    },
    until: (isThere) => runUntil(() => isThere(release.status())),
    async advance(duration) {
      await clock.advance(durationMs(duration))
    },
    async end() {
      await runUntil(() => false)
      if (isOver) await release.result
      else await orchestrator[Symbol.asyncDispose]()
      return resultOf({ release, journal, pretended, waits, startedAt, decidedAt, endedAt: clock.now() })
    },
  }
}

/** A rollback that takes longer than this meets something that will not go away by itself. Milliseconds. */
const longestRollback = 86_400_000

function endless({ waiting, tracks }: ReleaseStatus, why: 'nobody' | 'rollback', cause?: unknown): ReleaseError {
  const [first] = waiting
  // Nobody is waited for, and nothing happens: that is our mistake, and not the world's.
  if (why === 'nobody' && first === undefined) throw cause
  const track = first?.track ?? tracks.find(({ state }) => state.startsWith('rollingBack'))?.id ?? ''
  const says = first?.says ?? tracks.find(({ id }) => id === track)?.notice?.says ?? ''
  const reason =
    why === 'rollback'
      ? `the rollback of ${track} does not come to an end within a day`
      : `${track} waits for ${first?.for}, and nobody in this world answers`
  return new ReleaseError(
    'input/invalid',
    `The simulation cannot end: ${reason}. ${says} Describe what ends it, or stop the simulation with "until".`,
    { track, for: first?.for ?? why },
    { cause },
  )
}

/** Lets time pass until a promise is settled. */
async function passing<T>(clock: VirtualClock, promise: Promise<T>): Promise<T> {
  let isSettled = false
  const settle = () => {
    isSettled = true
  }
  promise.then(settle, settle)
  await clock.runUntil(() => isSettled)
  return promise
}
