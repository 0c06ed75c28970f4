import { randomUUID } from 'node:crypto'
import pLimit from 'p-limit'
import { z } from 'zod'
import type { ReleaseSnapshot } from '../lifecycle/release.js'
import { type Plan, parsePlan, planHash } from '../plan/define-plan.js'
import type { PlanTree } from '../plan/plan-schema.js'
import type { Clock } from '../ports/clock.js'
import type { Journal } from '../ports/journal.js'
import type { HeldLease, Lease } from '../ports/lease.js'
import type { Observer } from '../ports/observer.js'
import { type Actor, actorSchema } from '../vocabulary/actor.js'
import { type Artifact, artifactSchema } from '../vocabulary/artifact.js'
import { ReleaseError } from '../vocabulary/errors.js'
import { nameSchema } from '../vocabulary/name.js'
import type { Adapters, Supplied } from './adapters.js'
import { appendStep, type Progress } from './append-step.js'
import { attempt, defaultRetryPolicy, type RetryPolicy } from './attempt.js'
import { Handle, type ReleaseHandle } from './handle.js'
import { internPlan } from './intern-plan.js'
import { checkArtifacts, checkBindings, findStable } from './preflight.js'
import { createRoster } from './roster.js'
import { systemClock } from './system-clock.js'

export interface OrchestratorOptions<A extends Adapters> {
  /** What stands behind the names that plans bind. */
  readonly adapters: A
  readonly journal: Journal
  /** Default: the machine's clock, made monotonic. */
  readonly clock?: Clock
  /** Uniform in [0, 1): jitter between attempts. Default: `Math.random`. */
  readonly random?: () => number
  /** Names releases and signals that come without an id. Default: random UUIDs. */
  readonly newId?: () => string
  /** Told of every record once it is durable. */
  readonly observers?: readonly Observer[]
  /** The sole right to drive a release, where several processes share a journal. Default: who holds the journal holds it. */
  readonly lease?: Lease
  /** How calls through ports are repeated. Default: 5 attempts, 200 ms doubling to 10 s, 30 s for one call. */
  readonly retry?: Partial<RetryPolicy>
  /** Calls under way at once, over all releases; rollbacks do not wait for it. Default 64. */
  readonly concurrency?: number
}

export interface StartOptions {
  /** Which build of each unit to release. */
  readonly artifacts: Readonly<Record<string, Artifact>>
  /** Whoever wants this release. Does not count as an approver of it, unless the plan says so. */
  readonly author: Actor
  /** Default: the plan's name and a random part. */
  readonly id?: string
}

export interface StandByOptions {
  /** Between one look for releases that nobody drives and the next, milliseconds. Default 2,000. */
  readonly everyMs?: number
  /** Ends the standing by. What was picked up goes on. */
  readonly signal?: AbortSignal
  /** Told of a look that failed, and of a release that could not be picked up; the next look tries again. */
  readonly onError?: (error: unknown) => void
}

export interface Orchestrator<A extends Adapters = Adapters> extends AsyncDisposable {
  /**
   * Checks everything that can be checked, records the release, and drives it.
   * @throws ReleaseError before anything is started: `plan/invalid`, `plan/unbound`, `plan/incapable`, `input/invalid`,
   * `release/exists`, `release/busy`, or what an adapter answered
   */
  start(plan: Plan<Supplied<A>>, options: StartOptions): Promise<ReleaseHandle>
  /**
   * Picks up every release of the journal that has not ended and that nobody drives: after a crash, a restart, a deploy.
   * One that cannot be picked up does not keep the others from it; its error is thrown once they are.
   * @throws ReleaseError `journal/corrupt`, `journal/version`, `plan/unbound`
   */
  resume(): Promise<ReleaseHandle[]>
  /**
   * Picks up what `resume` would, now and from then on: what other processes lose by a crash, a pause or a cut cable, and what
   * this one has lost. Ends with its signal, or when the orchestrator is disposed.
   */
  standBy(options?: StandByOptions): AsyncIterable<ReleaseHandle>
  /** The handle of a release that is driven here. @throws ReleaseError `release/unknown` */
  get(id: string): ReleaseHandle
  /** Stops driving and changes nothing: what is under way is aborted, and can be resumed. Leaves the journal open. */
  [Symbol.asyncDispose](): Promise<void>
}

