import { expect, test } from 'vitest'
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

test('whoever takes a journal over has the records, a higher token, and the sole right to write', async () => {
  const first = memoryJournal()
  await first.append(record('a', 1))
  const second = first.reopen()
  await expect(first.append(record('a', 2))).rejects.toMatchObject({ code: 'journal/locked' })
  await second.append(record('a', 2))
  expect(second.fencingToken).toBe(first.fencingToken + 1)
  expect(second.records).toHaveLength(2)
})
