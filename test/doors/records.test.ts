/** The door for what a journal holds: a record, or an error that names it. */
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { nextTurn } from '../../src/lifecycle/invariants/history.js'
import { parseRecord, type ReleaseRecord, recordOf, recordSchema, replayStep } from '../../src/lifecycle/record.js'
import type { ReleaseSnapshot } from '../../src/lifecycle/release.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { beginning, nextEvents } from '../lifecycle/walk.js'
import { plans } from '../support/stories.js'
import { oddValues, paths, withValue } from './odd-values.js'

/** Those that a file can hold, as it would give them back. */
const inFiles = oddValues.flatMap(([, make]) => {
  try {
    const text = JSON.stringify(make())
    return text === undefined ? [] : [() => JSON.parse(text) as unknown]
  } catch {
    return []
  }
})

afterEach(() => expect(({} as { polluted?: unknown }).polluted).toBeUndefined())

const wanted = new Set(['unit.deployed', 'traffic.shifted', 'metrics.looked', 'pause.requested', 'abort.requested'])

/** The records of a release under way, as they come out of a file. */
const records: ReleaseRecord[] = (() => {
  const turns = beginning(plans.canary)
  for (let length = 0; length < 6; length += 1)
    turns.push(
      nextTurn(turns.at(-1), { event: nextEvents(turns.at(-1)!.after).find(({ event }) => wanted.has(event.type))!.event }),
    )
  return turns.map(({ event, given, after }) => JSON.parse(JSON.stringify(recordOf(event, { ...given, snapshot: after }))))
})()

/** Reads all of them, as a process that starts. */
function readAll(bodies: readonly unknown[], { from = 0, before }: { from?: number; before?: ReleaseSnapshot } = {}): string {
  let snapshot = before
  for (const [index, body] of bodies.entries()) {
    const where = `Record ${from + index + 1}`
    try {
      snapshot = replayStep(snapshot, parseRecord(body, where), where)
    } catch (error) {
      if (!ReleaseError.is(error)) throw error
      expect(error.message).toContain(where)
      expect(error.message.length).toBeLessThan(5_000)
      return error.code
    }
  }
  return 'read'
}

test('any odd value in any place of any record is found at its record, or means nothing else', () => {
  const tally: Record<string, number> = {}
  let before: ReleaseSnapshot | undefined
  for (const [from, record] of records.entries()) {
    // The plan has a test of its own.
    for (const path of paths(record).filter(([, key]) => key !== 'plan'))
      for (const make of inFiles) {
        const said = readAll([withValue(record, path, make()), ...records.slice(from + 1)], { from, ...(before && { before }) })
        tally[said] = (tally[said] ?? 0) + 1
      }
    before = replayStep(before, record, `Record ${from + 1}`)
  }
  console.log(tally)
  expect(Object.keys(tally).filter((said) => !['read', 'journal/corrupt', 'journal/version'].includes(said))).toEqual([])
  expect(tally['journal/corrupt']).toBeGreaterThan(1_000)
}, 120_000)

test('the schema for all records but the first, compiled, takes what the schema for all of them does, and makes the same of it', () => {
  const seen = { taken: 0, refused: 0 }
  for (const record of records)
    for (const path of paths(record).filter(([, key]) => key !== 'plan'))
      for (const make of inFiles) {
        const body = withValue(record, path, make())
        const { success, data } = recordSchema.safeParse(body)
        if (success) expect(parseRecord(body, 'it')).toEqual(data)
        else expect(() => parseRecord(body, 'it')).toThrow(ReleaseError)
        seen[success ? 'taken' : 'refused'] += 1
      }
  expect(Math.min(seen.taken, seen.refused), JSON.stringify(seen)).toBeGreaterThan(500)
})

test('records that are missing, doubled or swapped never end in a crash', () => {
  const tally: Record<string, number> = {}
  fc.assert(
    fc.property(fc.shuffledSubarray([...records, ...records]), (bodies) => {
      const said = readAll(bodies)
      tally[said] = (tally[said] ?? 0) + 1
    }),
    { numRuns: 2_000, seed: 7 },
  )
  expect(Object.keys(tally).filter((said) => !['read', 'journal/corrupt', 'journal/version'].includes(said))).toEqual([])
})

test('anything at all in place of a record is no record', () => {
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withMap: true, withNullPrototype: true }), (body) => {
      expect(readAll([body])).toMatch(/^journal\/(corrupt|version)$/)
    }),
    { numRuns: 2_000, seed: 8 },
  )
  for (const [name, make] of oddValues.filter(([name]) => !name.includes('throws')))
    expect([name, readAll([make()])]).toEqual([name, 'journal/corrupt'])
})

test('a release that this version would have lived otherwise is refused at the record where it parts (I35, I37)', () => {
  const [first, ...rest] = records
  expect(readAll(records)).toBe('read')
  for (const [index, record] of rest.entries()) {
    const others = [
      { ...record, effects: [] },
      { ...record, effects: [...record.effects, ...record.effects] },
    ]
    for (const other of record.effects.length > 0 ? others : [])
      expect(readAll([first, ...rest.with(index, other)])).toBe('journal/version')
  }
})

test('a format from the future is told apart from a broken one', () => {
  for (const format of [2, 99, Number.MAX_SAFE_INTEGER]) expect(readAll([{ ...records[0], format }])).toBe('journal/version')
  for (const format of [0, -1, 0.5, '1', null]) expect(readAll([{ ...records[0], format }])).toBe('journal/corrupt')
})
