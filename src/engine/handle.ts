import { EventEmitter } from 'eventemitter3'
import type { Signal } from '../lifecycle/protocol.js'
import { parseRecord, type ReleaseRecord } from '../lifecycle/record.js'
import { hasEnded } from '../lifecycle/release.js'
import { signalFrom } from '../lifecycle/signals.js'
import { type ReleaseStatus, statusOf } from '../lifecycle/status.js'
import type { JournalRecord } from '../ports/journal.js'
import type { Actor } from '../vocabulary/actor.js'
import { ReleaseError } from '../vocabulary/errors.js'
import type { Progress } from './append-step.js'
import { Driver, type EngineSetting } from './drive.js'

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

/** What the releases of one orchestrator share. */
export interface HandleSetting extends EngineSetting {
  readonly newId: () => string
}

/**
 * Drives a release, and tells its caller. Ten thousand of them may wait in one process: their methods are shared, and what
 * nobody asks for is not made.
 */
export class Handle implements ReleaseHandle {
  readonly id: string
  readonly #setting: HandleSetting
  readonly #driver: Driver
  /** Called once: with what stopped the driving, or with nothing when the release has ended. */
  readonly #onOver: (stopped?: ReleaseError) => void
  #emitter: EventEmitter<HandleEvents> | undefined
  #result: PromiseWithResolvers<ReleaseStatus> | undefined
  #isOver = false
  #stoppedBy: ReleaseError | undefined

  constructor(setting: HandleSetting, fencingToken: number, start: Progress, onOver: (stopped?: ReleaseError) => void) {
    this.id = start.snapshot.release
    this.#setting = setting
    this.#onOver = onOver
    this.#driver = new Driver(setting, fencingToken, start, {
      record: (record) => this.#tell(record),
      stopped: (reason) => this.#tellStopped(reason),
    })
    if (start.snapshot.phase !== 'running') this.#tell(start.last)
  }

  get result(): Promise<ReleaseStatus> {
    if (this.#result === undefined) {
      this.#result = Promise.withResolvers()
      // A caller who never looks at the result must not be ended by it.
      this.#result.promise.catch(() => {})
      if (this.#isOver) this.#result.resolve(this.status())
      else if (this.#stoppedBy) this.#result.reject(this.#stoppedBy)
    }
    return this.#result.promise
  }

  status(): ReleaseStatus {
    return statusOf(this.#driver.snapshot)
  }

  /** What the journal holds, then what comes: nothing twice, nothing left out. */
  async *events({ signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<ReleaseEntry> {
    const { id } = this
    const fresh: ReleaseEntry[] = []
    let wake = () => {}
    const onRecord = (entry: ReleaseEntry) => {
      fresh.push(entry)
      wake()
    }
    const onEnd = () => wake()
    const emitter = this.#listened()
    emitter.on('record', onRecord)
    emitter.on('stopped', onEnd)
    signal?.addEventListener('abort', onEnd)
    try {
      let seen = 0
      for await (const record of this.#setting.journal.read(id)) {
        seen = record.seq
        yield { ...record, body: parseRecord(record.body, `Record ${record.seq} of "${id}"`) }
      }
      while (true) {
        for (let entry = fresh.shift(); entry; entry = fresh.shift()) if (entry.seq > seen) yield entry
        if (this.status().isFinished || signal?.aborted) return
        if (this.#stoppedBy) throw this.#stoppedBy
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

  on(name: keyof HandleEvents, listener: (value: never) => void): () => void {
    const emitter = this.#listened()
    const safe = guarded(listener as (value: unknown) => void)
    emitter.on(name, safe)
    return () => emitter.off(name, safe)
  }

  pause(by: By): Promise<void> {
    return this.#send('pause.requested', by)
  }

  resume(by: By): Promise<void> {
    return this.#send('resume.requested', by)
  }

  abort(by: By): Promise<void> {
    return this.#send('abort.requested', by)
  }

  promote(by: By): Promise<void> {
    return this.#send('promote.requested', by)
  }

  retry(by: By): Promise<void> {
    return this.#send('retry.requested', by)
  }

  skip(by: By): Promise<void> {
    return this.#send('skip.requested', by)
  }

  approve(by: By): Promise<void> {
    return this.#send('approval.granted', by)
  }

  reject(by: By): Promise<void> {
    return this.#send('approval.rejected', by)
  }

  [Symbol.asyncDispose](): Promise<void> {
    const says = `Release "${this.id}" is no longer driven here. It goes on once it is resumed.`
    return this.stop(new ReleaseError('engine/stopped', says))
  }

  /** For the orchestrator, where another process has taken the release. */
  stop(reason: ReleaseError): Promise<void> {
    return this.#driver.stop(reason)
  }

  async #send(type: Signal['type'], by: By): Promise<void> {
    return this.#driver.signal(signalFrom(type, by, this.#setting.newId))
  }

  #listened(): EventEmitter<HandleEvents> {
    this.#emitter ??= new EventEmitter()
    return this.#emitter
  }

  #tell(record: JournalRecord): void {
    this.#emitter?.emit('record', record as ReleaseEntry)
    // Once stopped, it is for the next handle to say how the release ended, though its last record may still arrive here.
    if (this.#isOver || this.#stoppedBy || !hasEnded(this.#driver.snapshot)) return
    this.#isOver = true
    this.#onOver()
    this.#result?.resolve(this.status())
    this.#emitter?.emit('finished', this.status())
  }

  #tellStopped(reason: ReleaseError): void {
    this.#stoppedBy = reason
    if (!this.#isOver) this.#onOver(reason)
    this.#result?.reject(reason)
    this.#emitter?.emit('stopped', reason)
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
