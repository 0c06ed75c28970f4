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
