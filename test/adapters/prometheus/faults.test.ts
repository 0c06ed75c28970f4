import type { RequestListener } from 'node:http'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { type PrometheusQuery, prometheusSource } from '../../../adapters/prometheus/index.js'
import { readingSchema } from '../../../src/vocabulary/reading.js'
import { answersWith, call, interval, readOne, sample, serve, vector, written } from './server.js'

const status =
  (code: number, headers: Record<string, string> = {}, body = 'Service Unavailable'): RequestListener =>
  (_, response) =>
    response.writeHead(code, { 'content-type': 'text/plain', ...headers }).end(body)

/** A port that nobody listens on. */
const nobody = 'http://127.0.0.1:2'

const breaksOff: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-length': '1000' })
  response.write('{"status":"success"', () => response.destroy())
}

const neverEnds: RequestListener = (_, response) => {
  response.writeHead(200)
  const more = () => {
    while (!response.destroyed && response.write(' '.repeat(60_000)));
  }
  response.on('drain', more)
  more()
}

test.each<[fault: string, listener: RequestListener, code: string, says: RegExp]>([
  ['a server that starts', status(503), 'adapter/unavailable', /answered 503/],
  ['status 500', status(500), 'adapter/unavailable', /answered 500/],
  ['too many requests', status(429, { 'retry-after': '120' }), 'adapter/unavailable', /answered 429.*after 120 s/],
  ['a missing credential', status(401), 'adapter/rejected', /headers/],
  ['a credential that may not', status(403), 'adapter/rejected', /headers/],
  ['status 404', status(404), 'adapter/rejected', /before \/api\/v1/],
  ['a refusal that is not from Prometheus', status(400), 'adapter/rejected', /answered 400/],
  ['a redirect', status(307, { location: 'http://169.254.169.254/' }), 'adapter/rejected', /redirects, which is not followed/],
  ['a login page', status(200, { 'content-type': 'text/html' }, '<!doctype html>'), 'adapter/unavailable', /login page/],
  ['an empty answer', status(200, {}, ''), 'adapter/unavailable', /not the result of a query/],
  ['status 204', (_, response) => response.writeHead(204).end(), 'adapter/rejected', /answered 204/],
  ['JSON of somebody else', status(200, {}, '{"status":"success"}'), 'adapter/unavailable', /not the result of a query/],
  ['an answer that breaks off', breaksOff, 'adapter/unavailable', /does not answer, or broke off/],
  ['an answer without an end', neverEnds, 'adapter/rejected', /more than 10485760 bytes/],
])('%s is an error that says what to do', async (_, listener, code, says) => {
  const url = await serve(listener)
  await expect(readOne(written, { url })).rejects.toMatchObject({ code, message: expect.stringMatching(says) })
})

test('the wait that a server asks for is in the details', async () => {
  const url = await serve(status(429, { 'retry-after': '120' }))
  await expect(readOne(written, { url })).rejects.toMatchObject({ details: { status: 429, retryAfterSeconds: 120 } })
})

test('a server that is not there is unavailable', async () => {
  await expect(readOne(written, { url: nobody })).rejects.toMatchObject({
    code: 'adapter/unavailable',
    message: expect.stringContaining('ECONNREFUSED'),
  })
})

test.each<[fault: string, answer: unknown, reason: string, detail: RegExp]>([
  ['a warning', { ...vector(sample('1')), warnings: ['one store did not answer'] }, 'partial', /one store did not answer/],
  ['a partial answer', { ...vector(sample('1')), isPartial: true }, 'partial', /partial answer/],
  ['a refusal', { status: 'error', error: 'no\nsuch function' }, 'outage', /refused the query: "no\\nsuch function"/],
  ['an answer for now instead of then', vector({ metric: {}, value: [interval.to / 1000 - 30, '1'] }), 'outage', /latencyOffset/],
  ['milliseconds for seconds', vector({ metric: {}, value: [interval.to, '1'] }), 'outage', /another time/],
  ['a number that is no text', vector(sample('1'), sample(1)), 'outage', /none, at 1/],
  ['a label that is no text', vector({ metric: { pod: 1 }, value: [interval.to / 1000, '1'] }), 'outage', /none, at 0/],
  [
    'a bucket of three',
    vector({ metric: {}, histogram: [interval.to / 1000, { buckets: [[0, '1', '2']] }] }),
    'outage',
    /none, at 0/,
  ],
  ['a series that is null', vector(null), 'outage', /at 0/],
  ['a series without a value', vector({ metric: {} }), 'outage', /another time/],
  ['a value with null', vector(sample(null)), 'outage', /none, at 0/],
  ['too many series', vector(...Array.from({ length: 10_001 }, () => sample('1'))), 'outage', /10001 series, more than 10000/],
  ['no result', vector(), 'empty', /no series for "gauge"/],
  ['two series', vector(sample('1', { pod: 'a' }), sample('2', { pod: 'b' })), 'ambiguous', /2 series/],
  ...['NaN', '+Inf', '-Inf', '1e400', '0x10', '', ' 1', '1,5', 'true', '9'.repeat(400)].map(
    (value) =>
      [`the value "${value.slice(0, 9)}"`, vector(sample(value)), 'not-a-number', /no finite number/] as [
        string,
        unknown,
        string,
        RegExp,
      ],
  ),
])('%s is a missing measurement, not a number', async (_, answer, reason, detail) => {
  const isRefusal = (answer as { status: string }).status === 'error'
  const url = await serve(
    answersWith((_, __, response) => {
      if (isRefusal) response.statusCode = 422
      return answer
    }),
  )
  const reading = await readOne(written, { url })
  expect(reading).toEqual({ kind: 'missing', reason, detail: expect.stringMatching(detail) })
  readingSchema.parse(reading)
})

