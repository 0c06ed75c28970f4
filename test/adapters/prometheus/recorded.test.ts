import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type PrometheusQuery, prometheusSource } from '../../../adapters/prometheus/index.js'
import type { MetricsRequest } from '../../../src/ports/metrics-source.js'
import type { Reading } from '../../../src/vocabulary/reading.js'
import { call, readOne, written } from './server.js'

const products = ['prometheus-2.42', 'prometheus-3.5', 'victoriametrics-1.79'] as const

/** What the product once answered. @returns a fetch that answers it again, and the instant it was asked for */
function recorded(product: string, name: string) {
  const file = (ending: string) =>
    readFileSync(new URL(`../../fixtures/prometheus-api/${product}/${name}.${ending}`, import.meta.url), 'utf8')
  const body = file('body')
  const [seconds] = /(?<=\[)1[0-9]{9}(?:\.\d+)?(?=,)/.exec(body) ?? ['1795222595']
  const fetch = async () => new Response(body, { status: Number.parseInt(file('status'), 10) })
  return { fetch, at: Number(seconds) * 1000 }
}

const summed = { ...written, reduce: 'sum' } as PrometheusQuery
const missing = (reason: string, detail = '') => ({ kind: 'missing', reason, detail: expect.stringContaining(detail) })
const refused = missing('outage', 'refused the query')

/** The last three are Prometheus 2.42, Prometheus 3.5 and VictoriaMetrics. */
const readings: [name: string, query: PrometheusQuery, ...expected: [unknown, unknown, unknown]][] = [
  ['vector', written, ...three(missing('ambiguous', '2 series'))],
  ['vector', summed, { kind: 'gauge', values: [0] }, gauge(25304.197064), gauge(12815.244444)],
  ['vector_ratio', summed, missing('not-a-number'), gauge(0.091002), gauge(0.091016)],
  ['empty_vector', written, ...three(missing('empty'))],
  ['nan_division', written, missing('not-a-number'), missing('not-a-number'), missing('empty')],
  ['inf_division', written, ...three(missing('not-a-number'))],
  ['neg_inf', written, ...three(missing('not-a-number'))],
  ['nan_gauge', summed, missing('not-a-number'), missing('not-a-number'), missing('empty')],
  ['scalar', written, missing('outage', 'a scalar'), missing('outage', 'a scalar'), gauge(2)],
  ['string', written, missing('outage', 'a string'), missing('outage', 'a string'), missing('empty')],
  ['matrix_instant', written, ...three(missing('outage', 'a matrix'))],
  ['range_matrix', written, ...three(missing('outage', 'a matrix'))],
  ['parse_error', written, ...three(refused)],
  ['empty_query', written, ...three(refused)],
  ['type_error', written, refused, refused, missing('ambiguous')],
  ['many_to_many', written, ...three(refused)],
  ['range_too_many_points', written, ...three(refused)],
]
function gauge(value: number) {
  return { kind: 'gauge', values: [expect.closeTo(value)] }
}
function three(expected: unknown): [unknown, unknown, unknown] {
  return [expected, expected, expected]
}

test.each(
  readings.flatMap(([name, query, ...expected]) => products.map((product, i) => [product, name, query, expected[i]] as const)),
)('%s: %s is read for what it is', async (product, name, query, expected) => {
  const { fetch, at } = recorded(product, name)
  expect(await readOne(query, { url: 'http://prometheus', fetch }, at)).toEqual(expected)
})

test.each(products)('%s: a path that is not its own is refused for good', async (product) => {
  const { fetch } = recorded(product, 'not_found')
  await expect(readOne(written, { url: 'http://prometheus/nosuch', fetch })).rejects.toMatchObject({ code: 'adapter/rejected' })
})

test('a query that took too long may be asked again', async () => {
  const { fetch } = recorded('prometheus-2.42', 'timeout_1ms')
  await expect(readOne(written, { url: 'http://prometheus', fetch })).rejects.toMatchObject({ code: 'adapter/unavailable' })
})

/** A character may be escaped or not. */
const asForm = (body: string) => new URLSearchParams(body).toString()

interface Recording {
  request: MetricsRequest
  exchanges: { body: string; status: number; answer: unknown }[]
  look: Record<string, { canary: Reading; control: Reading }>
}

test.each(['prometheus-2.42', 'victoriametrics-1.79'])(
  '%s: a look at two versions is asked and read as it was when they ran',
  async (product) => {
    const file = new URL(`../../fixtures/prometheus-api/${product}/look.json`, import.meta.url)
    const { request, exchanges, look } = JSON.parse(readFileSync(file, 'utf8')) as Recording
    const fetch = async (_: unknown, init?: RequestInit) => {
      const exchange = exchanges.find(({ body }) => asForm(body) === asForm(String(init?.body)))
      if (exchange === undefined) throw new Error('this was not asked. Record it again with test/real/record-look.ts')
      return Response.json(exchange.answer, { status: exchange.status })
    }
    expect(await prometheusSource({ url: 'http://prometheus', fetch }).read(request, call())).toEqual(look)
    expect(look.errors).toEqual({ canary: { kind: 'counts', total: 20, bad: 2 }, control: { kind: 'counts', total: 40, bad: 0 } })
    expect(look.latency?.canary).toEqual({ kind: 'histogram', bounds: [0.01, 0.1, 1], counts: [18, 0, 2, 0] })
  },
)
