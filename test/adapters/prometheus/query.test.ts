import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type PrometheusQuery, prometheusSource } from '../../../adapters/prometheus/index.js'
import type { Json } from '../../../src/vocabulary/canonical-json.js'
import { answersWith, call, interval, sample, serve, vector } from './server.js'

const source = prometheusSource({ url: 'http://prometheus' })
const of = (name: string, labels: Record<string, Json> = {}) => ({ name, labels: { version: '$version', ...labels } })

test.each<[mistake: string, query: Json, path: string, says: RegExp]>([
  ['no query', null, '', /write \{ total, bad \}/],
  ['a text', 'up', '', /write \{ total, bad \}/],
  ['an unknown key', { gauge: of('x'), redcue: 'sum' }, '', /redcue/],
  ['half of a ratio', { total: of('x') }, 'bad', /write/],
  ['a name that is none', { gauge: of('x{a="b"}') }, 'gauge.name', /not a metric name/],
  [
    'cohorts that are the same series',
    { gauge: { name: 'x', labels: { job: '$unit' } } },
    'gauge',
    /no label contains "\$version"/,
  ],
  ['a selection without labels', { gauge: { name: 'x' } }, 'gauge', /write/],
  [
    'labels of a prototype',
    JSON.parse('{"gauge":{"name":"x","labels":{"version":"$version","__proto__":"y"}}}'),
    'gauge.labels',
    /cannot be named/,
  ],
  [
    'several series that nobody joins',
    { counter: of('x', { code: { prefix: '5' } }), exposure: of('up') },
    'counter',
    /"code" can match several series; declare "reduce"/,
  ],
  ['a selected bucket', { histogram: of('x', { le: '1' }), reduce: 'sum' }, 'histogram', /"le" tells buckets apart/],
  ['a maximum of counters', { counter: of('x'), exposure: of('up'), reduce: 'max' }, 'reduce', /sum/],
  ['PromQL without a version', { gauge: 'max(x)' }, 'gauge', /does not contain "\$version"/],
  ['PromQL with its version in a comment', { gauge: 'max(x) # "$version"' }, 'gauge', /does not contain "\$version"/],
  [
    'PromQL that counts for ever',
    { counter: 'sum(x{v="$version"})', exposure: 'vector($interval) + x{v="$version"}' },
    'counter',
    /does not contain \$interval/,
  ],
  [
    'an interval inside of quotes',
    { counter: 'sum(x{v="$version$interval"})', exposure: of('up') },
    'counter',
    /does not contain \$interval/,
  ],
  ['a version outside of quotes', { gauge: 'x{v="$version"} or $version' }, 'gauge', /"\$version" cannot stand there/],
  ['a version in back quotes', { gauge: 'x{v=`$version`}' }, 'gauge', /cannot stand there/],
  [
    'a placeholder of another tool',
    { gauge: 'rate(x{v="$version"}[$__rate_interval])' },
    'gauge',
    /"\$__rate_interval" cannot stand there/,
  ],
  ['a quote without its partner', { gauge: 'x{v="$version}' }, 'gauge', /" is not closed/],
])('%s is refused before the release', (_, query, path, says) => {
  expect(() => source.check({ errors: query })).toThrow(
    expect.objectContaining({
      code: 'plan/incapable',
      message: expect.stringMatching(says),
      details: { metric: 'errors', path },
    }),
  )
})

test('good queries are accepted', () => {
  const good: Record<string, PrometheusQuery> = {
    errors: {
      total: of('http_requests_total', { job: '$unit' }),
      bad: of('http_requests_total', { code: { prefix: '5' } }),
      reduce: 'sum',
      absentBad: 'zero',
    },
    latency: { histogram: of('http_request_duration_seconds'), reduce: 'sum' },
    native: { histogram: of('http_request_duration_seconds'), native: true },
    restarts: { counter: of('restarts_total'), exposure: of('up', { job: { in: ['a', 'b'] } }) },
    depth: { gauge: of('depth', { queue: { not: 'dead' } }), reduce: 'each' },
    pods: { gauge: { name: 'memory_bytes', labels: { pod: { prefix: '$unit-$version-' } } }, reduce: 'max' },
    written: { total: `sum(increase(a{v='$version'}[$interval])) # "all`, bad: 'sum(increase(b{v=~"$version"}[$interval]))' },
  }
  expect(() => source.check(good as Record<string, Json>)).not.toThrow()
})

/** The PromQL of a gauge for one version. */
async function promqlFor(query: PrometheusQuery, version: string): Promise<string> {
  const asked: string[] = []
  const fetch = async (_: unknown, init?: RequestInit) => {
    asked.push(new URLSearchParams(String(init?.body)).get('query') ?? '')
    return Response.json(vector())
  }
  await prometheusSource({ url: 'http://prometheus', fetch }).read(
    { unit: 'checkout', versions: { canary: version }, queries: { metric: query as never }, ...interval },
    call(),
  )
  return asked[0]!
}

/** Reads quoted texts as PromQL does, and leaves holes where they were. */
function texts(promql: string): { holes: string; values: string[] } {
  const values: string[] = []
  const holes = promql.replace(/"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'/g, (_, double, single) => {
    values.push(
      (double ?? single).replace(/\\(?:x([0-9a-f]{2})|(.))/g, (_: string, hex?: string, char?: string) =>
        hex ? String.fromCharCode(Number.parseInt(hex, 16)) : char,
      ),
    )
    return '""'
  })
  return { holes, values }
}

