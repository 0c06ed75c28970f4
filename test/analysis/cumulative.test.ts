import fc from 'fast-check'
import { expect, test } from 'vitest'
import { difference } from '../../src/analysis/cumulative.js'
import type { Measurement } from '../../src/vocabulary/measurement.js'
import { type Cumulative, cumulativeSchema } from '../../src/vocabulary/reading.js'

interface Instance {
  readonly startedAt?: number
  readonly total: number
  readonly bad: number
}
function counts(at: number, instances: Record<string, Instance>): Cumulative {
  const entries = Object.entries(instances).map(([name, { startedAt, ...rest }]) => {
    return [name, { ...(startedAt !== undefined && { startedAt }), value: { kind: 'counts' as const, ...rest } }]
  })
  return { kind: 'cumulative', at, instances: Object.fromEntries(entries) }
}
const histogram = (at: number, found: number[], bounds = [1, 2]): Cumulative => {
  return { kind: 'cumulative', at, instances: { a: { value: { kind: 'histogram', bounds, counts: found } } } }
}
const missing = (reason: string) => expect.objectContaining({ kind: 'missing', reason })

test('the first reading of counters says nothing yet, and the second what happened since', () => {
  const first = counts(1_000, { a: { total: 500, bad: 5 }, b: { total: 100, bad: 0 } })
  expect(difference(undefined, first)).toEqual(missing('first-look'))
  const second = counts(2_000, { a: { total: 600, bad: 6 }, b: { total: 150, bad: 2 } })
  expect(difference(first, second)).toEqual({ kind: 'counts', total: 150, bad: 3 })
})

test('a restarted instance counts what it counted since, and the others are not disturbed', () => {
  const before = counts(1_000, { a: { total: 500, bad: 5 }, b: { total: 100, bad: 0 } })
  const after = counts(2_000, { a: { total: 40, bad: 4 }, b: { total: 110, bad: 1 } })
  expect(difference(before, after)).toEqual({ kind: 'counts', total: 50, bad: 5 })
})

test('a restart shows in the start time even when the counter has already passed its old value', () => {
  const before = counts(1_000, { a: { startedAt: 0, total: 10, bad: 0 } })
  expect(difference(before, counts(2_000, { a: { startedAt: 1_500, total: 30, bad: 3 } }))).toEqual({
    kind: 'counts',
    total: 30,
    bad: 3,
  })
})

test('an instance that appears counts in full when it started in between, and is a baseline otherwise', () => {
  const before = counts(1_000, { a: { total: 10, bad: 0 } })
  const a = { total: 20, bad: 0 }
  expect(difference(before, counts(2_000, { a, b: { startedAt: 1_200, total: 7, bad: 7 } }))).toEqual({
    kind: 'counts',
    total: 17,
    bad: 7,
  })
  for (const b of [
    { startedAt: 2_001, total: 7, bad: 7 },
    { startedAt: 900, total: 7, bad: 7 },
    { total: 7, bad: 7 },
  ])
    expect(difference(before, counts(2_000, { a, b }))).toEqual({ kind: 'counts', total: 10, bad: 0 })
})

test('an instance that vanishes makes the look partial, and the next look is whole again', () => {
  const before = counts(1_000, { a: { total: 10, bad: 0 }, b: { total: 10, bad: 9 } })
  const after = counts(2_000, { a: { total: 20, bad: 0 } })
  expect(difference(before, after)).toEqual(missing('partial'))
  expect(difference(after, counts(3_000, { a: { total: 25, bad: 0 } }))).toEqual({ kind: 'counts', total: 5, bad: 0 })
})

