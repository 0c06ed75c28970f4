import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isPlainlySound, soundReading } from '../../src/engine/sound-reading.js'
import { type Reading, readingSchema } from '../../src/vocabulary/reading.js'

const number = fc.oneof(
  fc.double({ min: 0, max: 1e9, noNaN: true }),
  fc.constantFrom(-1, -0, 0, Number.NaN, Number.POSITIVE_INFINITY, '1', null),
)
const numbers = fc.oneof(fc.array(number, { maxLength: 3 }), number)
const odd = fc.dictionary(
  fc.constantFrom('extra', 'kind', '__proto__', 'at'),
  fc.constantFrom<unknown>('counts', 1, undefined, null),
  {
    maxKeys: 1,
  },
)
const counted = fc.oneof(
  fc.record({ kind: fc.constant('counts'), total: number, bad: number }, { requiredKeys: ['kind', 'total'] }),
  fc.record({ kind: fc.constant('histogram'), bounds: numbers, counts: numbers }),
  fc.record({ kind: fc.constant('events'), count: number, exposure: number }, { requiredKeys: ['kind', 'count'] }),
  fc.record({ kind: fc.constantFrom('gauge', 'samples'), values: numbers }),
)
const instance = fc.oneof(fc.record({ startedAt: number, value: counted }, { requiredKeys: ['value'] }), fc.constantFrom(null, 1))
const cumulative = fc.record({
  kind: fc.constant('cumulative'),
  at: number,
  instances: fc.oneof(fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), instance, { maxKeys: 2 }), numbers),
})
const reading = fc
  .tuple(fc.oneof(counted, cumulative), fc.option(odd, { nil: {}, freq: 3 }))
  .map(([value, extra]) => ({ ...value, ...extra }) as unknown)

test('whatever is taken for a sound reading at a glance, the schema takes for one as well', () => {
  let [glances, refused] = [0, 0]
  fc.assert(
    fc.property(reading, (value) => {
      const isSound = readingSchema.safeParse(value).success
      if (isPlainlySound(value)) {
        glances += 1
        expect(isSound, JSON.stringify(value)).toBe(true)
      } else if (!isSound) refused += 1
      expect(soundReading(value as Reading).kind).toBe(isSound ? (value as Reading).kind : 'missing')
    }),
    { numRuns: 20_000, seed: 20260101 },
  )
  console.log(`${glances} sound at a glance, ${refused} refused`)
  expect(Math.min(glances, refused)).toBeGreaterThan(1_000)
})

test('an honest reading of every kind that adapters give is sound at a glance', () => {
  const value = { kind: 'histogram', bounds: [0.1, 1], counts: [4, 5, 0] }
  for (const honest of [
    { kind: 'counts', total: 10.5, bad: 0 },
    value,
    { kind: 'events', count: 3, exposure: 60 },
    { kind: 'cumulative', at: 5, instances: { a: { startedAt: 1, value }, b: { value: { kind: 'counts', total: 1, bad: 1 } } } },
    { kind: 'cumulative', at: 5, instances: { a: { value: { kind: 'events', count: 1 } } } },
  ])
    expect(isPlainlySound(honest)).toBe(true)
  expect(isPlainlySound({ ...value, counts: new Array(3) }), 'holes').toBe(false)
})