/** Drives releases in this process. One per journal. */
export function createOrchestrator<const A extends Adapters>(options: OrchestratorOptions<A>): Orchestrator<A> {
  const { adapters, journal, lease, observers = [], clock = systemClock(), random = Math.random, newId = randomUUID } = options
  const retry = { ...defaultRetryPolicy, ...options.retry }
  const limit = pLimit(options.concurrency ?? 64)
  const engine = { adapters, journal, clock, random, retry, observers, limit, newId }
  const roster = createRoster(journal, lease !== undefined)
  const disposal = new AbortController()

  return {
    async start(plan, input) {
      disposal.signal.throwIfAborted()
      const checked = internPlan(parsePlan(plan))
      const { artifacts, author, id } = checkInput(input, `${checked.name}-${newId().slice(0, 8)}`)
      checkBindings(checked, adapters)
      checkArtifacts(checked, artifacts)
      return roster.claim(id, checked, () =>
        begin(id, async (fencingToken) => {
          // In canonical order, as frequent and long events are made.
          const proposed = {
            artifacts,
            at: clock.now(),
            author,
            plan: checked,
            planHash: planHash(checked),
            release: id,
            type: 'release.proposed',
          } as const
          // Looked up before anything is recorded: a release that cannot start leaves no trace.
          const stable = await stableOf(id, checked, artifacts, fencingToken)
          const begun = await appendStep(engine, undefined, proposed)
          return appendStep(engine, begun, { at: Math.max(clock.now(), proposed.at), stable, type: 'release.validated' })
        }),
      )
    },

    async resume() {
      const handles: ReleaseHandle[] = []
      let trouble: unknown
      for await (const handle of pickUpAll((error) => (trouble ??= error))) handles.push(handle)
      if (trouble !== undefined) throw trouble
      return handles
    },

    async *standBy({ everyMs = 2_000, signal, onError = () => {} } = {}) {
      const ended = AbortSignal.any([disposal.signal, ...(signal ? [signal] : [])])
      while (!ended.aborted) {
        try {
          yield* pickUpAll(onError)
        } catch (error) {
          if (!ended.aborted) onError(error)
        }
        await pause(clock, everyMs, ended)
      }
    },

    get(id) {
      const handle = roster.get(id)
      if (handle) return handle
      throw new ReleaseError('release/unknown', `No release "${id}" is driven here. Start it, or resume() after a restart.`, {
        release: id,
      })
    },

    async [Symbol.asyncDispose]() {
      disposal.abort(
        new ReleaseError('engine/stopped', 'The orchestrator was disposed. Its releases go on once they are resumed.'),
      )
      await Promise.all(roster.driven().map((handle) => handle[Symbol.asyncDispose]()))
    },
  }

  async function* pickUpAll(onError: (error: unknown) => void): AsyncGenerator<ReleaseHandle> {
    disposal.signal.throwIfAborted()
    const unfinished = await roster.unfinished()
    const vacant = new Set(await lease?.vacant(unfinished.map(({ id }) => id)))
    for (const { id, plan } of unfinished) {
      // Another call may have come first, or another process: to its end, perhaps.
      if (roster.isTaken(id) || (lease && !(vacant.has(id) && (await roster.isUnfinished(id))))) continue
      try {
        checkBindings(plan, adapters)
        yield await roster.take(id, () => begin(id, (fencingToken) => pickUp(id, fencingToken)))
      } catch (error) {
        if (!isHeldElsewhere(error)) onError(error)
      }
    }
  }

  /** Takes the lease, brings the release to where it stands, and drives it from there. */
  async function begin(id: string, prepare: (fencingToken: number) => Promise<Progress>): Promise<ReleaseHandle> {
    const held = await acquire(id)
    // A lease that cannot be given back runs out by itself.
    const free = () => void held?.release().catch(() => {})
    try {
      const fencingToken = held?.fencingToken ?? journal.fencingToken
      const progress = await prepare(fencingToken)
      disposal.signal.throwIfAborted()
      if (held?.lost.aborted) throw taken(id)
      const handle = new Handle(engine, fencingToken, progress, (stopped) => {
        if (stopped) roster.drop(id)
        else roster.leave(id)
        free()
      })
      held?.lost.addEventListener('abort', () => void handle.stop(taken(id)))
      return handle
    } catch (error) {
      free()
      throw error
    }
  }

  async function acquire(id: string): Promise<HeldLease | undefined> {
    const found = await lease?.acquire(id, { signal: disposal.signal })
    if (found === undefined || 'fencingToken' in found) return found
    const { heldBy, sinceAt } = found
    const says = `Release "${id}" is driven by ${heldBy} since ${new Date(sinceAt).toISOString()}. Ask there, or choose another id.`
    throw new ReleaseError('journal/locked', says, { release: id, heldBy, sinceAt })
  }

  /** Where the journal says it stands. A crash between proposal and validation left nothing but the proposal. */
  async function pickUp(id: string, fencingToken: number): Promise<Progress> {
    const found = await roster.replay(id)
    const { plan, artifacts, phase, at } = found.snapshot
    if (phase !== 'proposed') return found
    const stable = await stableOf(id, plan, artifacts, fencingToken)
    return appendStep(engine, found, { at: Math.max(clock.now(), at), stable, type: 'release.validated' })
  }

  function stableOf(id: string, plan: PlanTree, artifacts: ReleaseSnapshot['artifacts'], fencingToken: number) {
    const setting = { clock, random, policy: retry, fencingToken, signal: disposal.signal }
    return findStable(plan, artifacts, adapters, (key, call) => attempt({ ...setting, idempotencyKey: `${id}:${key}` }, call))
  }
}

const taken = (id: string) =>
  new ReleaseError('journal/locked', `The lease of release "${id}" was lost: another process may have it.`)

const isHeldElsewhere = (error: unknown) => ReleaseError.is(error) && error.details.heldBy !== undefined

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const end = () => {
      cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const cancel = clock.at(clock.now() + ms, end)
    signal.addEventListener('abort', end)
  })
}

const inputSchema = z.strictObject({
  id: nameSchema,
  author: actorSchema,
  artifacts: z.record(nameSchema, artifactSchema),
})

function checkInput(input: StartOptions, id: string) {
  const parsed = inputSchema.safeParse({ id, ...input })
  if (parsed.success) return parsed.data
  throw new ReleaseError('input/invalid', `The release cannot start: ${z.prettifyError(parsed.error)}`)
}
