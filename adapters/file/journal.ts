import { constants } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import type { Journal, JournalRecord } from '../../src/ports/journal.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { type Disk, journalFailed, openRegular } from './disk.js'
import type { Lock } from './lock.js'
import { addRange, type Log, type ReleaseIndex, readChunks, splitLines } from './log-scan.js'
import type { LogWriter } from './log-writer.js'
import { corrupt, formatLine, type Head, maxLineBytes, parseLine, recordSchema } from './record-line.js'
import type { Reserve } from './reserve.js'
import { type JournalVerification, verifyFileJournal } from './verify.js'

/** The journal of one directory, held by this process alone. */
export interface FileJournal extends Journal {
  /** What opening cut away, because a crash had left it unfinished; undefined when there was nothing. */
  readonly repaired: { readonly bytes: number; readonly offset: number } | undefined
  /** True when the disk was full and the reserve is used up: the next full disk ends this journal. */
  readonly isDegraded: boolean
  /** Reads everything again from the disk, and checks that the last acknowledged record is there. */
  verify(): Promise<JournalVerification>
}

interface Parts {
  readonly disk: Disk
  readonly path: string
  readonly log: Log
  readonly writer: LogWriter
  readonly lock: Lock
  readonly reserve: Reserve
  readonly repaired: FileJournal['repaired']
}

/** Keeps in memory where each record stands, not what it says. */
export class LockedFileJournal implements FileJournal {
  readonly fencingToken: number
  readonly repaired: FileJournal['repaired']
  readonly #parts: Parts
  readonly #releases: Map<string, ReleaseIndex>
  /** Of the newest accepted record. */
  #head: Head
  /** Of the newest acknowledged one. */
  #durable: Head
  #closing: Promise<void> | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    this.fencingToken = parts.log.fencingToken
    this.repaired = parts.repaired
    this.#releases = parts.log.releases
    this.#head = parts.log.head
    this.#durable = parts.log.head
  }

  get isDegraded(): boolean {
    return this.#parts.reserve.isSpent
  }

  async append(record: JournalRecord): Promise<void> {
    const { writer } = this.#parts
    if (writer.failure !== undefined) throw writer.failure
    const checked = assertRecord(record)
    const { release, seq } = checked
    const index = this.#releases.get(release) ?? { seq: 0, ranges: [] }
    if (seq !== index.seq + 1) throw conflict(release, seq, index.seq)
    const { bytes, head } = formatRecord(this.#head, checked)

    this.#head = head
    index.seq = seq
    this.#releases.set(release, index)
    const offset = await writer.append(bytes)
    addRange(index.ranges, offset, offset + bytes.length)
    this.#durable = head
  }

  async *read(release: string): AsyncGenerator<JournalRecord> {
    const { disk, path } = this.#parts
    const ranges = [...(this.#releases.get(release)?.ranges ?? [])]
    if (ranges.length === 0) return
    try {
      const file = await openRegular(disk, path, constants.O_RDONLY)
      try {
        for (let i = 0; i < ranges.length; i += 2) {
          const [start = 0, end = 0] = ranges.slice(i, i + 2)
          let reached = start
          for await (const { bytes, offset } of splitLines(readChunks(file, start, end), path, start)) {
            const line = parseLine(bytes, { path, offset })
            if (!('release' in line) || line.release !== release) throw corrupt({ path, offset }, 'is not the one that was here')
            yield { release, seq: line.seq, at: line.at, body: line.body }
            reached = offset + bytes.length + 1
          }
          if (reached !== end) throw corrupt({ path, offset: reached }, 'is cut off or gone')
        }
      } finally {
        await file.close()
      }
    } catch (error) {
      throw journalFailed(path, 'Reading', error)
    }
  }

  async *releases(): AsyncGenerator<string> {
    for (const [release, { ranges }] of this.#releases) if (ranges.length > 0) yield release
  }

  verify(): Promise<JournalVerification> {
    return verifyFileJournal(dirname(this.#parts.path), { anchor: { records: this.#durable.n, headHash: this.#durable.hash } })
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { writer, lock, path } = this.#parts
    try {
      await writer.close().finally(() => lock.release())
    } catch (error) {
      throw journalFailed(path, 'Closing', error)
    }
  }
}

function assertRecord(record: JournalRecord): JournalRecord {
  const checked = recordSchema.safeParse(record)
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
