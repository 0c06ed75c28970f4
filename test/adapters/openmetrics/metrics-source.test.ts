import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { type OpenMetricsQuery, openMetricsSource } from '../../../adapters/openmetrics/index.js'
import { readingSchema } from '../../../src/vocabulary/reading.js'
import { call, exposes, instance, interval, openMetricsType, prometheusType, readOne } from './instance.js'

const http = `# TYPE http_requests_total counter
http_requests_total{code="200",path="/"} 90
http_requests_total{code="404",path="/"} 6
http_requests_total{code="500",path="/"} 3
http_requests_total{code="503",path="/pay"} 1
# TYPE process_start_time_seconds gauge
process_start_time_seconds 1.69999999875e+09
`
const startedAt = 1_699_999_998_750
const requests = (labels: Record<string, unknown> = {}) => ({ name: 'http_requests_total', labels }) as { name: string }

test.each([
  [{ code: { prefix: '5' } }, 4],
  [{ code: { in: ['404', '500'] } }, 9],
  [{ code: { not: '200' } }, 10],
  [{ code: '503', path: '/pay' }, 1],
  [{ code: { not: '200' }, path: '/' }, 9],
  [{ zone: '' }, 100],
  [{ zone: { not: 'b' } }, 100],
])('bad requests are those whose labels match %j', async (labels, bad) => {
  const { reading, origins } = await readOne({ total: requests(), bad: requests(labels), reduce: 'sum' }, [http])
  expect(reading).toEqual({
    kind: 'cumulative',
    at: interval.to,
    instances: { [origins[0]!]: { startedAt, value: { kind: 'counts', total: 100, bad } } },
  })
})

test('every instance of both versions is read once, at the same time, and keeps its own counters', async () => {
  const hits: string[] = []
  const counting = (name: string, text: string) =>
    instance((request, response) => {
      hits.push(`${name} ${request.url} ${request.headers.accept}`)
      exposes(text)(request, response)
    })
  const origins = {
    v1: [await counting('a', 'jobs_total 7\n')],
    v2: [await counting('b', 'jobs_total 1\n'), await counting('c', 'jobs_total 2\nprocess_start_time_seconds 1.5\n')],
  }
  const asked: unknown[] = []
  const source = openMetricsSource({
    instances: async (unit, version, options) => {
      asked.push([unit, version, options.idempotencyKey])
      return origins[version as 'v1' | 'v2']
    },
  })
  const queries = { jobs: { counter: { name: 'jobs_total' } }, again: { counter: { name: 'jobs_total' } } }
  const found = await source.read({ unit: 'checkout', versions: { canary: 'v2', control: 'v1' }, queries, ...interval }, call())
  const events = (count: number) => ({ value: { kind: 'events', count } })
  const [b, c] = origins.v2
  expect(found.jobs).toEqual({
    canary: { kind: 'cumulative', at: interval.to, instances: { [b!]: events(1), [c!]: { ...events(2), startedAt: 1500 } } },
    control: { kind: 'cumulative', at: interval.to, instances: { [origins.v1[0]!]: events(7) } },
  })
  expect(found.again).toEqual(found.jobs)
  const accept = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5'
  expect(hits.sort()).toEqual(['a', 'b', 'c'].map((name) => `${name} /metrics ${accept}`))
  expect(asked.sort()).toEqual([
    ['checkout', 'v1', 'r/1'],
    ['checkout', 'v2', 'r/1'],
  ])
  readingSchema.parse(found.jobs?.canary)
})

const latency = `# TYPE latency_seconds histogram
latency_seconds_bucket{path="/",le="0.1"} 5 # {trace_id="x"} 0.05
latency_seconds_bucket{path="/",le="+Inf"} 10
latency_seconds_bucket{path="/",le="0.5"} 8
latency_seconds_count{path="/"} 10
latency_seconds_sum{path="/"} 3.5
latency_seconds_created{path="/"} 1.7e9
latency_seconds_bucket{path="/pay",le="0.10"} 1
latency_seconds_bucket{path="/pay",le="5e-1"} 1
latency_seconds_bucket{path="/pay",le="+Inf"} 4
# EOF`

test('classic buckets become disjoint, and label sets are added up where the query says so', async () => {
  const only = { histogram: { name: 'latency_seconds', labels: { path: '/' } } }
  const all: OpenMetricsQuery = { histogram: { name: 'latency_seconds' }, reduce: 'sum' }
  const one = await readOne(only, [exposes(latency, openMetricsType)])
  expect(one.reading).toMatchObject({
    instances: { [one.origins[0]!]: { value: { kind: 'histogram', bounds: [0.1, 0.5], counts: [5, 3, 2] } } },
  })
  const both = await readOne(all, [exposes(latency, openMetricsType)])
  expect(both.reading).toMatchObject({
    instances: { [both.origins[0]!]: { value: { kind: 'histogram', bounds: [0.1, 0.5], counts: [6, 3, 5] } } },
  })
})

