import { constants, type Stats } from 'node:fs'
import { dirname, join } from 'node:path'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { type Disk, type DiskFile, isFull, journalFailed, openRegular, syncDirectory, unlessCode, writeAll } from './disk.js'
import type { Lock } from './lock.js'
import { maxLineBytes } from './record-line.js'
import type { Reserve } from './reserve.js'
import { baseAfter, isSame, numbered, type Segments } from './segments.js'

/** How large a file of the log may grow before the next one begins. */
export interface SegmentLimits {
  readonly maxBytes: number
  readonly maxRecords: number
}

interface Settings {
  readonly disk: Disk
  readonly path: string
  readonly file: DiskFile
  /** The last one is that file's, and holds whole records only. */
  readonly segments: Segments
  /** Of the next record. */
  readonly next: number
  readonly limits: SegmentLimits
  readonly lock: Lock
  readonly reserve: Reserve
}

/** Acknowledged in one turn of the event loop. Fewer cost more turns, and more leave the disk idle. */
const atOnce = 8
/** With more than these it is not the disk that is waited for, and who is acknowledged last would wait for all others' next records. */
const few = 64

interface Waiting {
  readonly bytes: Buffer
  readonly resolve: (position: number) => void
  readonly reject: (error: ReleaseError) => void
}

/**
 * Appends to the log, many at a time, durably.
 *
 * W1 What waits while a batch is on its way to the disk becomes the next one: one write, one sync.
 * W2 Nothing is acknowledged before its sync has returned, and nothing after a failure, ever.
 * W3 No descriptor is used again after it failed, and no failed sync is repeated: the kernel may have dropped the pages and
 *    would call them clean.
 * W4 After a batch's write, lock and file are looked at: still ours, and as we left them; and before it, unless that of the batch
 *    before has just been done. Whoever takes the lock by force goes on in a copy of the file, made after that. So a process that
 *    was stopped between a look and its write writes to a file without a name, and does not acknowledge it.
 * W5 A full file is given its number as a second name before an empty one takes its first. There is always a newest file, and
 *    nothing is ever renamed over records.
 * W6 What is durable is acknowledged a few at a time: the disk gets the first of the next records while the rest of their
 *    writers are still at work on theirs.
 */
export class LogWriter {
  readonly #settings: Settings
  #file: DiskFile
  /** Of the file; the same as long as it is open. */
  #identity: Stats | undefined
  /** Of the next record. */
  #next: number
  #waiting: Waiting[] = []
  #flushing: Promise<void> | undefined
  /** On the disk, and not yet acknowledged. */
  readonly #durable: { readonly resolve: (position: number) => void; readonly position: number }[] = []
  #acknowledging: Promise<void> | undefined
  #failure: ReleaseError | undefined

  constructor(settings: Settings) {
    this.#settings = settings
    this.#file = settings.file
    this.#next = settings.next
  }

  /** Why nothing can be appended any more. */
  get failure(): ReleaseError | undefined {
    return this.#failure
  }