/** Texts that are mostly made of what PromQL, its patterns and this adapter treat in a way of their own. */
const odd = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...'"\'\\`{}()[]|.*+?^$#,=~!\n\r\t\0', '$version', '$unit', '$interval', '$&', '$1'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  ),
  minLength: 1,
})

test('whatever a version is called, it stays inside of its quotes and keeps its meaning', async () => {
  let escapes = 0
  await fc.assert(
    fc.asyncProperty(odd, async (version) => {
      escapes += /["\\\n]/.test(version) ? 1 : 0
      const matcher = (query: PrometheusQuery) => promqlFor(query, version).then(texts)
      const plain = { holes: 'last_over_time(x{v=""}[60000ms])', values: [version] }
      expect(await matcher({ gauge: { name: 'x', labels: { v: '$version' } } })).toEqual(plain)
      for (const quote of ['"', "'"])
        expect(await matcher({ gauge: `x{v=${quote}$version${quote}}` })).toEqual({ holes: 'x{v=""}', values: [version] })
      const patterns = [
        await matcher({ gauge: { name: 'x', labels: { v: { in: ['$version', 'b'] } } }, reduce: 'sum' }),
        await matcher({ gauge: { name: 'x', labels: { v: { prefix: '$version' } } }, reduce: 'sum' }),
        await matcher({ gauge: `x{v=~"$version"}` }),
      ]
      for (const { holes, values } of patterns) {
        expect(holes).toContain('x{v=~""}')
        const pattern = new RegExp(`^(?:${values[0]})$`)
        expect(pattern.test(version)).toBe(true)
        const other = version.startsWith('!') ? 'x' : '!'
        expect(pattern.test(`${other}${version}`)).toBe(false)
      }
    }),
    { numRuns: 300 },
  )
  expect(escapes).toBeGreaterThan(20)
})

test('all that selectors describe is one request for both versions, and each PromQL one more', async () => {
  const asked: string[] = []
  const url = await serve(
    answersWith((promql) => {
      asked.push(promql)
      return vector(...[...promql.matchAll(/"taxiway","(\d+)"/g)].map(([, tag = '']) => sample(tag, { taxiway: tag })))
    }),
  )
  const queries: Record<string, PrometheusQuery> = {
    errors: { total: of('a'), bad: of('b'), reduce: 'sum' },
    depth: { gauge: of('c') },
    written: { gauge: 'd{v="$version"}' },
  }
  const look = await prometheusSource({ url }).read(
    { unit: 'checkout', versions: { canary: 'v2', control: 'v1' }, queries: queries as never, ...interval },
    call(),
  )
  expect(asked).toHaveLength(2)
  expect(look).toEqual({
    errors: {
      canary: { kind: 'missing', reason: 'ambiguous', detail: '1 bad of a total of 0' },
      control: { kind: 'missing', reason: 'ambiguous', detail: '3 bad of a total of 2' },
    },
    depth: { canary: { kind: 'gauge', values: [4] }, control: { kind: 'gauge', values: [5] } },
    written: { canary: { kind: 'gauge', values: [0] }, control: { kind: 'gauge', values: [1] } },
  })
})

test('error ratio and latency of two versions are one request', async () => {
  let asked = 0
  const url = await serve(
    answersWith(() => {
      asked += 1
      return vector()
    }),
  )
  const queries: Record<string, PrometheusQuery> = {
    errors: { total: of('a'), bad: of('b'), reduce: 'sum' },
    latency: { histogram: of('c'), reduce: 'sum' },
  }
  const versions = { canary: 'v2', control: 'v1' }
  await prometheusSource({ url }).read({ unit: 'checkout', versions, queries: queries as never, ...interval }, call())
  expect(asked).toBe(1)
})

test('before a first release there is nothing to compare with', async () => {
  const url = await serve(answersWith(() => vector(sample('1'))))
  const look = await prometheusSource({ url }).read(
    { unit: 'checkout', versions: { canary: 'v1' }, queries: { depth: { gauge: of('depth') } as never }, ...interval },
    call(),
  )
  expect(look.depth).toEqual({
    canary: { kind: 'gauge', values: [1] },
    control: expect.objectContaining({ kind: 'missing', reason: 'empty' }),
  })
})