test('remarks that are no warnings do no harm', async () => {
  const url = await serve(answersWith(() => ({ ...vector(sample('1')), infos: ['metric might not be a counter'] })))
  expect(await readOne(written, { url })).toEqual({ kind: 'gauge', values: [1] })
})

test('a stopped call stops at once', async () => {
  const stopped = new AbortController()
  const url = await serve(() => stopped.abort())
  const request = { unit: 'checkout', versions: { canary: 'v2' }, queries: { metric: written as never }, ...interval }
  await expect(prometheusSource({ url }).read(request, call(stopped.signal))).rejects.toMatchObject({
    code: 'adapter/unavailable',
    message: expect.stringContaining('the call was stopped'),
  })
})

test('credentials are fetched for every call, and in no error', async () => {
  let token = 0
  const headers = async () => ({ authorization: `Bearer secret-${++token}\n` })
  const seen: unknown[] = []
  const url = await serve(
    answersWith((_, request, response) => {
      seen.push(request.headers.authorization)
      response.statusCode = 422
      return { status: 'error', error: `unknown tenant of ${request.headers.authorization}` }
    }),
  )
  const answers = [await readOne(written, { url, headers }), await readOne(written, { url, headers })]
  expect(seen).toEqual(['Bearer secret-1', 'Bearer secret-2'])
  expect(JSON.stringify(answers)).not.toContain('secret')

  const faults = [
    readOne(written, { url, headers: async () => ({ authorization: 'secret\nsecret' }) }), // which no header may hold
    readOne(written, { url, headers: () => Promise.reject(new Error('secret')) }),
    readOne(written, { url: `${nobody}/?token=secret`, headers }),
    readOne(written, { url: `${await serve(status(500))}/?token=secret`, headers }),
  ]
  for (const fault of await Promise.allSettled(faults)) {
    expect(fault).toMatchObject({ status: 'rejected', reason: { code: 'adapter/unavailable' } })
    expect(inspect(fault, { depth: 9, showHidden: true })).not.toContain('secret')
  }
})

test.each(['prometheus:9090', 'file:///etc/passwd', 'http://user:secret@prometheus', 'not a url'])(
  '%s is not where a server is',
  (url) => {
    expect(() => prometheusSource({ url })).toThrow(
      expect.objectContaining({ code: 'input/invalid', message: expect.not.stringContaining('secret') }),
    )
  },
)

test('a url keeps its path and its parameters', async () => {
  const asked: (string | undefined)[] = []
  const origin = await serve(answersWith((_, { url }) => asked.push(url) && vector(sample('1'))))
  for (const rest of ['', '/', '/prometheus', '/select/0/prometheus/?tenant=a'])
    await readOne(written, { url: `${origin}${rest}` })
  expect(asked).toEqual([
    '/api/v1/query',
    '/api/v1/query',
    '/prometheus/api/v1/query',
    '/select/0/prometheus/api/v1/query?tenant=a',
  ])
})

test('more bad than could be is ambiguous, and rounding is not', async () => {
  const query: PrometheusQuery = { total: 'a{v="$version"} + $interval', bad: 'b{v="$version"} + $interval' }
  const counts = async (total: string, bad: string) => {
    const url = await serve(answersWith(() => vector(sample(total, { taxiway: '0' }), sample(bad, { taxiway: '1' }))))
    return readOne(query, { url })
  }
  expect(await counts('10.5', '3.25')).toEqual({ kind: 'counts', total: 10.5, bad: 3.25 })
  expect(await counts('10', '10.5')).toEqual({ kind: 'counts', total: 10, bad: 10 })
  expect(await counts('10', '20')).toMatchObject({ kind: 'missing', reason: 'ambiguous' })
  expect(await counts('-1', '0')).toMatchObject({ kind: 'missing', reason: 'not-a-number' })
})