  /** @returns the position of the bytes, once they are durable */
  append(bytes: Buffer): Promise<number> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bytes, resolve, reject })
      this.#flushing ??= this.#flush()
    })
  }

  /** Refuses new bytes and waits for those accepted. */
  async close(): Promise<void> {
    const closed = `The journal "${this.#settings.path}" was closed. Open it again to append.`
    this.#failure ??= new ReleaseError('journal/failed', closed, { code: 'closed', path: this.#settings.path })
    await this.#flushing
    await this.#acknowledging
    await this.#file.close()
  }

  async #flush(): Promise<void> {
    for (let isFirst = true; this.#waiting.length > 0; isFirst = false) {
      let batch: Waiting[] = []
      try {
        const isFull = this.#isFileFull()
        if (isFirst || isFull) await this.#assertUntouched()
        if (isFull) await this.#rotate()
        batch = this.#takeBatch()
        await this.#write(Buffer.concat(batch.map(({ bytes }) => bytes)))
        const segment = this.#settings.segments.newest
        for (const { bytes, resolve } of batch) {
          this.#durable.push({ resolve, position: segment.base + segment.length })
          segment.length += bytes.length
        }
        this.#next += batch.length
        this.#acknowledging ??= this.#acknowledge()
      } catch (error) {
        this.#failure = journalFailed(this.#settings.path, 'Appending to', error)
        for (const { reject } of [...batch, ...this.#waiting.splice(0)]) reject(this.#failure)
        // So that who opens the file next does not build on pages that may never reach the disk. The failure stands anyway.
        if (batch.length > 0 && this.#failure.code === 'journal/failed') await this.#cutBack().catch(() => {})
      }
    }
    this.#flushing = undefined
  }

  async #acknowledge(): Promise<void> {
    while (this.#durable.length > 0) {
      for (const { resolve, position } of this.#durable.splice(0, this.#durable.length > few ? this.#durable.length : atOnce))
        resolve(position)
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.#acknowledging = undefined
  }

  #isFileFull(): boolean {
    const { segments, limits } = this.#settings
    const { length, first } = segments.newest
    return length >= limits.maxBytes || this.#next - first >= limits.maxRecords
  }

  #takeBatch(): Waiting[] {
    let count = 0
    let size = 0
    for (const { bytes } of this.#waiting) {
      size += bytes.length
      if (count > 0 && size > maxLineBytes) break
      count++
    }
    return this.#waiting.splice(0, count)
  }

  async #write(bytes: Buffer): Promise<void> {
    await this.#onFullDisk(
      () => writeAll(this.#file, bytes),
      () => this.#cutBack(),
    )
    await Promise.all([this.#file.datasync(), this.#assertUntouched(bytes.length)])
  }

  /** Makes room and tries once more. */
  async #onFullDisk(write: () => Promise<void>, undo: () => Promise<void>): Promise<void> {
    try {
      await write()
    } catch (error) {
      if (!isFull(error) || !(await this.#settings.reserve.release())) throw error
      await undo()
      await write()
    }
  }

  /** Goes on with a new descriptor, on a file that ends after the last acknowledged record. */
  async #cutBack(): Promise<void> {
    const file = await openRegular(this.#settings.disk, this.#settings.path, constants.O_RDWR | constants.O_APPEND)
    const isOurs = isSame(await file.stat(), await this.#file.stat())
    await this.#file.close()
    this.#goOnIn(file)
    if (!isOurs) throw this.#changed('it was replaced')
    await this.#settings.lock.assertOurs()
    await file.truncate(this.#settings.segments.newest.length)
  }

  async #rotate(): Promise<void> {
    const { disk, path, segments } = this.#settings
    const { newest } = segments
    const home = dirname(path)
    const sealed = join(home, numbered('journal', newest.first))
    const fresh = `${path}.new`
    const begin = async () => {
      const file = await openRegular(disk, fresh, constants.O_CREAT | constants.O_TRUNC | constants.O_RDWR | constants.O_APPEND)
      await this.#file.close()
      this.#goOnIn(file)
      await disk.link(path, sealed)
    }
    await this.#onFullDisk(begin, async () => {})
    await syncDirectory(disk, home)
    await segments.move(async () => {
      await disk.rename(fresh, path)
      await syncDirectory(disk, home)
      newest.path = sealed
      segments.list.push({ first: this.#next, path, base: baseAfter(newest), length: 0 })
    })
  }

  #goOnIn(file: DiskFile): void {
    this.#file = file
    this.#identity = undefined
  }

  async #assertUntouched(unacknowledged = 0): Promise<void> {
    const { disk, path, lock, segments } = this.#settings
    const length = segments.newest.length + unacknowledged
    this.#identity ??= await this.#file.stat()
    const [there] = await Promise.all([unlessCode('ENOENT', disk.stat(path)), lock.assertOurs()])
    if (isSame(there, this.#identity) && there?.size === length) return
    throw this.#changed(there === undefined ? 'it is gone' : `it has ${there.size} bytes instead of ${length}, or was replaced`)
  }

  #changed(found: string): ReleaseError {
    const { path } = this.#settings
    const message = `Something else changed "${path}": ${found}. Stop what did it, verify the journal, and open it again.`
    return new ReleaseError('journal/conflict', message, { path })
  }
}
