import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { type OpenMetricsQuery, openMetricsSource } from '../../../adapters/openmetrics/index.js'
import { readingSchema } from '../../../src/vocabulary/reading.js'
import { call, exposes, instance, interval, openMetricsType, prometheusType, readOne } from './instance.js'

const counter: OpenMetricsQuery = { counter: { name: 'hits_total' } }
const gauge: OpenMetricsQuery = { gauge: { name: 'depth' } }
const latency: OpenMetricsQuery = { histogram: { name: 'lat' } }
const summed: OpenMetricsQuery = { histogram: { name: 'lat' }, reduce: 'sum' }
const rate: OpenMetricsQuery = { total: { name: 'hits_total' }, bad: { name: 'bad_total' } }

const answers =
  (status: number, headers: Record<string, string> = {}, body: string | Buffer = 'depth 5\n'): RequestListener =>
  (_, response) =>
    response.writeHead(status, { 'content-type': prometheusType, ...headers }).end(body)

/** Promises more than it sends, then hangs up. */
const breaksOff: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-type': prometheusType, 'content-length': '1000' })
  response.write('depth 5\n', () => response.destroy())
}

/** Sends as long as anyone listens. */
const neverEnds: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-type': prometheusType })
  const more = () => {
    while (!response.destroyed && response.write('noise{a="b"} 1\n'.repeat(1000)));
  }
  response.on('drain', more)
  more()
}

const buckets = (...rows: [le: string, count: number][]) =>
  rows.map(([le, count]) => `lat_bucket{le="${le}"} ${count}\n`).join('')

