import { constants } from 'node:fs'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { type Disk, type DiskFile, isFull, journalFailed, openRegular, unlessCode, writeAll } from './disk.js'
import type { Lock } from './lock.js'
import { maxLineBytes } from './record-line.js'
import type { Reserve } from './reserve.js'

interface Settings {
  readonly disk: Disk
  readonly path: string
  readonly file: DiskFile
  /** Of the file, in bytes: whole records only. */
  readonly length: number
  readonly lock: Lock
  readonly reserve: Reserve
}

interface Waiting {
  readonly bytes: Buffer
  readonly resolve: (offset: number) => void
  readonly reject: (error: ReleaseError) => void
}

/**
 * Appends to the log, many at a time, durably.
 *
 * W1 What waits while a batch is on its way to the disk becomes the next one: one write, one sync.
 * W2 Nothing is acknowledged before its sync has returned, and nothing after a failure, ever.
 * W3 No descriptor is used again after it failed, and no failed sync is repeated: the kernel may have dropped the pages and
 *    would call them clean.
 * W4 Before each batch, lock and file are looked at: still ours, still as we left them.
 */
export class LogWriter {
  readonly #settings: Settings
  #file: DiskFile
  /** Acknowledged bytes. */
  #length: number
  #waiting: Waiting[] = []
  #flushing: Promise<void> | undefined
  #failure: ReleaseError | undefined

  constructor(settings: Settings) {
    this.#settings = settings
    this.#file = settings.file
    this.#length = settings.length
  }

  /** Why nothing can be appended any more. */
  get failure(): ReleaseError | undefined {
    return this.#failure
  }

  /** @returns where the bytes stand in the file, once they are durable */
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
    await this.#file.close()
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      let batch: Waiting[] = []
      try {
        await this.#assertUntouched()
        batch = this.#takeBatch()
        await this.#write(Buffer.concat(batch.map(({ bytes }) => bytes)))
        for (const { bytes, resolve } of batch) {
          resolve(this.#length)
          this.#length += bytes.length
        }
      } catch (error) {
        this.#failure = journalFailed(this.#settings.path, 'Appending to', error)
        for (const { reject } of [...batch, ...this.#waiting.splice(0)]) reject(this.#failure)
        // So that who opens the file next does not build on pages that may never reach the disk. The failure stands anyway.
        if (batch.length > 0) await this.#cutBack().catch(() => {})
      }
    }
    this.#flushing = undefined
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
    try {
      await writeAll(this.#file, bytes)
    } catch (error) {
      if (!isFull(error) || !(await this.#settings.reserve.release())) throw error
      await this.#cutBack()
      await writeAll(this.#file, bytes)
    }
    await this.#file.datasync()
  }

  /** Goes on with a new descriptor, on a file that ends after the last acknowledged record. */
  async #cutBack(): Promise<void> {
    await this.#file.close()
    await this.#settings.lock.assertOurs()
    this.#file = await openRegular(this.#settings.disk, this.#settings.path, constants.O_RDWR | constants.O_APPEND)
    await this.#file.truncate(this.#length)
  }

  async #assertUntouched(): Promise<void> {
    const { disk, path, lock } = this.#settings
    const [there, here] = await Promise.all([unlessCode('ENOENT', disk.stat(path)), this.#file.stat(), lock.assertOurs()])
    if (there?.ino === here.ino && there.dev === here.dev && here.size === this.#length) return
    const found = there === undefined ? 'it is gone' : `it has ${there.size} bytes instead of ${this.#length}, or was replaced`
    const message = `Something else changed "${path}": ${found}. Stop what did it, verify the journal, and open it again.`
    throw new ReleaseError('journal/conflict', message, { path })
  }
}
