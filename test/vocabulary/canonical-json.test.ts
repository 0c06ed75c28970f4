import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson, jsonSchema, uncopiedJsonSchema } from '../../src/vocabulary/canonical-json.js'

/** The rule in its shortest form: every object's members by key, nothing else changed. */
function byTheRule(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map((item) => byTheRule(item ?? null)).join()}]`
  const members = Object.entries(value).filter(([, item]) => item !== undefined)
  const inOrder = members.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${inOrder.map(([key, item]) => `${JSON.stringify(key)}:${byTheRule(item)}`).join()}}`
}

test('the order in which members were written makes no difference, sorted or not, at any depth', () => {
  const seen = { sorted: 0, unsorted: 0 }
  const anyJson = fc.jsonValue({ stringUnit: 'binary', maxDepth: 6 })
  fc.assert(
    fc.property(anyJson, (value) => {
      const text = canonicalJson(value)
      expect(text).toBe(byTheRule(value))
      expect(canonicalJson(JSON.parse(text))).toBe(text)
      seen[text === JSON.stringify(value) ? 'sorted' : 'unsorted'] += 1
    }),
    { numRuns: 2_000 },
  )
  expect(Math.min(seen.sorted, seen.unsorted), JSON.stringify(seen)).toBeGreaterThan(5)
})

test('keys that look like numbers, or like the prototype, are members like any other, in their place', () => {
  expect(canonicalJson({ 10: 1, 9: 2, a: 3 })).toBe('{"10":1,"9":2,"a":3}')
  expect(canonicalJson(JSON.parse('{"z":1,"__proto__":{"b":2,"a":1}}'))).toBe('{"__proto__":{"a":1,"b":2},"z":1}')
})

test('members that are undefined are left out, and in a list they are null', () => {
  expect(canonicalJson({ a: undefined, b: [undefined, 1] })).toBe('{"b":[null,1]}')
  expect(canonicalJson({ b: [undefined, 1], a: undefined })).toBe('{"b":[null,1]}')
  expect(canonicalJson({ b: new Array(2), a: new Array(1) })).toBe('{"a":[null],"b":[null,null]}')
})

test('an object is written by its own members, whatever it says of itself', () => {
  class Told {
    b = 1
    a = 2
    toJSON() {
      return 'something else'
    }
  }
  expect(canonicalJson({ it: new Told() })).toBe('{"it":{"a":2,"b":1}}')
  expect(canonicalJson(new Date(0))).toBe('{}')
})

test.each([Number.NaN, Number.POSITIVE_INFINITY, 1n, () => 1, Symbol('s'), { toJSON: () => 1 }])(
  '%s is refused, deep inside too',
  (value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError)
    expect(() => canonicalJson({ a: [{ b: value }] })).toThrow(TypeError)
    expect(() => canonicalJson({ b: 1, a: [{ b: value }] })).toThrow(TypeError)
  },
)

test('a cycle and a bomb of brackets are refused at once, in order or not', () => {
  const cycle: Record<string, unknown> = {}
  cycle.a = cycle
  expect(() => canonicalJson(cycle)).toThrow('cyclic')
  let bomb: unknown = 1
  for (let i = 0; i < 10_000; i++) bomb = i % 2 === 0 ? { b: bomb, a: 1 } : [bomb]
  expect(() => canonicalJson(bomb)).toThrow('levels')
})

test('the schema that copies nothing takes and refuses what the recursive one does', () => {
  const seen = { taken: 0, refused: 0 }
  const value = fc.anything({
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withSparseArray: true,
    withBoxedValues: true,
  })
  fc.assert(
    fc.property(fc.oneof(value, fc.jsonValue()), (given) => {
      fc.pre(!fc.stringify(given).includes('__proto__'))
      const { success, data } = uncopiedJsonSchema.safeParse(given)
      expect(success).toBe(jsonSchema.safeParse(given).success)
      if (success) expect(data).toBe(given)
      seen[success ? 'taken' : 'refused'] += 1
    }),
    { numRuns: 2_000 },
  )
  expect(Math.min(seen.taken, seen.refused), JSON.stringify(seen)).toBeGreaterThan(100)
})

test('what is nested without end, or nearly, is refused by it and fills no stack', () => {
  const cyclic: unknown[] = []
  cyclic.push(cyclic)
  const deep = JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`)
  for (const value of [cyclic, { deep }]) expect(uncopiedJsonSchema.safeParse(value).success).toBe(false)
})
