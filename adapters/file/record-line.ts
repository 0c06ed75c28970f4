import { hash } from 'node:crypto'
import { z } from 'zod'
import type { JournalRecord } from '../../src/ports/journal.js'
import { canonicalJson } from '../../src/vocabulary/canonical-json.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { nameSchema } from '../../src/vocabulary/name.js'
import { isSealed, sealLength } from './seals.js'

/** Longer lines are neither written nor read, so that no file can exhaust the memory of its reader. */
export const maxLineBytes = 16 * 2 ** 20

/** The newest record of a chain: its number in the file, from 1 without a gap, and its hash. */
export interface Head {
  readonly n: number
  readonly hash: string
}

export const genesis: Head = { n: 0, hash: `sha256:${'0'.repeat(64)}` }

/** Where a line stands, for messages. */
export interface Place {
  readonly path: string
  /** In bytes from the start of the file. */
  readonly offset: number
  /** The record's number, where known. */
  readonly n?: number
}

/** Version 2 added `archived` and `moved`, and logs of several files; the lines of version 1 are read as they are. */
const formatVersion = 2

const count = z.int().positive()
const body = z.unknown().refine((value) => value !== undefined, { error: 'is missing' })
export const recordSchema = z.strictObject({ release: nameSchema, seq: count, at: z.int(), body })
/** Who took the journal over, when (epoch milliseconds), and with which fencing token. */
const openedSchema = z.strictObject({ opened: z.strictObject({ token: count, at: z.int(), host: z.string(), pid: count }) })
/** Which releases went into which archive, the SHA-256 of that file, and the numbers of their records. */
const archivedSchema = z.strictObject({
  archived: z.strictObject({
    at: z.int(),
    file: z.string().regex(/^archive\.\d{12}\.jsonl$/),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    releases: z.array(nameSchema),
    records: z.array(z.tuple([count, count])),
  }),
})
/** In place of records that went into archives: the number of the last of them, and its hash, from which the chain goes on. */
const movedSchema = z.strictObject({ moved: z.strictObject({ through: count, hash: z.string() }) })

const envelope = { v: z.literal([1, formatVersion]), n: count, prev: z.string(), hash: z.string() }
const lineSchema = z.compile(
  z.union([
    recordSchema.extend(envelope),
    openedSchema.extend(envelope),
    archivedSchema.extend(envelope),
    movedSchema.extend(envelope),
  ]),
)

export type Archived = z.infer<typeof archivedSchema>['archived']
export type Content = JournalRecord | z.infer<typeof openedSchema | typeof archivedSchema | typeof movedSchema>
export type Line = z.infer<typeof lineSchema>

/**
 * The next line of a chain: canonical JSON of the record, its number `n`, the hash `prev` of the line before and the format
 * version `v`; then, last and outside that order, the SHA-256 `hash` of all this.
 */
export function formatLine(head: Head, content: Content): { bytes: Buffer; head: Head } {
  const n = head.n + 1
  const text = canonicalJson(sealed(content, n, head.hash))
  const digest = `sha256:${hash('sha256', text)}`
  return { bytes: Buffer.from(`${text.slice(0, -1)},"hash":"${digest}"}\n`), head: { n, hash: digest } }
}

/** Records have their members in canonical order from here: that saves sorting them. */
function sealed(content: Content, n: number, prev: string): object {
  if (!('release' in content)) return { ...content, n, prev, v: formatVersion }
  const { at, body, release, seq } = content
  return { at, body, n, prev, release, seq, v: formatVersion }
}

/**
 * Reads one line, without its newline. The hash is taken over the bytes as they are, so nothing is too small a change.
 *
 * @throws ReleaseError `journal/corrupt`, or `journal/version` when the line says it is of another format
 */
export function parseLine(bytes: Buffer, place: Place): Line {
  const json = parseJson(bytes)
  if (json === undefined) throw corrupt(place, 'is not JSON')
  // Before the hash: a later format may seal its lines in another way.
  const version = typeof json === 'object' && json !== null && 'v' in json ? json.v : undefined
  if (Number.isSafeInteger(version) && Number(version) > formatVersion) throw newer(place, Number(version))

  if (!isSealed(bytes)) throw corrupt(place, 'does not match its hash')
  const line = lineSchema.safeParse(json)
  if (!line.success) throw corrupt(place, 'breaks the schema')
  return line.data
}

/** What the chain needs of a record's line. */
export interface Envelope {
  readonly n: number
  readonly prev: string
  readonly hash: string
  readonly release: string
  readonly seq: number
}

/**
 * The envelope of a record that continues a chain. Its content is not read: that takes most of the time, and waits until somebody
 * asks for the record. Undefined for every other line, and for a bad one: `parseLine` has the last word on those.
 * @param hash - with which the line has to be sealed
 */
export function nextEnvelope(bytes: Buffer, head: Head, hash: string): Envelope | undefined {
  const [n, prev, { release, seq }] = [head.n + 1, head.hash, lineName(bytes)]
  const end = `,"n":${n},"prev":"${prev}","release":"${release}","seq":${seq},"v":${formatVersion},"hash":"${hash}"}`
  const isAsWritten = bytes.toString('latin1', Math.max(0, bytes.length - end.length)) === end && !release.includes('\\')
  return isAsWritten ? { n, prev, hash, release, seq } : undefined
}

/** Which record a line is, when it is a sound one: read from its end, where the canonical order has it. */
export function lineName(bytes: Buffer): { readonly release: string; readonly seq: number } {
  const seqEnd = bytes.length - sealLength - ',"v":2'.length
  const seqStart = bytes.lastIndexOf(colon, seqEnd) + 1
  const nameEnd = seqStart - '","seq":'.length
  const nameStart = bytes.lastIndexOf(quote, nameEnd - 1) + 1
  return { release: bytes.toString('latin1', nameStart, nameEnd), seq: Number(bytes.toString('latin1', seqStart, seqEnd)) }
}

const [quote, colon] = [0x22, 0x3a]

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
}

export function corrupt({ path, offset, n }: Place, what: string): ReleaseError {
  const which = n === undefined ? 'A record' : `Record ${n} (byte ${offset})`
  const message = `${which} of "${path}" ${what}. Keep a copy of the file, and restore it from a backup or an archive.`
  return new ReleaseError('journal/corrupt', message, { path, offset, ...(n !== undefined && { record: n }) })
}

function newer({ path, offset, n }: Place, version: number): ReleaseError {
  const message = `"${path}" says at byte ${offset} that it has format version ${version}; this taxiway reads ${formatVersion}. \
Open it with a newer taxiway. If none wrote it, the file is damaged there.`
  return new ReleaseError('journal/version', message, { path, offset, version, ...(n !== undefined && { record: n }) })
}
