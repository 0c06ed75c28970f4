import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { Journal, JournalRecord } from '../../src/ports/journal.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { writeArchive } from './archive.js'
import type { CheckpointFile } from './checkpoints.js'
import { compact } from './compact.js'
import { type Disk, journalFailed, syncDirectory } from './disk.js'
import { type Intervals, overlap, subtract, unite } from './intervals.js'
import type { Lock } from './lock.js'
import { addRange, type Log, type ReleaseIndex, replaceRanges } from './log-scan.js'
import type { LogWriter } from './log-writer.js'
import { linesAt, wantedRanges } from './read-lines.js'
import { type Archived, corrupt, formatLine, type Head, lineName, maxLineBytes, recordSchema } from './record-line.js'
import type { Reserve } from './reserve.js'
import type { Segments } from './segments.js'
import { type JournalVerification, verifyFileJournal } from './verify.js'

/** What went out of the log. */
export interface FileArchive {
  readonly path: string
  /** Of the file, in hex. */
  readonly sha256: string
  readonly releases: number
}

/** The journal of one directory, held by this process alone. */
export interface FileJournal extends Journal {
  /** What opening cut away, because a crash had left it unfinished; undefined when there was nothing. */
  readonly repaired: { readonly bytes: number; readonly offset: number } | undefined
  /** True when the disk was full and the reserve is used up: the next full disk ends this journal. */
  readonly isDegraded: boolean
  /**
   * Moves the records of releases that have ended, as the caller knows, into a file of their own; frees their place in memory at
   * once, and in the log except for its newest file, which is freed by a later call. From then on this journal knows nothing
   * of them but their names, and takes no other release under these.
   *
   * @returns undefined when there were none to move
   * @throws ReleaseError `release/unknown`, `journal/conflict` when one is being appended to, `journal/failed`
   */
  archive(releases: readonly string[]): Promise<FileArchive | undefined>
  /** Reads everything again from the disk, and checks that the last acknowledged record is there. */
  verify(): Promise<JournalVerification>
}

interface Parts {
  readonly disk: Disk
  readonly now: () => number
  readonly path: string
  readonly log: Pick<Log, 'head' | 'fencingToken' | 'releases' | 'archived'>
  /** Records that are in archives, and still in the log as well. */
  readonly loose: Intervals
  readonly segments: Segments
  readonly writer: LogWriter
  readonly lock: Lock
  readonly reserve: Reserve
  readonly repaired: FileJournal['repaired']
  readonly checkpoints: CheckpointFile
}

