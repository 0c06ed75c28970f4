import { expect, test } from 'vitest'
import { type OpenMetricsQuery, openMetricsQuerySchema, openMetricsSource } from '../../../adapters/openmetrics/index.js'
import type { Json } from '../../../src/vocabulary/canonical-json.js'

const { check } = openMetricsSource({ instances: async () => [] })
const hits = { name: 'hits_total' }

test.each<OpenMetricsQuery>([
  { total: hits, bad: { name: 'hits_total', labels: { code: { prefix: '5' }, path: { not: '/health' } } }, absentBad: 'zero' },
  { histogram: { name: 'latency_seconds', labels: { method: { in: ['GET', 'HEAD'] } } }, reduce: 'sum' },
  { counter: { name: 'restarts_total', labels: { kind: 'oom' } } },
  { gauge: { name: 'queue_depth' }, reduce: 'max' },
])('a plan may ask for %j', (query) => {
  check({ metric: query })
  expect(openMetricsQuerySchema.parse(JSON.parse(JSON.stringify(query)))).toEqual(query)
})

test.each<[path: string, query: Json]>([
  ['', null],
  ['', 'rate(hits_total[1m])'],
  ['', []],
  ['', {}],
  ['', { totla: hits, bda: hits }],
  ['bad', { total: hits }],
  ['total', { bad: hits }],
  ['', { total: hits, bad: hits, gauge: hits }],
  ['', { gauge: hits, reducer: 'max' }],
  ['reduce', { gauge: hits, reduce: 'median' }],
  ['reduce', { counter: hits, reduce: 'max' }],
  ['gauge.name', { gauge: { name: 'queue depth' } }],
  ['gauge.name', { gauge: { name: '' } }],
  ['gauge', { gauge: 'queue_depth' }],
  ['gauge.labels.a-b', { gauge: { name: 'x', labels: { 'a-b': '' } } }],
  ['gauge.labels.code', { gauge: { name: 'x', labels: { code: 500 } } }],
  ['gauge.labels.code', { gauge: { name: 'x', labels: { code: { matches: '^(a+)+$' } } } }],
  ['gauge.labels.code.prefix', { gauge: { name: 'x', labels: { code: { prefix: '' } } } }],
  ['gauge.labels.code.in', { gauge: { name: 'x', labels: { code: { in: [] } } } }],
  ['gauge.labels.code', { gauge: { name: 'x', labels: { code: { prefix: '5', not: '501' } } } }],
  ['gauge.labels', { gauge: { name: 'x', labels: JSON.parse('{ "__proto__": "a" }') } }],
  ['histogram', { histogram: { name: 'x', labels: { le: '0.5' } } }],
])('a wrong query is refused before the release starts, at its path "%s": %j', (path, query) => {
  expect(() => check({ fine: { gauge: hits }, wrong: query })).toThrow(
    expect.objectContaining({
      code: 'plan/incapable',
      details: { metric: 'wrong', path },
      message: expect.stringContaining(path === '' ? '"wrong"' : `"wrong" is wrong at ${path}:`),
    }),
  )
})
