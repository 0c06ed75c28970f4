import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openFileJournal } from '../../../adapters/file/index.js'
import type { Journal, JournalRecord } from '../../../src/ports/journal.js'

export const logIn = (home: string) => join(home, 'journal.jsonl')

/** A directory of its own for the running test. */
export async function temporaryHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'taxiway-'))
  onTestFinished(() => rm(home, { recursive: true, force: true }))
  return home
}

export async function openForTest(home: string, options?: Parameters<typeof openFileJournal>[1]) {
  const journal = await openFileJournal(home, options)
  onTestFinished(() => journal.close())
  return journal
}

export function record(release: string, seq: number, body: unknown = { type: 'weight.confirmed', weight: seq }): JournalRecord {
  return { release, seq, at: 1_800_000_000_000 + seq, body }
}

const cyclic: { self?: unknown } = {}
cyclic.self = cyclic

/** What takes the place of members of a record, and makes it none. */
export const wrongRecords: readonly [string, object][] = [
  ['an empty release id', { release: '' }],
  ['a release id that climbs out of its directory', { release: '../../etc/passwd' }],
  ['a release id that is a word of JavaScript', { release: 'constructor' }],
  ['a sequence number of zero', { seq: 0 }],
  ['a time that is no number', { at: Number.NaN }],
  ['no body', { body: undefined }],
  ['a body with a bigint', { body: 1n }],
  ['a cyclic body', { body: cyclic }],
  ['a body that is a function', { body: () => {} }],
  ['a body above 16 MiB', { body: 'x'.repeat(16 * 2 ** 20) }],
  ['a member nobody asked for', { extra: 1 }],
]

/** Records of three releases in turn. */
export async function appendTurns(journal: Journal, turns: number): Promise<void> {
  const releases = ['checkout-7', 'search-2', 'a.b_c']
  for (let seq = 1; seq <= turns; seq++) await Promise.all(releases.map((release) => journal.append(record(release, seq))))
}

export async function readAll(journal: Journal, release: string): Promise<JournalRecord[]> {
  return collect(journal.read(release))
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