/** Keeps in memory where each record stands, not what it says. */
export class LockedFileJournal implements FileJournal {
  readonly fencingToken: number
  readonly repaired: FileJournal['repaired']
  readonly checkpoints: CheckpointFile
  readonly #parts: Parts
  readonly #releases: Map<string, ReleaseIndex>
  /** Of the newest accepted record. */
  #head: Head
  /** Of the newest acknowledged one. */
  #durable: Head
  #loose: Intervals
  #archiving: Promise<unknown> = Promise.resolve()
  #closing: Promise<void> | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    this.fencingToken = parts.log.fencingToken
    this.repaired = parts.repaired
    this.checkpoints = parts.checkpoints
    this.#releases = parts.log.releases
    this.#head = parts.log.head
    this.#durable = parts.log.head
    this.#loose = parts.loose
  }

  get isDegraded(): boolean {
    return this.#parts.reserve.isSpent
  }

  async append(record: JournalRecord): Promise<void> {
    const { log, writer } = this.#parts
    if (writer.failure !== undefined) throw writer.failure
    const checked = assertRecord(record)
    const { release, seq } = checked
    const index = this.#releases.get(release) ?? { seq: 0, ranges: [] }
    if (seq !== index.seq + 1) throw conflict(release, seq, index.seq)
    if (seq === 1 && log.archived.has(release)) throw archived(release)
    const { bytes, head } = formatRecord(this.#head, checked)

    index.seq = seq
    this.#releases.set(release, index)
    const position = await this.#write(bytes, head)
    addRange(index.ranges, position, position + bytes.length)
  }

  async *read(release: string): AsyncGenerator<JournalRecord> {
    const { disk, path, segments } = this.#parts
    let last = 0
    const read = async function* (this: LockedFileJournal) {
      let seq = 0
      for await (const { line, place } of linesAt(disk, segments.list, [...(this.#releases.get(release)?.ranges ?? [])])) {
        seq += 1
        if (!('release' in line) || line.release !== release || line.seq !== seq)
          throw corrupt(place, 'is not the one that was here')
        if (seq <= last) continue
        yield { release, seq, at: line.at, body: line.body }
        last = seq
      }
    }
    try {
      yield* segments.reading(read.bind(this))
    } catch (error) {
      throw journalFailed(path, 'Reading', error)
    }
  }

  async *readWanted(isWanted: (release: string, seq: number) => boolean): AsyncGenerator<JournalRecord> {
    const { disk, path, segments } = this.#parts
    let last = 0
    const isWantedLine = (bytes: Buffer) => {
      const { release, seq } = lineName(bytes)
      return isWanted(release, seq)
    }
    const read = async function* (this: LockedFileJournal) {
      const ranges = wantedRanges(this.#releases, segments.list, isWanted)
      for await (const { line } of linesAt(disk, segments.list, ranges, isWantedLine)) {
        if (line.n <= last || !('release' in line) || !this.#releases.has(line.release)) continue
        yield { release: line.release, seq: line.seq, at: line.at, body: line.body }
        last = line.n
      }
    }
    try {
      yield* segments.reading(read.bind(this))
    } catch (error) {
      throw journalFailed(path, 'Reading', error)
    }
  }

  async *releases(): AsyncGenerator<string> {
    for (const [release, { ranges }] of this.#releases) if (ranges.length > 0) yield release
  }

  archive(releases: readonly string[]): Promise<FileArchive | undefined> {
    const archiving = this.#archiving.then(() => this.#archive([...new Set(releases)]))
    this.#archiving = archiving.catch(() => {})
    return archiving
  }

  verify(): Promise<JournalVerification> {
    return verifyFileJournal(dirname(this.#parts.path), { anchor: { records: this.#durable.n, headHash: this.#durable.hash } })
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #write(bytes: Buffer, head: Head): Promise<number> {
    this.#head = head
    const position = await this.#parts.writer.append(bytes)
    this.#durable = head
    return position
  }

  async #archive(releases: readonly string[]): Promise<FileArchive | undefined> {
    const { path } = this.#parts
    try {
      const archive = releases.length > 0 ? await this.#moveOut(releases) : undefined
      await this.#compact()
      return archive && { path: join(dirname(path), archive.file), sha256: archive.sha256, releases: releases.length }
    } catch (error) {
      throw journalFailed(path, 'Archiving from', error)
    }
  }

  async #moveOut(releases: readonly string[]): Promise<Archived> {
    const { disk, now, path, log, segments } = this.#parts
    const leaving = releases.map((release) => {
      const index = this.#releases.get(release)
      if (index === undefined) throw unknown(release)
      return index
    })
    const ranges = leaving.flatMap((index) => index.ranges).sort((a, b) => a - b)
    const n = this.#head.n + 1
    const written = await writeArchive(disk, dirname(path), { n, segments: segments.list, ranges })
    const archived = { at: now(), releases: [...releases], ...written }
    const { bytes, head } = formatLine(this.#head, { archived })
    if (bytes.length > maxLineBytes) throw new ReleaseError('input/invalid', tooMany)

    const moved = written.records.reduce((sum, [from, to]) => sum + to - from + 1, 0)
    if (moved !== leaving.reduce((sum, { seq }) => sum + seq, 0)) throw busy(releases)
    log.archived.add(releases)
    for (const release of releases) this.#releases.delete(release)
    await this.#write(bytes, head)
    this.#loose = unite(this.#loose, archived.records)
    return archived
  }

  /** Takes archived records out of every file but the newest. */
  async #compact(): Promise<void> {
    const { disk, lock, path, segments } = this.#parts
    for (const [i, segment] of segments.list.entries()) {
      const next = segments.list[i + 1]
      if (next === undefined || !overlap(this.#loose, segment.first, next.first - 1)) continue
      const { path: fresh, places } = await compact(disk, segment, this.#loose)
      await lock.assertOurs()
      await segments.move(async () => {
        await disk.rename(fresh, segment.path)
        for (const [release, ranges] of places) {
          const index = this.#releases.get(release)
          if (index) index.ranges = replaceRanges(index.ranges, segment.base, next.base, ranges)
        }
      })
      await syncDirectory(disk, dirname(path))
      this.#loose = subtract(this.#loose, [[segment.first, next.first - 1]])
    }
  }

  async #close(): Promise<void> {
    const { writer, lock, path, checkpoints } = this.#parts
    try {
      await this.#archiving
      await Promise.all([writer.close(), checkpoints.close()]).finally(() => lock.release())
    } catch (error) {
      throw journalFailed(path, 'Closing', error)
    }
  }
}

const compiledSchema = z.compile(recordSchema)

function assertRecord(record: JournalRecord): JournalRecord {
  const checked = compiledSchema.safeParse(record)
  if (!checked.success) throw new ReleaseError('input/invalid', `Not a journal record. ${z.prettifyError(checked.error)}`)
  return checked.data
}

function formatRecord(head: Head, record: JournalRecord): ReturnType<typeof formatLine> {
  const { release, seq } = record
  const which = `The body of record ${seq} of "${release}"`
  let line: ReturnType<typeof formatLine>
  try {
    line = formatLine(head, record)
  } catch (cause) {
    throw new ReleaseError('input/invalid', `${which} is not JSON. ${String(cause)}`, { release, seq }, { cause })
  }
  if (line.bytes.length <= maxLineBytes) return line
  throw new ReleaseError('input/invalid', `${which} is longer than ${maxLineBytes} bytes.`, { release, seq })
}

function conflict(release: string, seq: number, last: number): ReleaseError {
  const message = `Record ${seq} of "${release}" does not follow record ${last}: another writer was first, or one is missing. \
Stop, and replay the release from the journal.`
  return new ReleaseError('journal/conflict', message, { release, seq, last })
}

function archived(release: string): ReleaseError {
  const message = `Release "${release}" is in an archive of this journal, so its name is taken. Choose another one.`
  return new ReleaseError('journal/conflict', message, { release })
}

function busy(releases: readonly string[]): ReleaseError {
  const message = `One of the releases ${releases.slice(0, 10).join(', ')} … was appended to while it was archived. Archive releases that have ended.`
  return new ReleaseError('journal/conflict', message)
}

function unknown(release: string): ReleaseError {
  return new ReleaseError('release/unknown', `The journal holds no release "${release}", so it cannot be archived.`, { release })
}

const tooMany = `The names of these releases, or the places of their records, are longer than ${maxLineBytes} bytes. Archive fewer at once.`
