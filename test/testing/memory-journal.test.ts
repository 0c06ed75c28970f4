import { expect, test } from 'vitest'
import type { Journal } from '../../src/ports/journal.js'
import { memoryJournal } from '../../src/testing/memory-journal.js'

const record = (release: string, seq: number, body: unknown = null) => ({ release, seq, at: seq, body })
const all = async <T>(items: AsyncIterable<T>) => {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

test('records come back as they were when they were written, by release and in order', async () => {
  const journal = memoryJournal()
  const body = { list: [1] }
  await journal.append(record('b', 1, body))
  body.list.push(2)
  await journal.append(record('a', 1))
  await journal.append(record('b', 2))
  expect(await all(journal.read('b'))).toEqual([record('b', 1, { list: [1] }), record('b', 2)])
  expect(await all(journal.releases())).toEqual(['b', 'a'])
  expect(journal.records.map(({ seq }) => seq)).toEqual([1, 1, 2])
})

test('a record that is not the next one is refused', async () => {
  const journal = memoryJournal()
  await expect(journal.append(record('a', 2))).rejects.toMatchObject({ code: 'journal/conflict' })
  await journal.append(record('a', 1))
  await expect(journal.append(record('a', 1))).rejects.toMatchObject({ code: 'journal/conflict' })
})

test('a journal that forgets takes the same records as any other, and has none of them', async () => {
  const journal = memoryJournal({ forgets: true })
  await journal.append(record('a', 1))
  await expect(journal.append(record('a', 1))).rejects.toMatchObject({ code: 'journal/conflict' })
  await journal.append(record('a', 2))
  expect(await all(journal.read('a'))).toEqual([])
})

test('whoever takes a journal over has the records, a higher token, and the sole right to write', async () => {
  const first = memoryJournal()
  await first.append(record('a', 1))
  const second = first.reopen()
  await expect(first.append(record('a', 2))).rejects.toMatchObject({ code: 'journal/locked' })
  await second.append(record('a', 2))
  expect(second.fencingToken).toBe(first.fencingToken + 1)
  expect(second.records).toHaveLength(2)
})

test('nothing of a journal is a generator or an accessor of its own, which would keep its records from being let go of', () => {
  const members = Object.values(Object.getOwnPropertyDescriptors(memoryJournal()))
  expect(members.filter(({ get }) => get !== undefined)).toEqual([])
  // Generators have a prototype, for what they return; arrows have none.
  expect(members.filter(({ value }) => typeof value === 'function' && Object.hasOwn(value, 'prototype'))).toEqual([])
})

test('a copy of a journal, one method of which is another, is a journal as well', async () => {
  const journal = memoryJournal()
  const copy: Journal = { ...journal, append: (given) => journal.append({ ...given, at: 0 }) }
  await copy.append(record('a', 1))
  expect(await all(copy.read('a'))).toEqual([{ ...record('a', 1), at: 0 }])
})