const queue = '# TYPE depth gauge\ndepth{q="a"} -1\ndepth{q="b"} 4\ndepth{q="c"} 3\n'
test.each([
  ['sum', 6],
  ['min', -1],
  ['max', 4],
  ['mean', 2],
] as const)('a gauge of several series is reduced by %s to %f for each instance', async (reduce, value) => {
  const { reading } = await readOne({ gauge: { name: 'depth' }, reduce }, [queue, queue])
  expect(reading).toEqual({ kind: 'gauge', values: [value, value] })
})

test('a series of bad requests that does not exist yet is zero only where the query says so', async () => {
  const query = { total: requests(), bad: requests({ code: { prefix: '9' } }), reduce: 'sum' } as const
  expect((await readOne(query, [http])).reading).toMatchObject({ kind: 'missing', reason: 'empty' })
  const { reading, origins } = await readOne({ ...query, absentBad: 'zero' }, [http])
  expect(reading).toMatchObject({ instances: { [origins[0]!]: { value: { total: 100, bad: 0 } } } })
})

test.each([
  ['a total that does not exist yet', 'other_total 1\n', 'empty'],
  ['a bad series that is no number', 'http_requests_total 5\nbad_total NaN\n', 'not-a-number'],
  ['a bad series from the future', `http_requests_total 5\nbad_total 1 ${interval.to + 3_600_000}\n`, 'empty'],
  ['a bad series that is a gauge', '# TYPE bad_total gauge\nhttp_requests_total 5\nbad_total 1\n', 'empty'],
])('%s is never taken for zero', async (_, text, reason) => {
  const query: OpenMetricsQuery = { total: requests(), bad: { name: 'bad_total' }, absentBad: 'zero' }
  expect((await readOne(query, [text])).reading).toMatchObject({ kind: 'missing', reason })
})

test('an instance given as a whole URL is read there and goes by that name; one named twice is read once', async () => {
  const paths: (string | undefined)[] = []
  const origin = await instance((request, response) => {
    paths.push(request.url)
    exposes('depth 1\n')(request, response)
  })
  const source = openMetricsSource({
    instances: async () => [`${origin}/a?x=1`, origin, `${origin}/`, `${origin}/a?x=1`, `${origin}/?x=1`],
    path: '/stats',
  })
  const queries = { jobs: { counter: { name: 'depth' } } }
  const { jobs } = await source.read({ unit: 'u', versions: { canary: 'v' }, queries, ...interval }, call())
  expect(jobs?.canary).toMatchObject({ instances: { [`${origin}/a?x=1`]: {}, [origin]: {}, [`${origin}/?x=1`]: {} } })
  expect(paths.sort()).toEqual(['/?x=1', '/a?x=1', '/stats'])
})

test.each(['process_start_time_seconds NaN\n', 'process_start_time_seconds{a="1"} 1\nprocess_start_time_seconds{a="2"} 2\n'])(
  'an instance that is not clear about its start keeps its counters and tells no start: %j',
  async (start) => {
    const { reading, origins } = await readOne({ counter: { name: 'jobs_total' } }, [`jobs_total 7\n${start}`])
    expect(reading).toMatchObject({ instances: { [origins[0]!]: { value: { kind: 'events', count: 7 } } } })
    expect(JSON.stringify(reading)).not.toContain('startedAt')
  },
)

test('a compressed exposition is read, and a caller can add headers with a fetch of their own', async () => {
  const { reading } = await readOne(
    { gauge: { name: 'depth' } },
    [
      (request, response) =>
        response
          .writeHead(request.headers.authorization === 'Bearer t' ? 200 : 401, {
            'content-type': prometheusType,
            'content-encoding': 'gzip',
          })
          .end(gzipSync('depth 5\n')),
    ],
    { fetch: (url, init) => fetch(url, { ...init, headers: { ...init?.headers, authorization: 'Bearer t' } }) },
  )
  expect(reading).toEqual({ kind: 'gauge', values: [5] })
})

test('a sample with a timestamp counts when it lies in the interval', async () => {
  const inside = [interval.from, interval.to, interval.to + 1000]
  for (const at of inside)
    expect((await readOne({ gauge: { name: 'depth' } }, [`depth 5 ${at}\n`])).reading).toEqual({ kind: 'gauge', values: [5] })
  const seconds = exposes(`depth 5 ${interval.to / 1000}\n# EOF\n`, openMetricsType)
  expect((await readOne({ gauge: { name: 'depth' } }, [seconds])).reading).toEqual({ kind: 'gauge', values: [5] })
})

test('without an earlier version the control is missing, and so is a version without instances', async () => {
  const source = openMetricsSource({ instances: async () => [] })
  const queries = { depth: { gauge: { name: 'depth' } } }
  const { depth } = await source.read({ unit: 'u', versions: { canary: 'v' }, queries, ...interval }, call())
  expect(depth).toMatchObject({ canary: { kind: 'missing', reason: 'empty' }, control: { kind: 'missing', reason: 'empty' } })
})
