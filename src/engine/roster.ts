import { hasEnded } from '../lifecycle/release.js'
import type { PlanTree } from '../plan/plan-schema.js'
import { programOf } from '../plan/program.js'
import type { Journal } from '../ports/journal.js'
import { ReleaseError } from '../vocabulary/errors.js'
import type { Progress } from './append-step.js'
import type { ReleaseHandle } from './handle.js'
import { replay, replayAll } from './replay.js'

/** A release that has not ended, driven here or not. It holds the places of its plan: no other may release there. */
interface Entry {
  readonly id: string
  readonly plan: PlanTree
  readonly places: readonly string[]
  handle: ReleaseHandle | undefined
  /** Driven here, or about to be. */
  isTaken: boolean
  /** Where it was found to stand, as long as nobody else can have moved it on since. */
  found?: Progress | undefined
}

/**
 * Who is on: the releases of one journal, and which of them this process drives.
 * @param isShared - others may add to the journal as well, so that it is asked again each time
 */
export function createRoster(journal: Journal, isShared: boolean) {
  const open = new Map<string, Entry>()
  /** By place, who has it. */
  const holders = new Map<string, Entry>()
  /** What a shared journal was found to hold before and still lists, so that it is replayed once. */
  const known = new Set<string>()
  let surveyed: Promise<void> | undefined
  const freshSurvey = fresh(surveyShared)

  /** Learns of releases that the journal holds and nobody here has begun. */
  function survey(): Promise<void> {
    if (isShared) return freshSurvey()
    surveyed ??= surveyOwn().catch((error: unknown) => {
      surveyed = undefined
      throw error
    })
    return surveyed
  }

  async function surveyOwn(): Promise<void> {
    for await (const progress of replayAll(journal)) {
      const { release, plan } = progress.snapshot
      if (!open.has(release)) enter({ ...entryOf(release, plan), found: progress })
    }
  }

  async function surveyShared(): Promise<void> {
    const before = [...known]
    const elsewhere = [...open.values()].filter(({ isTaken }) => !isTaken)
    const listed = new Set<string>()
    for await (const id of journal.unfinished?.() ?? journal.releases()) {
      listed.add(id)
      if (known.has(id) || open.has(id)) continue
      const { snapshot } = await replay(journal, id)
      // It may have been begun here meanwhile.
      if (known.has(id) || open.has(id)) continue
      known.add(id)
      if (!hasEnded(snapshot)) enter(entryOf(id, snapshot.plan))
    }
    // What is not listed any more has ended, and need not be remembered.
    for (const id of before) if (!listed.has(id)) known.delete(id)
    for (const { id, isTaken } of elsewhere) if (!listed.has(id) && !isTaken) leave(id)
  }

  function enter(entry: Entry): void {
    open.set(entry.id, entry)
    for (const place of entry.places) holders.set(place, entry)
  }

  function leave(id: string): void {
    const entry = open.get(id)
    if (entry === undefined) return
    open.delete(id)
    for (const place of entry.places) if (holders.get(place) === entry) holders.delete(place)
  }

  async function isInJournal(id: string): Promise<boolean> {
    for await (const _ of journal.read(id)) return true
    return false
  }

  /** Asks the journal about a release that is not driven here: another process may have ended it. */
  async function isUnfinished(id: string): Promise<boolean> {
    const { snapshot } = await replay(journal, id)
    if (open.get(id)?.isTaken || !hasEnded(snapshot)) return true
    leave(id)
    return false
  }

  /** A release that has one of the places. */
  function rivalOf({ places }: Entry): Rival | undefined {
    for (const place of places) {
      const other = holders.get(place)
      if (other) return { other, place }
    }
    return undefined
  }

  async function take(id: string, begin: () => Promise<ReleaseHandle>): Promise<ReleaseHandle> {
    const entry = open.get(id)
    if (entry) entry.isTaken = true
    let handle: ReleaseHandle
    try {
      handle = await begin()
    } catch (error) {
      if (entry) entry.isTaken = false
      throw error
    }
    if (entry) entry.handle = handle
    return handle
  }

  return {
    take,
    /** Has ended: its id stays taken, its places are free. */
    leave,
    /** Where a release stands. */
    async replay(id: string): Promise<Progress> {
      const entry = open.get(id)
      const found = entry?.found
      if (entry) entry.found = undefined
      return found ?? replay(journal, id)
    },
    isUnfinished,

    /** Reserves a new release's id and places, and gives them free again when it cannot begin. */
    async claim(id: string, plan: PlanTree, begin: () => Promise<ReleaseHandle>): Promise<ReleaseHandle> {
      await survey()
      const isThere = known.has(id) || (await isInJournal(id))
      const entry = entryOf(id, plan)
      for (;;) {
        if (open.has(id) || isThere)
          throw new ReleaseError('release/exists', `There is a release "${id}" already. Choose another id, or resume() it.`, {
            release: id,
          })
        const rival = rivalOf(entry)
        if (rival === undefined) break
        if (rival.other.isTaken || (await isUnfinished(rival.other.id))) throw busy(rival)
      }
      enter(entry)
      try {
        const handle = await take(id, begin)
        known.add(id)
        return handle
      } catch (error) {
        // Once it is recorded it is there, and waits to be resumed.
        if (!(await isInJournal(id).catch(() => false))) leave(id)
        throw error
      }
    },

    isTaken: (id: string) => open.get(id)?.isTaken !== false,
    /** Releases that have not ended and are not driven here. */
    async unfinished(): Promise<{ readonly id: string; readonly plan: PlanTree }[]> {
      await survey()
      return [...open.values()].filter(({ isTaken }) => !isTaken)
    },

    get: (id: string) => open.get(id)?.handle,
    driven: () => [...open.values()].flatMap(({ handle }) => handle ?? []),
    /** No longer driven here, and not ended: it can be resumed. */
    drop(id: string) {
      const entry = open.get(id)
      if (entry === undefined) return
      entry.handle = undefined
      entry.isTaken = false
    },
  }
}

/** Whoever asks gets a run that begins after that; those who ask while one is under way share the next. */
function fresh(run: () => Promise<void>): () => Promise<void> {
  let last = Promise.resolve()
  let next: Promise<void> | undefined
  return () => {
    next ??= last
      .catch(() => {})
      .then(() => {
        next = undefined
        return run()
      })
    last = next
    return next
  }
}

interface Rival {
  readonly other: Entry
  readonly place: string
}

function busy({ other: { id, handle }, place }: Rival): ReleaseError {
  const says = `Release "${id}" is at work on ${place}${handle ? '' : ', and is not driven here'}. Let it end or abort it, then start again.`
  return new ReleaseError('release/busy', says, { release: id, place })
}

function entryOf(id: string, plan: PlanTree): Entry {
  const places = programOf(plan).tracks.flatMap(({ unit, bindings }) =>
    unit === null || bindings === null ? [] : `${unit} at ${bindings.deploy}`,
  )
  return { id, plan, places, handle: undefined, isTaken: false }
}
