import { constants } from 'node:fs'
import { type Disk, type DiskFile, openRegular } from './disk.js'
import { type ReleaseIndex, readChunks, splitLines } from './log-scan.js'
import { corrupt, type Line, type Place, parseLine } from './record-line.js'
import { type Segment, segmentAt } from './segments.js'

/**
 * The lines in these ranges of positions (flat: start, end, start, end …), checked one by one.
 * @param isWanted - asked of lines that may be bad: those that are not wanted are left out, and not checked
 */
export async function* linesAt(
  disk: Disk,
  segments: readonly Segment[],
  ranges: readonly number[],
  isWanted: (bytes: Buffer) => boolean = () => true,
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
          if (isWanted(bytes)) yield { bytes, line: parseLine(bytes, place), place }
          reached = offset + bytes.length + 1
        }
      if (reached !== to - base) throw corrupt({ path, offset: reached }, 'is cut off or gone')
    }
  } finally {
    await file?.close()
  }
}

/**
 * Where the wanted records are, with few others: ranges of positions for `linesAt`. A range holds one record at least, and so a
 * release's record `seq` is neither behind its range number `seq` nor too far from its last.
 */
export function wantedRanges(
  releases: ReadonlyMap<string, ReleaseIndex>,
  segments: readonly Segment[],
  isWanted: (release: string, seq: number) => boolean,
): number[] {
  const wanted: number[] = []
  for (const [release, { seq: newest, ranges }] of releases) {
    const last = ranges.length / 2 - 1
    let next = 0
    for (let seq = 1; seq <= newest; seq++)
      if (isWanted(release, seq))
        for (next = Math.max(next, last - newest + seq); next <= Math.min(seq - 1, last); next++)
          wanted.push(ranges[2 * next]!, ranges[2 * next + 1]!)
  }
  // They do not overlap: sorted as numbers, they remain pairs.
  const sorted = Float64Array.from(wanted).sort()
  const bridged: number[] = []
  for (let i = 0; i < sorted.length; i += 2) {
    const [start = 0, end = 0] = sorted.subarray(i, i + 2)
    const before = bridged.at(-1) ?? Number.NEGATIVE_INFINITY
    if (start - before < bridgeBytes && segmentAt(segments, start).base <= before) bridged[bridged.length - 1] = end
    else bridged.push(start, end)
  }
  return bridged
}

/** What is so close together is read at once, with what is in between. */
const bridgeBytes = 2 ** 16
