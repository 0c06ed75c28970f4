import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Exposition, ExpositionReader } from '../../../adapters/openmetrics/exposition.js'
import { ExpositionError, type ExpositionFormat, parseSample } from '../../../adapters/openmetrics/parse.js'

const everything = { has: () => true } as unknown as ReadonlySet<string>

function read(pieces: readonly string[], format: ExpositionFormat = 'prometheus', maxSeries = 1000): Exposition {
  const reader = new ExpositionReader({ format, maxSeries, wanted: everything })
  for (const piece of pieces) reader.push(piece)
  return reader.end()
}

const plain = (line: string, format: ExpositionFormat = 'prometheus') => {
  const { name, labels, value, at } = parseSample(line, format)
  return [name, Object.fromEntries(labels), value, at]
}

test.each([
  ['up 1', 'up', {}, 1, undefined],
  ['  up\t 1 ', 'up', {}, 1, undefined],
  ['up{} 1', 'up', {}, 1, undefined],
  ['job:errors:rate5m 0.25', 'job:errors:rate5m', {}, 0.25, undefined],
  ['hits_total{code="200",method="GET"} 12', 'hits_total', { code: '200', method: 'GET' }, 12, undefined],
  ['hits_total{code="200",} 12', 'hits_total', { code: '200' }, 12, undefined],
  ['hits_total { code = "200" , method = "GET" }12', 'hits_total', { code: '200', method: 'GET' }, 12, undefined],
  ['hits_total{code=""} 12', 'hits_total', {}, 12, undefined],
  ['hits_total 12 1700000000000', 'hits_total', {}, 12, 1_700_000_000_000],
  ['hits_total 12 -1', 'hits_total', {}, 12, -1],
  ['temperature -3.5e-2', 'temperature', {}, -0.035, undefined],
  ['temperature +.5', 'temperature', {}, 0.5, undefined],
  ['temperature 5.', 'temperature', {}, 5, undefined],
  ['path_total{p="a{b}c,d=\\"e\\" # f"} 1', 'path_total', { p: 'a{b}c,d="e" # f' }, 1, undefined],
  ['msg{m="one\\ntwo \\\\n \\" \\q"} 1', 'msg', { m: 'one\ntwo \\n " \\q' }, 1, undefined],
  ['msg{m="größe 測量 🛫"} 1', 'msg', { m: 'größe 測量 🛫' }, 1, undefined],
])('the 0.0.4 line %j is understood', (line, ...sample) => {
  expect(plain(line)).toEqual(sample)
})

test.each([
  ['hits_total 12 1700000000.25', 'hits_total', {}, 12, 1_700_000_000_250],
  ['lat_bucket{le="0.1"} 8 # {trace_id="a#b"} 0.067 1700000000.1', 'lat_bucket', { le: '0.1' }, 8, undefined],
  ['lat_bucket{le="0.1"} 8 1.7e9 # {} 0.067', 'lat_bucket', { le: '0.1' }, 8, 1_700_000_000_000],
  ['hits_created 1.7e9', 'hits_created', {}, 1.7e9, undefined],
])('the OpenMetrics line %j is understood', (line, ...sample) => {
  expect(plain(line, 'openmetrics')).toEqual(sample)
})

test.each([
  'NaN',
  'nan',
  '+Inf',
  '-Inf',
  'Infinity',
  '1e400',
  '-1e400',
  '9'.repeat(400),
  '0x10',
  '1,5',
  '1_000',
  'true',
  '[]',
  '"1"',
  '１',
])('the value %s is no number, and not zero', (value) => {
  expect(parseSample(`up ${value}`, 'prometheus').value).toBeUndefined()
})

test.each([
  'up',
  'up ',
  '1up 1',
  'up{',
  'up{a',
  'up{a="1"',
  'up{a="1" 1',
  'up{a="1} 1',
  'up{a="1\\"} 1',
  "up{a='1'} 1",
  'up{a=1} 1',
  'up{,} 1',
  'up{a="1"b="2"} 1',
  'up{a="1",a="2"} 1',
  'up{a:b="1"} 1',
  'up{"a.b"="1"} 1',
  '{"a.b"} 1',
  'up 1 2 3',
  'up 1 soon',
  'up 1 1.5',
  'up 1 NaN',
  'up# 1',
  'up-time 1',
  'up # 1',
  '<!doctype html>',
])('the line %j is refused', (line) => {
  expect(() => parseSample(line, 'prometheus')).toThrow(ExpositionError)
})

test('comments, units, blank lines and unwanted samples are passed over, and types are remembered', () => {
  const text = '# HELP up Is it\\nup?\n# TYPE up gauge\n\n#comment\n# UNIT up ratio\nup 1\nnoise 2\n'
  const reader = new ExpositionReader({ format: 'prometheus', maxSeries: 2, wanted: new Set(['up']) })
  reader.push(text)
  const { samples, types } = reader.end()
  expect([...samples.keys()]).toEqual(['up'])
  expect([...types]).toEqual([['up', 'gauge']])
})

