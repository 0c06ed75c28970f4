import type { ReleaseError } from '../../src/vocabulary/errors.js'
import type { DiskFile } from './disk.js'
import { type Intervals, subtract, unite } from './intervals.js'
import { NameSet } from './name-set.js'
import {
  type Archived,
  corrupt,
  type Envelope,
  genesis,
  type Head,
  type Line,
  maxLineBytes,
  nextEnvelope,
  type Place,
  parseLine,
} from './record-line.js'
import { claimedHashOf, hashOf } from './seals.js'

/** Where one release's records stand. */
export interface ReleaseIndex {
  /** The newest sequence number. */
  seq: number
  /** Ranges of positions, flat: start, end, start, end … Neighbouring records share one. */
  ranges: number[]
}

/** What a later verification is to find again. A whole `JournalVerification` serves as one. */
export interface JournalAnchor {
  readonly records: number
  /** Of record number `records`. */
  readonly headHash: string
}

/** What a walk over a log found. */
export interface Log {
  head: Head
  /** Bytes up to the end of the last whole record of the file that is being read. */
  length: number
  /** The position of that file's first byte. */
  base: number
  /** Of the newest takeover; 0 before the first. */
  fencingToken: number
  /** Bytes of an unfinished line after the last whole record. */
  tornBytes: number
  /** In order of their first record; without those in archives. */
  readonly releases: Map<string, ReleaseIndex>
  readonly archives: Pick<Archived, 'file' | 'sha256'>[]
  /** The names of archived releases. */
  readonly archived: NameSet
  /** Records that the log says are in archives. In any order. */
  readonly covered: [from: number, to: number][]
  /** Records that are not in the log any more. */
  readonly moved: [from: number, to: number][]
  /** By release, what is wrong unless an archive is told of that has the missing records. */
  readonly gaps: Map<string, ReleaseError>
}

export const emptyLog = (): Log => ({
  head: genesis,
  length: 0,
  base: 0,
  fencingToken: 0,
  tornBytes: 0,
  releases: new Map(),
  archives: [],
  archived: new NameSet(),
  covered: [],
  moved: [],
  gaps: new Map(),
})

/** A line as it is in its file, and what it says. */
export interface AcceptedLine {
  readonly bytes: Buffer
  readonly line: Line
  /** In bytes from the start of the file. */
  readonly offset: number
}

export interface ScanOptions {
  /** A record known from elsewhere. */
  readonly anchor?: JournalAnchor | undefined
  /** Leaves the content of records, under their hashes, to who reads them, and returns no lines. */
  readonly isIndexOnly?: boolean
  /** The hashes are taken elsewhere, and with `isIndexOnly` not again. */
  readonly areHashesChecked?: boolean
}

/**
 * Checks every line of one file of a log: format version, hash, schema, numbering, chain, and each release's own sequence.
 * Holds one chunk and one line in memory, and the index.
 *
 * @param log - where to go on; grows in place
 * @returns the lines of a chunk, chunk by chunk; a bad line is thrown after the good ones before it
 * @throws ReleaseError `journal/corrupt` or `journal/version`, naming the first bad record
 */
export async function* acceptLines(
  chunks: Chunks,
  path: string,
  log: Log,
  { anchor, isIndexOnly = false, areHashesChecked = false }: ScanOptions = {},
): AsyncGenerator<AcceptedLine[]> {
  for await (const pieces of splitLines(chunks, path, log.length)) {
    const accepted: AcceptedLine[] = []
    try {
      for (const { bytes, offset, isEnded } of pieces) {
        const place = { path, offset, n: log.head.n + 1 }
        if (!isEnded) log.tornBytes = tornTail(bytes, place)
        else if (isIndexOnly) {
          const hash = areHashesChecked ? claimedHashOf(bytes) : hashOf(bytes)
          acceptLine(log, nextEnvelope(bytes, log.head, hash) ?? parseLine(bytes, place), bytes.length, place)
        } else {
          const line = parseLine(bytes, place)
          acceptLine(log, line, bytes.length, place)
          accepted.push({ bytes, offset, line })
        }
        if (anchor !== undefined && place.n <= anchor.records && log.head.n >= anchor.records) assertAnchored(log, anchor, place)
      }
    } catch (error) {
      if (accepted.length > 0) yield accepted
      throw error
    }
    yield accepted
  }
}

/** The same for who wants nothing but the index. */
export async function scanLog(chunks: Chunks, path: string, log = emptyLog(), isIndexOnly = false): Promise<Log> {
  for await (const _ of acceptLines(chunks, path, log, { isIndexOnly }));
  return log
}

/**
 * Checks what can be told only at the end.
 *
 * @param path - of the newest file
 * @returns records that are in archives, and still in the log as well
 */
export function assertComplete(log: Log, path: string, anchor?: JournalAnchor): Intervals {
  if (anchor !== undefined && log.head.n < anchor.records)
    throw corrupt({ path, offset: log.length, n: log.head.n + 1 }, `is missing, up to the anchor's ${anchor.records}`)
  const [covered, moved] = [unite(log.covered), unite(log.moved)]
  const [stolen] = subtract(moved, covered)
  if (stolen !== undefined) throw corrupt({ path, offset: 0, n: stolen[0] }, 'is gone, and in no archive that the log tells of')
  for (const gap of log.gaps.values()) throw gap
  return subtract(covered, moved)
}

