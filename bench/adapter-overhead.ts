/**
 * What adapters add to the call that they have to make: their time at p50 beside a bare call to the same stub server, which
 * answers at once. The bare one can be stopped by a signal as well. Calls alternate, so that both meet the same machine. The goal is 1.2.
 *
 *     npm run build && node bench/adapter-overhead.ts [url of a real Prometheus, instead of the stub]
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { text } from 'node:stream/consumers'
import { haproxyRouter } from '../dist/adapters/haproxy/index.js'
import { type PrometheusQuery, prometheusSource } from '../dist/adapters/prometheus/index.js'

const calls = 3_000
const call = { signal: new AbortController().signal, idempotencyKey: 'bench', fencingToken: 1 }

async function portOf(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

async function compare(name: string, bare: () => Promise<unknown>, adapter: () => Promise<unknown>): Promise<void> {
  const times: [bare: number, adapter: number][] = []
  for (let i = 0; i < calls; i++) times.push([await timed(bare), await timed(adapter)])
  const p50 = (side: 0 | 1) =>
    times
      .slice(calls / 10)
      .map((pair) => pair[side])
      .sort((a, b) => a - b)[Math.floor(calls * 0.45)]!
  console.log(`${name}: bare ${p50(0).toFixed(3)} ms, adapter ${p50(1).toFixed(3)} ms, ${(p50(1) / p50(0)).toFixed(2)}x`)
}

// A look at error ratio and latency of two versions: six parts, two of them with twelve buckets.
const now = Math.floor(Date.now() / 1000)
const series = (part: number, le?: string) => ({
  metric: { taxiway: `${part}`, ...(le && { le }) },
  value: [now, `${100 + part}`],
})
const bounds = ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '10', '+Inf']
const result = [0, 1, 2, 3, 4, 5].flatMap((part) => (part % 3 === 2 ? bounds.map((le) => series(part, le)) : [series(part)]))
const answer = JSON.stringify({ status: 'success', data: { resultType: 'vector', result } })
const bodies: string[] = []
const prometheus = createHttpServer(async (request, response) => {
  bodies[0] = await text(request)
  response.setHeader('content-type', 'application/json').end(answer)
})
const stub = `http://127.0.0.1:${await portOf(prometheus)}`
const [url = stub] = process.argv.slice(2)
const of = (name: string, labels = {}) => ({ name, labels: { version: '$version', ...labels } })
const queries: Record<string, PrometheusQuery> = {
  errors: { total: of('http_requests_total'), bad: of('http_requests_total', { code: { prefix: '5' } }), reduce: 'sum' },
  latency: { histogram: of('http_request_duration_seconds'), reduce: 'sum' },
}
const look = (source = prometheusSource({ url })) =>
  source.read(
    {
      unit: 'checkout',
      versions: { canary: 'v2', control: 'v1' },
      queries: queries as never,
      from: (now - 60) * 1000,
      to: now * 1000,
    },
    call,
  )
await look(prometheusSource({ url: stub }))
const [body = ''] = bodies
const headers = { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' }
await compare(
  'prometheus, one look',
  async () => (await fetch(`${url}/api/v1/query`, { method: 'POST', body, headers, signal: call.signal })).json(),
  look,
)
prometheus.closeAllConnections()
prometheus.close()

const state = readFileSync(new URL('../test/adapters/haproxy/show-backend-2.6.txt', import.meta.url))
const haproxy = createServer((connection) => connection.once('data', () => connection.end(state)))
const socket = { host: '127.0.0.1', port: await portOf(haproxy) }
const router = haproxyRouter({ socket, backend: 'app', serversOf: async (_, version) => [version === 'v1' ? 'blue1' : 'green1'] })
await compare(
  'haproxy, weight in force',
  async () => {
    const connection = connect({ ...socket, signal: call.signal })
    connection.write('show info;show stat app 6 -1\n')
    return text(connection)
  },
  () => router.getWeight({ unit: 'checkout', stable: 'v1', canary: 'v2' }, call),
)
haproxy.close()
