import { constants } from 'node:fs'
import { type Disk, openRegular, writeFile } from './disk.js'
import type { Intervals } from './intervals.js'
import { addRange, readChunks, splitLines } from './log-scan.js'
import { formatLine, type genesis, type Line, parseLine } from './record-line.js'
import type { Segment } from './segments.js'

/**
 * Writes a file of the log again, without some records, beside it. In place of each run of records that are gone stands one line
 * that says up to which one, and with which hash: so the chain goes on, and nobody can put other records there.
 *
 * @returns the new file, and where in it each release's records stand: ranges of positions, flat
 */
export async function compact(
  disk: Disk,
  { path, base }: Segment,
  gone: Intervals,
): Promise<{ path: string; places: Map<string, number[]> }> {
  const places = new Map<string, number[]>()
  const file = await openRegular(disk, path, constants.O_RDONLY)
  const fresh = `${path}.new`
  try {
    await writeFile(disk, fresh, keptLines())
    return { path: fresh, places }
  } finally {
    await file.close()
  }

  async function* keptLines() {
    let length = base
    let run: Run | undefined
    let next = 0
    for await (const pieces of splitLines(readChunks(file), path)) {
      const kept: Buffer[] = []
      const keep = (bytes: Buffer) => {
        kept.push(bytes)
        length += bytes.length
      }
      for (const { bytes, offset } of pieces) {
        const line = parseLine(bytes, { path, offset })
        while ((gone[next]?.[1] ?? Number.POSITIVE_INFINITY) < line.n) next++
        if ('moved' in line || (gone[next]?.[0] ?? Number.POSITIVE_INFINITY) <= line.n) run = extended(run, line)
        else {
          if (run) keep(formatLine(run.before, { moved: run.moved }).bytes)
          run = undefined
          const start = length
          keep(Buffer.concat([bytes, newline]))
          if ('release' in line) addRange(rangesOf(line.release), start, length)
        }
      }
      yield Buffer.concat(kept)
    }
    if (run) yield formatLine(run.before, { moved: run.moved }).bytes
  }

  function rangesOf(release: string): number[] {
    const ranges = places.get(release) ?? []
    places.set(release, ranges)
    return ranges
  }
}

/** Records that are gone, one after the other. */
interface Run {
  /** The one before the first of them. */
  readonly before: typeof genesis
  readonly moved: { readonly through: number; readonly hash: string }
}

function extended(run: Run | undefined, line: Line): Run {
  const before = run?.before ?? { n: line.n - 1, hash: line.prev }
  return { before, moved: 'moved' in line ? line.moved : { through: line.n, hash: line.hash } }
}

const newline = Buffer.from('\n')
