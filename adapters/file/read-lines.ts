import { constants } from 'node:fs'
import { type Disk, type DiskFile, openRegular } from './disk.js'
import { readChunks, splitLines } from './log-scan.js'
import { corrupt, type Line, lineName, type Place, parseLine } from './record-line.js'
import { type Segment, type Segments, segmentAt } from './segments.js'

/** The lines in these ranges of positions (flat: start, end, start, end …), checked one by one. */
export async function* linesAt(
  disk: Disk,
  segments: readonly Segment[],
  ranges: readonly number[],
): AsyncGenerator<{ readonly bytes: Buffer; readonly line: Line; readonly place: Place }> {
  let segment: Segment | undefined
  let file: DiskFile | undefined
  try {
    for (let i = 0; i < ranges.length; i += 2) {
      const [from = 0, to = 0] = ranges.slice(i, i + 2)
      const holder = segmentAt(segments, from)
      if (file === undefined || segment !== holder) {
        await file?.close()
        file = undefined
        segment = holder
        file = await openRegular(disk, segment.path, constants.O_RDONLY)
      }
      const { path, base } = segment
      let reached = from - base
      for await (const pieces of splitLines(readChunks(file, from - base, to - base), path, from - base))
        for (const { bytes, offset } of pieces) {
          const place = { path, offset }
          yield { bytes, line: parseLine(bytes, place), place }
          reached = offset + bytes.length + 1
        }
      if (reached !== to - base) throw corrupt({ path, offset: reached }, 'is cut off or gone')
    }
  } finally {
    await file?.close()
  }
}

/** The records that are wanted by their names, in one pass over the log. Only these are checked, and where each file begins. */
export async function* wantedRecords(
  disk: Disk,
  { list, newest }: Segments,
  isWanted: (release: string, seq: number) => boolean,
): AsyncGenerator<Extract<Line, { release: string }>> {
  for (const { path, first, length } of [...list]) {
    const file = await openRegular(disk, path, constants.O_RDONLY)
    try {
      const chunks = readChunks(file, 0, first === newest.first ? length : Number.POSITIVE_INFINITY)
      for await (const pieces of splitLines(chunks, path))
        for (const { bytes, offset } of pieces) {
          const name = lineName(bytes)
          if (offset > 0 && name && !isWanted(name.release, name.seq)) continue
          const line = parseLine(bytes, { path, offset })
          if (offset === 0 && line.n !== first) throw corrupt({ path, offset, n: first }, 'is not where it was')
          if ('release' in line && isWanted(line.release, line.seq)) yield line
        }
    } finally {
      await file.close()
    }
  }
}