test.each<[fault: string, query: OpenMetricsQuery, answer: RequestListener | string, reason: string, detail: RegExp]>([
  ['status 500', gauge, answers(500), 'outage', /status 500/],
  ['status 429', gauge, answers(429), 'outage', /status 429/],
  ['status 204', gauge, answers(204), 'outage', /status 204/],
  ['a redirect', gauge, answers(302, { location: 'http://169.254.169.254/' }), 'outage', /status 302/],
  ['HTML with status 200', gauge, exposes('<!doctype html>', 'text/html'), 'outage', /content type "text\/html"/],
  ['HTML that says it is text', gauge, exposes('<!doctype html>\n'), 'outage', /line 1: no metric name/],
  ['JSON', gauge, exposes('{"depth":5}', 'application/json'), 'outage', /content type/],
  ['protobuf', gauge, exposes('', 'application/vnd.google.protobuf; proto=x'), 'outage', /content type/],
  [
    'OpenMetrics of an unknown version',
    gauge,
    exposes('depth 5\n# EOF\n', 'application/openmetrics-text; version=9'),
    'outage',
    /content type/,
  ],
  ['no content type', gauge, (_, response) => response.end('depth 5\n'), 'outage', /content type undefined/],
  ['a body that breaks off', gauge, breaksOff, 'outage', /did not answer, or broke off/],
  ['a last line without an end', gauge, 'depth 5\ndepth{a="1"} 12', 'outage', /cut short/],
  ['OpenMetrics without EOF', gauge, exposes('depth 5\n', openMetricsType), 'outage', /cut short/],
  ['a body that is not gzip', gauge, answers(200, { 'content-encoding': 'gzip' }), 'outage', /did not answer, or broke off/],
  [
    'a gzip bomb',
    gauge,
    answers(200, { 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(20 * 2 ** 20, '#'))),
    'outage',
    /more than 10485760 bytes/,
  ],
  ['a body without end', gauge, neverEnds, 'outage', /more than (10485760 bytes|100000 series)/],
  ['a million series', gauge, 'a 1\n'.repeat(1_000_000), 'outage', /more than 100000 series/],
  ['text that is not UTF-8', gauge, answers(200, {}, Buffer.from('depth{a="\xff"} 5\n', 'latin1')), 'outage', /not UTF-8/],
  ['a broken line elsewhere', gauge, 'depth 5\nother{ 1\n', 'outage', /line 2/],
  ['an empty body', gauge, '', 'empty', /no series depth/],
  ['another series only', gauge, 'depths 5\n', 'empty', /no series depth/],
  ['labels that match nothing', { gauge: { name: 'depth', labels: { q: 'a' } } }, 'depth{q="b"} 5\n', 'empty', /no series depth/],
  ['a gauge asked for as a counter', counter, '# TYPE hits_total gauge\nhits_total 5\n', 'empty', /declares hits_total a gauge/],
  [
    'a counter asked for as a gauge',
    { gauge: { name: 'hits_total' } },
    exposes('# TYPE hits counter\nhits_total 5\n# EOF', openMetricsType),
    'empty',
    /declares hits_total a counter/,
  ],
  ['a sample an hour after the interval', gauge, `depth 5 ${interval.to + 3_600_000}\n`, 'empty', /3600000 ms after/],
  ['milliseconds where seconds belong', gauge, exposes(`depth 5 ${interval.to}\n# EOF\n`, openMetricsType), 'empty', /ms after/],
  ['a sample from before the interval', gauge, `depth 5 ${interval.from - 1}\n`, 'late', /1 ms before/],
  ['seconds where milliseconds belong', gauge, 'depth 5 1700000030\n', 'late', /ms before/],
  ['one late series of several', { ...gauge, reduce: 'max' }, `depth{q="a"} 5\ndepth{q="b"} 5 0\n`, 'late', /ms before/],
  ...['NaN', '+Inf', '-Inf', '1e400', '0x10', '1,5', 'true', '[]', 'null', '9'.repeat(400)].map(
    (value) =>
      [`the value ${value.slice(0, 9)}`, gauge, `depth ${value}\n`, 'not-a-number', /no finite number/] as [
        string,
        OpenMetricsQuery,
        string,
        string,
        RegExp,
      ],
  ),
  [
    'a sum too large for a number',
    { ...gauge, reduce: 'sum' },
    'depth{q="a"} 1e308\ndepth{q="b"} 1e308\n',
    'not-a-number',
    /whose sum/,
  ],
  ['a counter below zero', counter, 'hits_total -1\n', 'not-a-number', /below zero/],
  ['more bad than total', rate, 'hits_total 1\nbad_total 2\n', 'ambiguous', /2 bad of a total of 1/],
  [
    'several series without a reducer',
    gauge,
    'depth{q="a"} 1\ndepth{q="b"} 2\n',
    'ambiguous',
    /2 series depth; declare "reduce"/,
  ],
  ['a duplicate series', { ...gauge, reduce: 'sum' }, 'depth{q="a",r="b"} 1\ndepth{r="b",q="a"} 1\n', 'ambiguous', /twice/],
  ['a duplicate without labels', { ...gauge, reduce: 'sum' }, 'depth{q=""} 1\ndepth 1\n', 'ambiguous', /twice/],
  [
    'several histograms without a reducer',
    latency,
    buckets(['+Inf', 1]) + buckets(['+Inf', 1]).replace('{', '{a="b",'),
    'ambiguous',
    /2 histograms/,
  ],
  [
    'histograms of different bounds',
    summed,
    buckets(['1', 1], ['+Inf', 1]) + buckets(['2', 1], ['+Inf', 1]).replaceAll('{', '{a="b",'),
    'ambiguous',
    /different bounds/,
  ],
  ['a bound twice', latency, buckets(['1', 1], ['1.0', 1], ['+Inf', 1]), 'ambiguous', /same bound/],
  ['two infinite bounds', latency, buckets(['Inf', 1], ['+Inf', 1]), 'ambiguous', /same bound/],
  ['buckets that shrink', latency, buckets(['1', 5], ['2', 4], ['+Inf', 6]), 'not-a-number', /shrink/],
  ['a bucket of no bound', latency, buckets(['NaN', 5], ['+Inf', 6]), 'not-a-number', /"le" is no number/],
  ['a bucket without le', latency, 'lat_bucket 5\n', 'not-a-number', /"le" is no number/],
  ['no infinite bucket', latency, buckets(['1', 5], ['2', 6]), 'empty', /le="\+Inf"/],
  [
    'a second histogram without an infinite bucket',
    summed,
    buckets(['1', 5], ['+Inf', 6]) + buckets(['1', 5]).replace('{', '{a="b",'),
    'empty',
    /le="\+Inf"/,
  ],
  ['no bucket at all', summed, 'lat_sum 5\nlat_count 1\n', 'empty', /no series lat_bucket/],
])('%s is a missing measurement, not a number', async (_, query, answer, reason, detail) => {
  const { reading, origins } = await readOne(query, [answer])
  expect(reading).toEqual({ kind: 'missing', reason, detail: expect.stringMatching(detail) })
  expect((reading as { detail: string }).detail).toContain(`1 of 1 instances: ${origins[0]} `)
  readingSchema.parse(reading)
})

test('one instance of several that cannot be read makes the metric partial, and is named', async () => {
  const { reading, origins } = await readOne(gauge, ['depth 5\n', answers(503), 'depth 6\n'])
  expect(reading).toEqual({ kind: 'missing', reason: 'partial', detail: `1 of 3 instances: ${origins[1]} answered status 503` })
})

test('one instance of several without the series makes the metric partial', async () => {
  const { reading, origins } = await readOne(gauge, ['depth 5\n', 'other 5\n'])
  expect(reading).toMatchObject({
    kind: 'missing',
    reason: 'partial',
    detail: expect.stringContaining(`${origins[1]} has no series depth`),
  })
})

test('an outage of many instances names the first few', async () => {
  const origins = Array.from({ length: 500 }, (_, i) => `http://host-${i}.invalid`)
  const refused = async () =>
    Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error('secret'), { code: 'ENOTFOUND' }) }))
  const source = openMetricsSource({ instances: async () => origins, fetch: refused })
  const { depth } = await source.read({ unit: 'u', versions: { canary: 'v' }, queries: { depth: gauge }, ...interval }, call())
  const each = [0, 1, 2].map((i) => `http://host-${i}.invalid did not answer, or broke off (ENOTFOUND)`)
  expect(depth?.canary).toEqual({
    kind: 'missing',
    reason: 'outage',
    detail: `500 of 500 instances: ${each.join('; ')}; and 497 more`,
  })
})

