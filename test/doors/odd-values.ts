/** What comes in through a door that nobody expected: values, texts and names. */

const throwing = () => {
  throw new Error('trap')
}

const cyclic: Record<string, unknown> = {}
cyclic.self = cyclic

const deep = (levels: number): unknown => {
  let value: unknown = 1
  for (let level = 0; level < levels; level += 1) value = { a: value }
  return value
}

class Accessor {
  get id(): string {
    return 'bob'
  }

  toJSON(): unknown {
    return { id: 'mallory' }
  }
}

/** By what they are; made anew at each use, since some remember. */
export const oddValues: readonly (readonly [string, () => unknown])[] = [
  ['undefined', () => undefined],
  ['null', () => null],
  ['true', () => true],
  ['NaN', () => Number.NaN],
  ['minus zero', () => -0],
  ['infinity', () => Number.POSITIVE_INFINITY],
  ['a number beyond all', () => 1e308],
  ['2^53', () => 2 ** 53],
  ['an empty text', () => ''],
  ['text "NaN"', () => 'NaN'],
  ['text "+Inf"', () => '+Inf'],
  ['text "1e400"', () => '1e400'],
  ['text "0x10"', () => '0x10'],
  ['text " 1"', () => ' 1'],
  ['text "1,5"', () => '1,5'],
  ['400 digits', () => '9'.repeat(400)],
  ['a megabyte', () => 'x'.repeat(1_000_000)],
  ['an empty array', () => []],
  ['a pair of time and text', () => [[1_700_000_000, '1']]],
  ['a hundred thousand items', () => Array.from({ length: 100_000 }, () => 1)],
  ['an array that claims 2^32 - 1 items', () => Object.assign([], { length: 2 ** 32 - 1 })],
  ['an empty object', () => ({})],
  ['a date', () => new Date(0)],
  ['a map', () => new Map([['kind', 'counts']])],
  ['a big integer', () => 10n],
  ['a symbol', () => Symbol('s')],
  ['a function', () => () => 'pass'],
  ['a circle', () => cyclic],
  ['ten thousand levels', () => deep(10_000)],
  ['a getter that throws', () => Object.defineProperty({}, 'id', { get: throwing, enumerable: true })],
  ['a class with accessors', () => new Accessor()],
  ['a proxy that throws', () => new Proxy({}, { get: throwing, has: throwing, ownKeys: throwing, getPrototypeOf: throwing })],
  ['an object without a prototype', () => Object.create(null)],
  ['a polluting object', () => JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}')],
  ['a thenable', () => Object.fromEntries([['then', throwing]])],
]

/** None of them is a name; some have been files, markup or somebody else. */
export const oddNames: readonly string[] = [
  '',
  ' ',
  '.',
  '..',
  '../../etc/passwd',
  '..\\..\\windows',
  'C:\\x',
  '/etc/passwd',
  'a/b',
  '%2e%2e%2f',
  'name.',
  '-name',
  '.name',
  'Name',
  'na me',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'nul\0l',
  'line\nbreak',
  'tab\tstop',
  'right\u202eleft',
  'zero\u200bwidth',
  'half \ud800',
  'caf\u00e9',
  'cafe\u0301',
  '😀',
  'ﬁ',
  '=HYPERLINK("http://x")',
  '<script>alert(1)</script>',
  '$(reboot)',
  "'; drop table releases; --",
  'a'.repeat(101),
  'a'.repeat(1_000_000),
]

/** Texts that take a careless pattern a lifetime. */
export const killers: readonly string[] = [
  `${'a'.repeat(30)}!`,
  `${'a'.repeat(100_000)}!`,
  `${'1'.repeat(100_000)}d`,
  `${'1d'.repeat(50_000)}x`,
  `${' '.repeat(100_000)}x`,
  `sha256:${'0'.repeat(100_000)}`,
  `${'a.'.repeat(50_000)}!`,
  `${'-'.repeat(100_000)}\0`,
  `whsec_${'A'.repeat(100_000)}!`,
]

/** Every place in a value, as a path; the root first. */
export function paths(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...path]]
  return [[...path], ...Object.entries(value).flatMap(([key, item]) => paths(item, [...path, key]))]
}

/** A copy with something else in one place. */
export function withValue(value: unknown, [key, ...rest]: readonly string[], put: unknown): unknown {
  if (key === undefined) return put
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) }
  return Object.assign(copy, { [key]: withValue((value as Record<string, unknown>)[key], rest, put) })
}