test('no instances, only new ones, old readings and changed kinds are no numbers', () => {
  const before = counts(1_000, {})
  expect(difference(before, counts(2_000, {}))).toEqual(missing('empty'))
  expect(difference(before, counts(2_000, { a: { total: 9, bad: 0 } }))).toEqual(missing('first-look'))
  const same = counts(1_000, { a: { total: 9, bad: 0 } })
  expect(difference(same, same)).toEqual(missing('late'))
  expect(difference(same, histogram(2_000, [1, 2, 3]))).toEqual(missing('first-look'))
  expect(difference(histogram(1_000, [1, 2, 3]), histogram(2_000, [1, 2, 3], [1, 5]))).toEqual(missing('first-look'))
})

test('buckets are told apart, start anew together, and none gains less than nothing', () => {
  const bounds = [1, 2]
  expect(difference(histogram(1_000, [5, 3, 2]), histogram(2_000, [6, 6, 8]))).toEqual({
    kind: 'histogram',
    bounds,
    counts: [1, 3, 6],
  })
  expect(difference(histogram(1_000, [5, 3, 2]), histogram(2_000, [9, 2, 2]))).toEqual({
    kind: 'histogram',
    bounds,
    counts: [4, 0, 0],
  })
  expect(difference(histogram(1_000, [5, 3, 2]), histogram(2_000, [6, 0, 0]))).toEqual({
    kind: 'histogram',
    bounds,
    counts: [6, 0, 0],
  })
})

test('events come with the seconds their instances were watched', () => {
  const events = (count: number) => ({ kind: 'events' as const, count })
  const before: Cumulative = { kind: 'cumulative', at: 10_000, instances: { a: { value: events(1) } } }
  const b = { startedAt: 30_000, value: events(4) }
  const after: Cumulative = { kind: 'cumulative', at: 40_000, instances: { a: { value: events(3) }, b } }
  expect(difference(before, after)).toEqual({ kind: 'events', count: 6, exposure: 40 })
})

test('instances that count different things are not added up', () => {
  const mixed = { ...counts(2_000, { b: { total: 1, bad: 0 } }).instances, ...histogram(2_000, [1, 2, 3]).instances }
  expect(difference(histogram(1_000, [1, 2, 3]), { kind: 'cumulative', at: 2_000, instances: mixed })).toEqual(
    missing('ambiguous'),
  )
})

test('what is a measurement already is passed on, from the first look on', () => {
  const gauge: Measurement = { kind: 'gauge', values: [3, -1] }
  expect(difference(undefined, gauge)).toBe(gauge)
})

test('whatever restarts in between, every request that was seen is counted once', () => {
  let restarts = 0
  const step = fc.record({ requests: fc.nat(20), isRestart: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { minLength: 2, maxLength: 20 }), (steps) => {
      let total = 100
      let startedAt = 0
      let seen = 0
      let previous = counts(0, { a: { startedAt, total, bad: 0 } })
      steps.forEach(({ requests, isRestart }, i) => {
        if (isRestart) {
          restarts++
          startedAt = i * 1_000 + 500
          total = 0
        }
        total += requests
        const current = counts((i + 1) * 1_000, { a: { startedAt, total, bad: 0 } })
        const measured = difference(cumulativeSchema.parse(JSON.parse(JSON.stringify(previous))), current)
        seen += measured.kind === 'counts' ? measured.total : Number.NaN
        previous = current
      })
      expect(seen).toBe(steps.reduce((sum, { requests }) => sum + requests, 0))
    }),
  )
  expect(restarts).toBeGreaterThan(50)
})

test('counters that are too high to be added up are no number', () => {
  const huge = { total: 1.5e308, bad: 0 }
  const before = counts(1_000, { a: { total: 0, bad: 0 }, b: { total: 0, bad: 0 } })
  expect(difference(before, counts(2_000, { a: huge, b: huge }))).toEqual(missing('not-a-number'))
  const event = (at: number): Cumulative => ({
    kind: 'cumulative',
    at,
    instances: { a: { value: { kind: 'events', count: 1 } } },
  })
  expect(difference(event(-1.5e308), event(1.5e308))).toEqual(missing('not-a-number'))
})
