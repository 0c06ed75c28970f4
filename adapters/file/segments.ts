import type { Stats } from 'node:fs'
import { join } from 'node:path'
import { type Disk, type DiskFile, openRegular, removeFile, unlessCode } from './disk.js'

/** The newest part of the log, the only one that grows. Older ones are `journal.<number of their first record>.jsonl`. */
export const logName = 'journal.jsonl'
const sealedName = /^journal\.(\d{12})\.jsonl$/

export const numbered = (kind: 'journal' | 'archive', n: number) => `${kind}.${String(n).padStart(12, '0')}.jsonl`

/** One file of the log, and which positions are in it. */
export interface Segment {
  /** The number of its first record. */
  readonly first: number
  path: string
  /** The position of its first byte. Between two segments positions are left out, so that no range spans both. */
  readonly base: number
  /** In bytes, as long as it is the newest. */
  length: number
}

/** The files of a log that is open, in order. */
export class Segments {
  readonly list: Segment[] = []
  #moves = 0
  #moved: Promise<unknown> = Promise.resolve()

  get newest(): Segment {
    return this.list.at(-1)!
  }

  /** Does what gives records another place: whoever reads meanwhile may find others there, or none. */
  move(change: () => Promise<void>): Promise<void> {
    this.#moves += 1
    const moved = change().finally(() => {
      this.#moves += 1
    })
    this.#moved = moved.catch(() => {})
    return moved
  }

  /** Reads, and does so again when something was moved meanwhile. `read` yields what it has not yielded before. */
  async *reading<T>(read: () => AsyncIterable<T>): AsyncGenerator<T> {
    for (;;) {
      const moves = this.#moves
      const isStill = () => moves === this.#moves && moves % 2 === 0
      try {
        for await (const found of read()) {
          if (!isStill()) break
          yield found
        }
        if (isStill()) return
      } catch (error) {
        if (isStill()) throw error
      }
      await this.#moved
    }
  }
}

/** With room for a compaction that makes a file longer: what stands for one record may be longer than that, by less than half. */
export const baseAfter = (last: Segment | undefined) => (last === undefined ? 0 : last.base + 2 * last.length + 1)

/** The file that holds a position. */
export const segmentAt = (segments: readonly Segment[], position: number) => segments.findLast(({ base }) => base <= position)!

/** The newest file, opened, and the paths of the others, in order. They belong together even while the log is being rotated. */
export async function openLog(disk: Disk, home: string, flags: number): Promise<{ file: DiskFile; sealed: string[] }> {
  const file = await openRegular(disk, join(home, logName), flags)
  try {
    const here = await file.stat()
    const sealed: string[] = []
    for (const name of (await disk.readdir(home)).filter((name) => sealedName.test(name)).sort()) {
      // Between the two steps of a rotation the newest file has both names; it has only the other one when it came after.
      if (isSame(await unlessCode('ENOENT', disk.stat(join(home, name))), here)) break
      sealed.push(join(home, name))
    }
    return { file, sealed }
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Removes what a killed process left of a rotation, a compaction or a takeover. Only for who holds the lock. */
export async function sweepSegments(disk: Disk, home: string): Promise<void> {
  const newest = await unlessCode('ENOENT', disk.stat(join(home, logName)))
  for (const name of await disk.readdir(home)) {
    const path = join(home, name)
    if (name.endsWith('.jsonl.new')) await removeFile(disk, path)
    else if (sealedName.test(name) && isSame(await disk.stat(path), newest)) await removeFile(disk, path)
  }
}

export const isSame = (a: Stats | undefined, b: Stats | undefined) =>
  a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev
