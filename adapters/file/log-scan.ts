import type { DiskFile } from './disk.js'
import { corrupt, genesis, type Head, maxLineBytes, type Place, parseLine } from './record-line.js'

/** Where one release's records stand. */
export interface ReleaseIndex {
  /** The newest sequence number. */
  seq: number
  /** Byte ranges, flat: start, end, start, end … Neighbouring records share one. */
  readonly ranges: number[]
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
  /** Bytes up to the end of the last whole record. */
  length: number
  /** Of the newest takeover; 0 before the first. */
  fencingToken: number
  /** Bytes of an unfinished line after the last whole record. */
  tornBytes: number
  /** In order of their first record. */
  readonly releases: Map<string, ReleaseIndex>
}

export const emptyLog = (): Log => ({ head: genesis, length: 0, fencingToken: 0, tornBytes: 0, releases: new Map() })

/**
 * Checks every line of a log: format version, hash, schema, numbering, chain, and each release's own sequence. Holds one chunk
 * and one line in memory, and the index.
 *
 * @param log - where to go on; grows in place
 * @param anchor - a record known from elsewhere
 * @throws ReleaseError `journal/corrupt` or `journal/version`, naming the first bad record
 */
export async function scanLog(chunks: Chunks, path: string, log = emptyLog(), anchor?: JournalAnchor): Promise<Log> {
  for await (const { bytes, offset, isEnded } of splitLines(chunks, path, log.length)) {
    const place = { path, offset, n: log.head.n + 1 }
    if (isEnded) acceptLine(log, bytes, place)
    else log.tornBytes = tornTail(bytes, place)
    if (log.head.n === anchor?.records && log.head.hash !== anchor.headHash) throw corrupt(place, 'is not the one of the anchor')
  }
  if (anchor !== undefined && log.head.n < anchor.records)
    throw corrupt({ path, offset: log.length, n: log.head.n + 1 }, `is missing, up to the anchor's ${anchor.records}`)
  return log
}

function acceptLine(log: Log, bytes: Buffer, place: Required<Place>): void {
  const line = parseLine(bytes, place)
  if (line.n !== place.n) throw corrupt(place, `has the number ${line.n}: records are missing, doubled or out of order`)
  if (line.prev !== log.head.hash) throw corrupt(place, 'does not continue the record before it')
  const end = place.offset + bytes.length + 1
  if ('opened' in line) {
    if (line.opened.token !== log.fencingToken + 1)
      throw corrupt(place, `takes over with token ${line.opened.token} out of order`)
    log.fencingToken = line.opened.token
  } else {
    const index = log.releases.get(line.release) ?? { seq: 0, ranges: [] }
    if (line.seq !== index.seq + 1) throw corrupt(place, `is number ${line.seq} of "${line.release}", after number ${index.seq}`)
    index.seq = line.seq
    addRange(index.ranges, place.offset, end)
    log.releases.set(line.release, index)
  }
  log.head = { n: line.n, hash: line.hash }
  log.length = end
}

export function addRange(ranges: number[], start: number, end: number): void {
  if (ranges.at(-1) === start) ranges[ranges.length - 1] = end
  else ranges.push(start, end)
}

/**
 * What a crash leaves of the last write is the beginning of a line, perhaps zeros after it. Anything else was not torn but
 * altered, and is never cut away.
 */
function tornTail(bytes: Buffer, place: Place): number {
  let length = bytes.length
  while (length > 0 && bytes[length - 1] === 0) length--
  const start = bytes.toString('latin1', 0, Math.min(length, 6))
  const isBeginning = ['{"at":', '{"n":'].some((known) => start.startsWith(known) || known.startsWith(start))
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

/** @param offset - where the first chunk stands in the file */
export async function* splitLines(chunks: Chunks, path: string, offset = 0) {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let start = 0
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      yield { bytes: bytes.subarray(start, end), offset: offset + start, isEnded: true }
      start = end + 1
    }
    rest = bytes.subarray(start)
    offset += start
    if (rest.length > maxLineBytes) throw corrupt({ path, offset }, `is longer than ${maxLineBytes} bytes`)
  }
  if (rest.length > 0) yield { bytes: rest, offset, isEnded: false }
}

const newline = 0x0a
const chunkBytes = 2 ** 20

/** A part of a file; up to its end without `end`. */
export async function* readChunks(file: DiskFile, start = 0, end = Number.POSITIVE_INFINITY): AsyncGenerator<Buffer> {
  while (start < end) {
    const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, end - start))
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
    start += bytesRead
  }
}