test('a connection that is refused is an outage', async () => {
  const closed = createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const { port } = closed.address() as AddressInfo
  await new Promise((resolve) => closed.close(resolve))
  const source = openMetricsSource({ instances: async () => [`http://127.0.0.1:${port}`] })
  const { depth } = await source.read({ unit: 'u', versions: { canary: 'v' }, queries: { depth: gauge }, ...interval }, call())
  expect(depth?.canary).toMatchObject({ kind: 'missing', reason: 'outage', detail: expect.stringContaining('ECONNREFUSED') })
})

test('an instance that hangs, with or without a first line, is left when the call is aborted', async () => {
  const abort = new AbortController()
  const reached = { first: Promise.withResolvers<void>(), second: Promise.withResolvers<void>() }
  const silent = await instance(() => reached.first.resolve())
  const slow = await instance((_, response) => {
    response.writeHead(200, { 'content-type': prometheusType }).write('depth 5\n', () => reached.second.resolve())
  })
  const source = openMetricsSource({ instances: async () => [silent, slow] })
  const reading = source.read(
    { unit: 'shop', versions: { canary: 'v' }, queries: { depth: gauge }, ...interval },
    call(abort.signal),
  )
  await Promise.all([reached.first.promise, reached.second.promise])
  abort.abort(new Error('time is up'))
  await expect(reading).rejects.toMatchObject({
    code: 'adapter/unavailable',
    cause: { message: 'time is up' },
    details: { unit: 'shop' },
  })
})

test.each([
  ['of too many bytes', 200, prometheusType],
  ['of an error', 500, prometheusType],
  ['of a web page', 200, 'text/html'],
])('an answer %s is hung up on, not read to its end', async (_, status, type) => {
  const cancel = vi.fn()
  const line = new TextEncoder().encode('noise 1\n')
  const body = new ReadableStream({ pull: (stream) => stream.enqueue(line), cancel })
  const fetch = async () => new Response(body, { status, headers: { 'content-type': type } })
  const source = openMetricsSource({ instances: async () => ['http://a'], fetch, maxBytes: 1000 })
  await source.read({ unit: 'u', versions: { canary: 'v' }, queries: { depth: gauge }, ...interval }, call())
  expect(cancel).toHaveBeenCalledOnce()
})

test('instances that cannot be listed are an error of the whole source', async () => {
  const request = { unit: 'shop', versions: { canary: 'v' }, queries: { depth: gauge }, ...interval }
  const source = openMetricsSource({ instances: async () => Promise.reject(new Error('no route to the API')) })
  await expect(source.read(request, call())).rejects.toMatchObject({
    code: 'adapter/unavailable',
    cause: { message: 'no route to the API' },
  })
})

test.each(['checkout-7', '', 'file:///etc/passwd', 'data:text/plain,depth 5', 'http://user:hunter2@127.0.0.1/', 'javascript:1'])(
  'the instance %j is refused without being quoted',
  async (url) => {
    const source = openMetricsSource({ instances: async () => [url], fetch: () => expect.unreachable() })
    const request = { unit: 'shop', versions: { canary: 'v' }, queries: { depth: gauge }, ...interval }
    const error = await source.read(request, call()).catch((thrown: Error) => thrown)
    expect(error).toMatchObject({ code: 'adapter/rejected', message: expect.not.stringContaining('hunter2') })
  },
)

test('whatever an instance sends, what comes back is a valid reading of finite numbers, or missing', async () => {
  const seen = { missing: 0, present: 0 }
  const value = fc.constantFrom('5', '6', '0', '-1', 'NaN', '+Inf', '1e400', '', 'x')
  const line = fc.tuple(
    fc.constantFrom('depth', 'hits_total', 'bad_total', 'lat_bucket{le="1"}', 'lat_bucket{le="+Inf"}', 'depth{a="b"}'),
    value,
  )
  const text = fc
    .uniqueArray(line, { maxLength: 6, selector: ([name]) => name })
    .map((lines) => lines.map((words) => `${words.join(' ')}\n`).join(''))
  await fc.assert(
    fc.asyncProperty(text, fc.constantFrom(counter, gauge, latency, rate), async (body, query) => {
      const fetch = async () => new Response(body, { headers: { 'content-type': prometheusType } })
      const source = openMetricsSource({ instances: async () => ['http://a'], fetch })
      const { m } = await source.read({ unit: 'u', versions: { canary: 'v' }, queries: { m: query }, ...interval }, call())
      const reading = readingSchema.parse(m?.canary)
      seen[reading.kind === 'missing' ? 'missing' : 'present'] += 1
      expect(JSON.stringify(reading)).not.toMatch(/:null|\[null|,null/)
    }),
    { numRuns: 500 },
  )
  expect(Math.min(seen.missing, seen.present)).toBeGreaterThan(20)
})
