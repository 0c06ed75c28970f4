import { parseRecord, replayStep } from '../lifecycle/record.js'
import type { PlanTree } from '../plan/plan-schema.js'
import { programOf } from '../plan/program.js'
import type { Journal } from '../ports/journal.js'
import { ReleaseError } from '../vocabulary/errors.js'
import type { Progress } from './append-step.js'
import type { ReleaseHandle } from './handle.js'

/** A release that has not ended, driven here or not. It holds the places of its plan: no other may release there. */
interface Entry {
  readonly id: string
  readonly plan: PlanTree
  readonly places: ReadonlySet<string>
  handle: ReleaseHandle | undefined
  /** Driven here, or about to be. */
  isTaken: boolean
}

/** Who is on: the releases of one journal, and which of them this process drives. */
export function createRoster(journal: Journal) {
  /** Every id the journal is known to hold; ended releases stay here, and nowhere else. */
  const known = new Set<string>()
  const open = new Map<string, Entry>()

  /** Learns of releases that the journal holds and nobody here has begun. */
  async function survey(): Promise<void> {
    for await (const id of journal.releases()) {
      if (known.has(id)) continue
      const { snapshot } = await replay(id)
      // Somebody else may have learned of it meanwhile.
      if (known.has(id)) continue
      known.add(id)
      if (snapshot.phase === 'proposed' || snapshot.phase === 'running') open.set(id, entryOf(id, snapshot.plan))
    }
  }

  async function replay(id: string): Promise<Progress> {
    let progress: Progress | undefined
    for await (const last of journal.read(id)) {
      const where = `Record ${last.seq} of release "${id}"`
      progress = { snapshot: replayStep(progress?.snapshot, parseRecord(last.body, where), where), seq: last.seq, last }
    }
    if (progress === undefined) throw new ReleaseError('release/unknown', `The journal holds no release "${id}".`)
    return progress
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
    void handle.result.then(
      () => open.delete(id),
      () => {},
    )
    return handle
  }

  return {
    replay,
    take,

    /** Reserves a new release's id and places, and gives them free again when it cannot begin. */
    async claim(id: string, plan: PlanTree, begin: () => Promise<ReleaseHandle>): Promise<ReleaseHandle> {
      await survey()
      if (known.has(id))
        throw new ReleaseError('release/exists', `There is a release "${id}" already. Choose another id, or resume() it.`, {
          release: id,
        })
      const entry = entryOf(id, plan)
      for (const other of open.values()) {
        const place = [...entry.places].find((candidate) => other.places.has(candidate))
        if (place !== undefined)
          throw new ReleaseError(
            'release/busy',
            `Release "${other.id}" is at work on ${place}${other.handle ? '' : ', and waits to be resumed'}. Let it end or abort it, then start again.`,
            { release: other.id, place },
          )
      }
      known.add(id)
      open.set(id, entry)
      try {
        return await take(id, begin)
      } catch (error) {
        known.delete(id)
        open.delete(id)
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

function entryOf(id: string, plan: PlanTree): Entry {
  const places = programOf(plan).tracks.flatMap(({ unit, bindings }) =>
    unit === null || bindings === null ? [] : `${unit} at ${bindings.deploy}`,
  )
  return { id, plan, places: new Set(places), handle: undefined, isTaken: false }
}