function acceptLine(log: Log, line: Line | Envelope, length: number, place: Required<Place>): void {
  if (line.n !== place.n) throw corrupt(place, `has the number ${line.n}: records are missing, doubled or out of order`)
  if (line.prev !== log.head.hash) throw corrupt(place, 'does not continue the record before it')
  const end = place.offset + length + 1
  if ('opened' in line) {
    if (line.opened.token !== log.fencingToken + 1)
      throw corrupt(place, `takes over with token ${line.opened.token} out of order`)
    log.fencingToken = line.opened.token
  } else if ('archived' in line) {
    const { file, sha256, releases, records } = line.archived
    for (const release of releases) {
      log.releases.delete(release)
      log.gaps.delete(release)
    }
    log.archives.push({ file, sha256 })
    log.archived.add(releases)
    for (const pair of records) log.covered.push(pair)
  } else if ('moved' in line) {
    if (line.moved.through < line.n) throw corrupt(place, `stands for records up to ${line.moved.through}`)
    log.moved.push([line.n, line.moved.through])
  } else {
    const known = log.releases.get(line.release)
    const index = known ?? { seq: 0, ranges: [] }
    if (line.seq !== index.seq + 1) {
      const gap = corrupt(place, `is number ${line.seq} of "${line.release}", after number ${index.seq}`)
      if (log.moved.length === 0 || line.seq <= index.seq) throw gap
      if (!log.gaps.has(line.release)) log.gaps.set(line.release, gap)
    }
    index.seq = line.seq
    addRange(index.ranges, log.base + place.offset, log.base + end)
    if (known === undefined) log.releases.set(line.release, index)
  }
  log.head = 'moved' in line ? { n: line.moved.through, hash: line.moved.hash } : { n: line.n, hash: line.hash }
  log.length = end
}

function assertAnchored({ head }: Log, { records, headHash }: JournalAnchor, place: Place): void {
  if (head.n > records) throw corrupt(place, `stands for records up to ${head.n}, and the anchor's ${records} is among them`)
  if (head.hash !== headHash) throw corrupt(place, 'is not the one of the anchor')
}

export function addRange(ranges: number[], start: number, end: number): void {
  if (ranges.at(-1) === start) ranges[ranges.length - 1] = end
  else ranges.push(start, end)
}

/** The same ranges, but for those that start within [from, to): these become others. */
export function replaceRanges(ranges: readonly number[], from: number, to: number, others: readonly number[]): number[] {
  const isBefore = (_: number, i: number) => (ranges[i - (i % 2)] ?? 0) < from
  const isAfter = (_: number, i: number) => (ranges[i - (i % 2)] ?? 0) >= to
  return [...ranges.filter(isBefore), ...others, ...ranges.filter(isAfter)]
}

/**
 * What a crash leaves of the last write is the beginning of a line, perhaps zeros after it. Anything else was not torn but
 * altered, and is never cut away.
 */
function tornTail(bytes: Buffer, place: Place): number {
  let length = bytes.length
  while (length > 0 && bytes[length - 1] === 0) length--
  const start = bytes.toString('latin1', 0, Math.min(length, 12))
  const isBeginning = ['{"at":', '{"n":', '{"archived":'].some((known) => start.startsWith(known) || known.startsWith(start))
  if (!isBeginning) throw corrupt(place, 'is not the beginning of a record')
  if (isWhole(bytes.subarray(0, length - 1), place)) throw corrupt(place, 'has lost the newline after it')
  return bytes.length
}

function isWhole(bytes: Buffer, place: Place): boolean {
  try {
    parseLine(bytes, place)
    return true
  } catch {
    return false
  }
}

type Chunks = AsyncIterable<Buffer> | Iterable<Buffer>

interface Piece {
  readonly bytes: Buffer
  readonly offset: number
  /** By a newline. */
  readonly isEnded: boolean
}

/** @param offset - where the first chunk stands in the file. @returns the lines that end in a chunk, chunk by chunk */
export async function* splitLines(chunks: Chunks, path: string, offset = 0): AsyncGenerator<Piece[]> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    const pieces: Piece[] = []
    let start = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const ending = chunk.subarray(start, end)
      const bytes = start === 0 ? Buffer.concat([rest, ending]) : ending
      pieces.push({ bytes, offset, isEnded: true })
      offset += bytes.length + 1
      start = end + 1
    }
    yield pieces
    rest = start === 0 ? Buffer.concat([rest, chunk]) : Buffer.from(chunk.subarray(start))
    if (rest.length > maxLineBytes) throw corrupt({ path, offset }, `is longer than ${maxLineBytes} bytes`)
  }
  if (rest.length > 0) yield [{ bytes: rest, offset, isEnded: false }]
}

const newline = 0x0a
const chunkBytes = 2 ** 20

/** A part of a file; up to its end without `end`. Each chunk takes the place of the one before, which must not be used any more. */
export async function* readChunks(file: DiskFile, start = 0, end = Number.POSITIVE_INFINITY): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, end - start))
  while (start < end) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end - start), start)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
    start += bytesRead
  }
}
