/**
 * Records a look at two real versions, request by request, for tests that have no server. To be run again when the queries that
 * the adapter sends have changed: `node --import ./test/support/ts-loader.mjs test/real/record-look.ts`
 */
import { writeFile } from 'node:fs/promises'
import { type PrometheusQuery, prometheusSource } from '../../adapters/prometheus/index.js'
import { startMeteredService } from './metered-service.js'
import { startPrometheus, startVictoriaMetrics } from './prometheus-server.js'

const of = (name: string, labels = {}) => ({ name, labels: { version: '$version', ...labels } })
const queries: Record<string, PrometheusQuery> = {
  errors: {
    total: of('http_requests_total'),
    bad: of('http_requests_total', { code: { prefix: '5' } }),
    reduce: 'sum',
    absentBad: 'zero',
  },
  latency: { histogram: of('http_request_duration_seconds'), reduce: 'sum' },
  native: { histogram: of('native_seconds'), native: true, reduce: 'sum' },
  teapots: { counter: of('http_requests_total', { code: '418' }), exposure: of('in_flight') },
  flights: { gauge: of('in_flight'), reduce: 'each' },
  written: { gauge: 'max by (version) (in_flight{version=~"$version"})' },
}

for (const [product, start] of [
  ['prometheus-2.42', startPrometheus],
  ['victoriametrics-1.79', startVictoriaMetrics],
] as const) {
  const [stable, canary] = [await startMeteredService('v1'), await startMeteredService('v2')]
  await stable.request(100)
  const server = await start([stable.address, canary.address])
  await server.caughtUp()
  const from = Date.now()
  await stable.request(40, { seconds: 0.05 })
  await canary.request(18)
  await canary.request(2, { code: 503, seconds: 0.5 })
  await server.caughtUp()
  const to = Date.now()
  await server.caughtUp()

  const exchanges: { body: string; status: number; answer: unknown }[] = []
  const recording: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    exchanges.push({ body: String(init?.body), status: response.status, answer: await response.clone().json() })
    return response
  }
  const call = { signal: new AbortController().signal, idempotencyKey: 'recording', fencingToken: 1 }
  const request = { unit: 'checkout', versions: { canary: 'v2', control: 'v1' }, queries: queries as never, from, to }
  const look = await prometheusSource({ url: server.url, fetch: recording }).read(request, call)
  const file = new URL(`../fixtures/prometheus-api/${product}/look.json`, import.meta.url)
  await writeFile(file, `${JSON.stringify({ request, exchanges, look }, null, 1)}\n`)
  await server[Symbol.asyncDispose]()
  stable.close()
  canary.close()
}
