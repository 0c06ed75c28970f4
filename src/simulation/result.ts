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

const source = Symbol('journal')
const timelines = new WeakMap<MemoryJournal, Timeline>()

/**
 * One accessor for all results: one that each has of its own would keep its journal until the next full collection, for the
 * reason that a memory journal is a class. They are members of each result, so that they are copied as well.
 */
const made: PropertyDescriptorMap & ThisType<{ readonly [source]: MemoryJournal }> = {
  records: {
    enumerable: true,
    get() {
      return this[source].records
    },
  },
  timeline: {
    enumerable: true,
    get() {
      const timeline = timelines.get(this[source]) ?? timelineOf(this[source].records)
      timelines.set(this[source], timeline)
      return timeline
    },
  },
}

export function resultOf({ release, journal, pretended, waits, startedAt, decidedAt, endedAt }: SimulationEnd): SimulationResult {
  const { status, isFinished, cause } = release.status()
  const result: Omit<SimulationResult, 'records' | 'timeline'> = {
    status,
    isFinished,
    cause,
    startedAt,
    endedAt,
    decidedAt: decidedAt ?? (isFinished ? endedAt : null),
    exposure: pretended.exposure(),
    waits,
  }
  return Object.defineProperties(result, { ...made, [source]: { value: journal } }) as SimulationResult
}
