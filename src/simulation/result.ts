import type { ReleaseHandle } from '../engine/handle.js'
import type { StatusWord, Waiting } from '../lifecycle/status.js'
import type { Cause } from '../lifecycle/track-context.js'
import type { JournalRecord } from '../ports/journal.js'
import { type Timeline, timelineOf } from '../report/timeline.js'
import type { MemoryJournal } from '../testing/memory-journal.js'
import type { Exposure } from './place.js'
import type { Pretended } from './pretend.js'

/** Something that waited for people. */
export interface Wait extends Waiting {
  /** Since when, epoch milliseconds. */
  readonly at: number
}

/** How a simulated release went. Instants are epoch milliseconds of virtual time. */
export interface SimulationResult {
  readonly status: StatusWord
  /** False when the simulation was stopped before the release had ended. */
  readonly isFinished: boolean
  /** Why it failed or rolled back. */
  readonly cause: Cause | null
  readonly startedAt: number
  readonly endedAt: number
  /** When the first rollback was decided, or the last unit promoted; `null` when neither has happened. */
  readonly decidedAt: number | null
  /** What users saw of the new version. */
  readonly exposure: Exposure
  /** Everything that waited for people, in order. */
  readonly waits: readonly Wait[]
  /** The journal, as a real release would leave it. */
  readonly records: readonly JournalRecord[]
  /** The release, told for people; made when it is asked for. */
  readonly timeline: Timeline
}

export interface SimulationEnd {
  readonly release: ReleaseHandle
  readonly journal: MemoryJournal
  readonly pretended: Pretended
  readonly waits: readonly Wait[]
  readonly startedAt: number
  readonly decidedAt: number | null
  readonly endedAt: number
}

export const resultOf = (end: SimulationEnd): SimulationResult => new Result(end)

/** A class for the reason that a memory journal is one; its accessors are members of their own, so that they are copied as well. */
class Result implements SimulationResult {
  readonly status: StatusWord
  readonly isFinished: boolean
  readonly cause: Cause | null
  readonly startedAt: number
  readonly endedAt: number
  readonly decidedAt: number | null
  readonly exposure: Exposure
  readonly waits: readonly Wait[]
  declare readonly records: readonly JournalRecord[]
  declare readonly timeline: Timeline
  readonly #journal: MemoryJournal
  #timeline: Timeline | undefined

  static readonly #made = {
    records: {
      enumerable: true,
      get(this: Result) {
        return this.#journal.records
      },
    },
    timeline: {
      enumerable: true,
      get(this: Result) {
        this.#timeline ??= timelineOf(this.records)
        return this.#timeline
      },
    },
  }

  constructor({ release, journal, pretended, waits, startedAt, decidedAt, endedAt }: SimulationEnd) {
    const { status, isFinished, cause } = release.status()
    this.status = status
    this.isFinished = isFinished
    this.cause = cause
    this.startedAt = startedAt
    this.endedAt = endedAt
    this.decidedAt = decidedAt ?? (isFinished ? endedAt : null)
    this.exposure = pretended.exposure()
    this.waits = waits
    this.#journal = journal
    Object.defineProperties(this, Result.#made)
  }
}