test.each([
  ['prometheus', 'up 1\nup 12', /cut short/],
  ['prometheus', 'up 1\nup{a="1', /cut short/],
  ['openmetrics', 'up 1\n', /cut short/],
  ['openmetrics', 'up 1\n# EO', /cut short/],
  ['openmetrics', 'up 1\n# EOF\nup 2\n', /line 3: text after/],
  ['prometheus', 'up 1\nup\n', /line 2: no value/],
  ['prometheus', 'up 1\n'.repeat(1001), /line 1001: more than 1000 series/],
] as const)('a broken %s text is refused: %$', (format, text, message) => {
  expect(() => read([text], format)).toThrow(message)
})

test('an OpenMetrics text may end with or without a line feed, and an empty 0.0.4 text is a text', () => {
  expect(read(['up 1\n# EOF'], 'openmetrics')).toEqual(read(['up 1\n# EOF\n'], 'openmetrics'))
  expect(read(['']).samples.size).toBe(0)
})

const sampleArbitrary = fc.record({
  name: fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,9}$/),
  labels: fc.dictionary(fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,9}$/), fc.string({ unit: 'binary', minLength: 1 }), {
    maxKeys: 4,
  }),
  // JavaScript writes -0 as 0.
  value: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  at: fc.option(fc.integer({ min: 0, max: 2 ** 42 }), { nil: undefined }),
})

const escapeLabel = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')

test.each(['prometheus', 'openmetrics'] as const)('what is written as %s is read back, wherever the text is cut', (format) => {
  const cuts = { some: 0 }
  fc.assert(
    fc.property(fc.array(sampleArbitrary, { maxLength: 8 }), fc.array(fc.nat(400), { maxLength: 5 }), (samples, places) => {
      const lines = samples.map(({ name, labels, value, at }) => {
        const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`)
        return `${name}{${pairs.join(',')}} ${value}${at === undefined ? '' : ` ${format === 'prometheus' ? at : at / 1000}`}\n`
      })
      const text = `${lines.join('')}${format === 'openmetrics' ? '# EOF\n' : ''}`
      const bounds = [0, ...places.filter((place) => place < text.length).sort((a, b) => a - b), text.length]
      if (bounds.length > 2) cuts.some += 1
      const found = [
        ...read(
          bounds.slice(1).map((end, i) => text.slice(bounds[i], end)),
          format,
        ).samples.values(),
      ].flat()
      const wanted = [...Map.groupBy(samples, ({ name }) => name).values()].flat()
      expect(
        found.map(({ labels, at, ...rest }) => ({ ...rest, labels: Object.fromEntries(labels), at: at && Math.round(at) })),
      ).toEqual(wanted.map((sample) => ({ ...sample, labels: { ...sample.labels } })))
    }),
  )
  expect(cuts.some).toBeGreaterThan(10)
})

test('no text makes the reader throw anything but its own error, or give anything but finite numbers', () => {
  const seen = { read: 0, refused: 0 }
  const words = [
    'up ',
    'up',
    '{',
    '}',
    'a',
    'a="1"',
    '=',
    '"',
    ',',
    '\\',
    '\n',
    ' ',
    '#',
    '# TYPE',
    '1',
    ' 1',
    '\nup 2',
    'NaN',
    '-',
    '1e400',
  ]
  const word = fc.constantFrom(...words)
  const text = fc.oneof(
    fc.array(word, { maxLength: 12 }).map((words) => `${words.join('')}\n`),
    fc.string({ unit: 'binary' }),
  )
  fc.assert(
    fc.property(text, fc.constantFrom('prometheus' as const, 'openmetrics' as const), (garbage, format) => {
      try {
        const samples = [...read([garbage, format === 'openmetrics' ? '# EOF' : ''], format).samples.values()].flat()
        seen.read += samples.length
        for (const { value, at } of samples) expect([value ?? 0, at ?? 0].every(Number.isFinite)).toBe(true)
      } catch (error) {
        expect(error).toBeInstanceOf(ExpositionError)
        seen.refused += 1
      }
    }),
    { numRuns: 5000 },
  )
  expect(Math.min(seen.read, seen.refused)).toBeGreaterThan(50)
})

// 2^22 steps are done in the blink of an eye; 2^44 would outlast the test's time limit many times over.
const long = 2 ** 22
test.each([
  ['digits', `up 1 ${'1'.repeat(long)}x`],
  ['name', 'u'.repeat(long)],
  ['label name', `up{${'a'.repeat(long)}`],
  ['label value', `up{a="${'a'.repeat(long)}`],
  ['backslashes', `up{a="${'\\'.repeat(long)}`],
  ['blanks', `up${' '.repeat(long)}`],
  ['blanks in labels', `up{${' '.repeat(long)}`],
  ['many words', `up 1${' 1'.repeat(long / 2)}`],
  ['exemplars', `up ${'#'.repeat(long)}`],
])('a line with %s without end is refused in linear time', (_, line) => {
  expect(() => read([`${line}\n`])).toThrow(ExpositionError)
})

test('a long line in very many pieces is read in linear time', () => {
  const reader = new ExpositionReader({ format: 'prometheus', maxSeries: 1, wanted: everything })
  reader.push('up{a="')
  for (let i = 0; i < 2 ** 20; i++) reader.push('aaaa')
  reader.push('"} 1\n')
  expect(reader.end().samples.get('up')?.[0]?.labels.get('a')?.length).toBe(2 ** 22)
})
