import { constants } from 'node:fs'
import { z } from 'zod'
import type { Checkpoint, Checkpoints } from '../../src/ports/journal.js'
import { type Disk, openRegular, writeAll } from './disk.js'
import { readChunks, splitLines } from './log-scan.js'

const checkpointSchema = z.strictObject({ release: z.string(), seq: z.int(), text: z.string() })

/** From here on a new file is begun, and the one before the last is dropped: its releases take longer to replay. Bytes. */
const mostBytes = 64 * 2 ** 20

/** Checkpoints beside a journal, one a line, never synced: whatever a crash leaves of them is checked against the journal. */
export class CheckpointFile implements Checkpoints {
  readonly #disk: Disk
  readonly #path: string
  #waiting: Checkpoint[] = []
  #writing: Promise<void> | undefined
  /** A disk that refuses one is left in peace. */
  #hasFailed = false

  constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.#path = path
  }

  save(checkpoint: Checkpoint): void {
    if (this.#hasFailed) return
    this.#waiting.push(checkpoint)
    this.#writing ??= this.#write().catch(() => {
      this.#hasFailed = true
      this.#waiting = []
    })
  }

  async *all(): AsyncGenerator<Checkpoint> {
    /** By release, the line of the newest. Only these are parsed. */
    const newest = new Map<string, Buffer>()
    for (const path of [this.#olderPath, this.#path])
      for await (const line of this.#read(path)) newest.set(releaseOf(line), Buffer.from(line))
    for (const line of newest.values()) {
      const checkpoint = parsed(line)
      if (checkpoint) yield checkpoint
    }
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    await this.#writing
  }

  get #olderPath(): string {
    return `${this.#path}.older`
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const { O_CREAT, O_WRONLY, O_APPEND } = constants
      const file = await openRegular(this.#disk, this.#path, O_CREAT | O_WRONLY | O_APPEND)
      try {
        const lines = this.#waiting.splice(0).map((checkpoint) => `${JSON.stringify(checkpoint)}\n`)
        await writeAll(file, Buffer.from(lines.join('')))
        if ((await file.stat()).size > mostBytes) await this.#disk.rename(this.#path, this.#olderPath)
      } finally {
        await file.close()
      }
    }
    this.#writing = undefined
  }

  async *#read(path: string): AsyncGenerator<Buffer> {
    try {
      const file = await openRegular(this.#disk, path, constants.O_RDONLY)
      try {
        for await (const pieces of splitLines(readChunks(file), path))
          for (const { bytes, isEnded } of pieces) if (isEnded) yield bytes
      } finally {
        await file.close()
      }
    } catch {
      // Without them, everything takes longer and comes to the same.
    }
  }
}

/** Of a sound line, the release: of any other, something that is none. */
const releaseOf = (line: Buffer) => line.toString('latin1', before.length, line.indexOf(quote, before.length))
const before = '{"release":"'
const quote = 0x22

function parsed(bytes: Buffer): Checkpoint | undefined {
  try {
    return checkpointSchema.safeParse(JSON.parse(bytes.toString())).data
  } catch {
    return undefined
  }
}
