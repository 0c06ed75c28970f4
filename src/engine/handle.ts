import { EventEmitter } from 'eventemitter3'
import type { Signal } from '../lifecycle/protocol.js'
import { parseRecord, type ReleaseRecord } from '../lifecycle/record.js'
import { hasEnded } from '../lifecycle/release.js'
import { signalFrom } from '../lifecycle/signals.js'
import { type ReleaseStatus, statusOf } from '../lifecycle/status.js'
import type { Journal, JournalRecord } from '../ports/journal.js'
import type { Actor } from '../vocabulary/actor.js'
import type { ReleaseError } from '../vocabulary/errors.js'
import type { Driver } from './drive.js'

/** Who asks, and why. Both are recorded. */
export interface By {
  readonly actor: Actor
  readonly reason: string
  /** Tells this request from every other: sent twice, it acts once. Default: a new one each time. */
  readonly id?: string
}

/** One durable record, its body known. Readers of journal records, such as reports, take it as it is. */
export type ReleaseEntry = JournalRecord & { readonly body: ReleaseRecord }

/** A release under way, or over. */
export interface ReleaseHandle extends AsyncDisposable {
  readonly id: string
  /** What is going on, and why; plain JSON. */
  status(): ReleaseStatus
  /** Every record from the first one on, then each new one; ends when the release has ended. */
  events(options?: { readonly signal?: AbortSignal }): AsyncIterable<ReleaseEntry>
  /** @returns stops listening. An error thrown by a listener is dropped: it can change no release. */
  on(name: 'record', listener: (entry: ReleaseEntry) => void): () => void
  on(name: 'finished', listener: (status: ReleaseStatus) => void): () => void
  /**
   * How it ended: promoted or rolled back. Waits as long as that takes.
   * @throws ReleaseError when driving stopped before the end: `engine/stopped`, `journal/failed`, `journal/locked`
   */
  readonly result: Promise<ReleaseStatus>
  /** Nothing new begins until resumed; watches go on, and a fail still rolls back. */
  pause(by: By): Promise<void>
  resume(by: By): Promise<void>
  /** Rolls back everything that was begun. Possible at any time, overtakes everything. */
  abort(by: By): Promise<void>
  /** Takes the judge's place: the bake, judge or verify under way or held counts as passed. */
  promote(by: By & { readonly track?: string }): Promise<void>
  /** Does what is held once more. */
  retry(by: By & { readonly track?: string }): Promise<void>
  /** Leaves a held bake, judge, verify or run out. */
  skip(by: By & { readonly track?: string }): Promise<void>
  /** Answers a gate, as `status().waiting` names it. */
  approve(by: By & { readonly gate: string }): Promise<void>
  reject(by: By & { readonly gate: string }): Promise<void>
  /** Stops watching and driving this release in this process. It can be resumed, here or elsewhere. */
  [Symbol.asyncDispose](): Promise<void>
}

interface HandleEvents {
  record: (entry: ReleaseEntry) => void
  finished: (status: ReleaseStatus) => void
  stopped: (error: ReleaseError) => void
}

interface HandleSetting {
  readonly id: string
  readonly journal: Journal
  readonly newId: () => string
  /** A function, since driver and handle need each other. */
  readonly driver: () => Driver
  readonly stop: () => Promise<void>
}

/** A handle, and the strings by which its driver pulls it. */
export function createHandle({ id, journal, newId, driver, stop }: HandleSetting) {
  const emitter = new EventEmitter<HandleEvents>()
  let resolve = (_: ReleaseStatus) => {}
  let reject = (_: ReleaseError) => {}
  let isOver = false
  let stoppedBy: ReleaseError | undefined
  const result = new Promise<ReleaseStatus>((yes, no) => {
    resolve = yes
    reject = no
  })
  // A caller who never asks for the result must not be ended by it.
  result.catch(() => {})
  const send = (type: Signal['type']) => async (by: By) => driver().signal(signalFrom(type, by, newId))
  const status = () => statusOf(driver().snapshot())
  const handle: ReleaseHandle = {
    id,
    status,
    events: ({ signal } = {}) =>
      entries(journal, id, emitter, { isFinished: () => status().isFinished, stoppedBy: () => stoppedBy }, signal),
    on(name: keyof HandleEvents, listener: (value: never) => void) {
      const safe = guarded(listener as (value: unknown) => void)
      emitter.on(name, safe)
      return () => emitter.off(name, safe)
    },
    result,
    pause: send('pause.requested'),
    resume: send('resume.requested'),
    abort: send('abort.requested'),
    promote: send('promote.requested'),
    retry: send('retry.requested'),
    skip: send('skip.requested'),
    approve: send('approval.granted'),
    reject: send('approval.rejected'),
    [Symbol.asyncDispose]: stop,
  }
  return {
    handle,
    record(record: JournalRecord) {
      emitter.emit('record', record as ReleaseEntry)
      if (isOver || !hasEnded(driver().snapshot())) return
      isOver = true
      const now = status()
      resolve(now)
      emitter.emit('finished', now)
    },
    stopped(error: ReleaseError) {
      stoppedBy = error
      reject(error)
      emitter.emit('stopped', error)
    },
  }
}

/** I46: a listener can neither break nor delay a decision. */
function guarded<T>(listener: (value: T) => void): (value: T) => void {
  return (value) => {
    try {
      // An async listener is typed as one that returns nothing; its rejection must not end the process.
      const returned: unknown = listener(value)
      if (returned !== undefined) Promise.resolve(returned).catch(() => {})
    } catch {}
  }
}

/** What the journal holds, then what comes: nothing twice, nothing left out. */
async function* entries(
  journal: Journal,
  release: string,
  emitter: EventEmitter<HandleEvents>,
  state: { readonly isFinished: () => boolean; readonly stoppedBy: () => ReleaseError | undefined },
  signal: AbortSignal | undefined,
): AsyncGenerator<ReleaseEntry> {
  const fresh: ReleaseEntry[] = []
  let wake = () => {}
  const onRecord = (entry: ReleaseEntry) => {
    fresh.push(entry)
    wake()
  }
  const onEnd = () => wake()
  emitter.on('record', onRecord)
  emitter.on('stopped', onEnd)
  signal?.addEventListener('abort', onEnd)
  try {
    let seen = 0
    for await (const record of journal.read(release)) {
      seen = record.seq
      yield { ...record, body: parseRecord(record.body, `Record ${record.seq} of "${release}"`) }
    }
    while (true) {
      for (let entry = fresh.shift(); entry; entry = fresh.shift()) if (entry.seq > seen) yield entry
      if (state.isFinished() || signal?.aborted) return
      const stopped = state.stoppedBy()
      if (stopped) throw stopped
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  } finally {
    emitter.off('record', onRecord)
    emitter.off('stopped', onEnd)
    signal?.removeEventListener('abort', onEnd)
  }
}
