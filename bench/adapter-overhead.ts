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
import { gatewayApiRouter } from '../dist/adapters/gateway-api/index.js'
import { haproxyRouter } from '../dist/adapters/haproxy/index.js'
import { kubernetesClient, kubernetesTarget } from '../dist/adapters/kubernetes/index.js'
import { type PrometheusQuery, prometheusSource } from '../dist/adapters/prometheus/index.js'
import { unleashFlagService } from '../dist/adapters/unleash/index.js'
import { type MetricsSource, secret } from '../dist/src/index.js'

const calls = 1_000
const recorded = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
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
const look = (source: MetricsSource) =>
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
const source = prometheusSource({ url })
const [body = ''] = bodies
const headers = { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' }
await compare(
  'prometheus, one look',
  async () => (await fetch(`${url}/api/v1/query`, { method: 'POST', body, headers, signal: call.signal })).json(),
  () => look(source),
)
prometheus.closeAllConnections()
prometheus.close()

const [, table] = recorded('test/adapters/haproxy/show-backend-2.6.txt').split('\n# ')
const haproxy = createServer((connection) => connection.once('data', () => connection.end(`# ${table}`)))
const socket = { host: '127.0.0.1', port: await portOf(haproxy) }
const router = haproxyRouter({ socket, backend: 'app', serversOf: async (_, version) => [version === 'v1' ? 'blue1' : 'green1'] })
await compare(
  'haproxy, weight in force',
  async () => {
    const connection = connect({ ...socket, signal: call.signal })
    connection.write('show stat app 6 -1\n')
    return text(connection)
  },
  () => router.getWeight({ unit: 'checkout', stable: 'v1', canary: 'v2' }, call),
)
haproxy.close()

/** Answers by path. Bare calls are made as the adapter makes its own: those of a round at the same time, one round after the other. */
async function compareJson(
  name: string,
  answers: Readonly<Record<string, string>>,
  rounds: readonly (readonly string[])[],
  adapterTo: (server: string) => () => Promise<unknown>,
): Promise<void> {
  const product = createHttpServer((request, response) => {
    const answer = answers[request.url!.split('?')[0]!]
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(answer ?? absent)
  })
  // A busy machine pauses for longer than the five seconds that connections are kept by default.
  product.keepAliveTimeout = 60_000
  const server = `http://127.0.0.1:${await portOf(product)}`
  const headers = { authorization: 'Bearer of-the-bench', accept: 'application/json' }
  const bare = async (path: string) => (await fetch(`${server}${path}`, { headers, signal: call.signal })).json()
  const bareRounds = async () => {
    for (const paths of rounds) await Promise.all(paths.map(bare))
  }
  await compare(name, bareRounds, adapterTo(server))
  product.closeAllConnections()
  product.close()
}

const token = secret(() => 'of-the-bench')
const kube = 'test/fixtures/kubernetes-1.36.2'
const absent = recorded(`${kube}/not_found_404.json`)

const feature = recorded('test/fixtures/unleash/get.200.json')
const { name: flag } = JSON.parse(feature)
const features = `/api/admin/projects/default/features/${flag}`
await compareJson('unleash, share in force', { [features]: feature }, [[features]], (url) => {
  const flags = unleashFlagService({ url, environment: 'production', token })
  return () => flags.getRollout(flag, call)
})

const route = JSON.parse(recorded(`${kube}/get_httproute.json`))
const conditions = ['Accepted', 'ResolvedRefs'].map((type) => ({
  type,
  status: 'True',
  observedGeneration: route.metadata.generation,
}))
route.status = { parents: route.spec.parentRefs.map((parentRef: object) => ({ parentRef, conditions })) }
const routes = '/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes/web'
await compareJson('gateway-api, weight in force', { [routes]: JSON.stringify(route) }, [[routes]], (server) => {
  const units = { checkout: { route: 'web', stable: 'web-stable', canary: 'web-canary' } }
  const router = gatewayApiRouter({ client: kubernetesClient({ server, token }), namespace: 'shop', units })
  return () => router.getWeight({ unit: 'checkout', stable: 'v1', canary: 'v2' }, call)
})

const deployment = recorded(`${kube}/deployment.json`)
const [repository] = JSON.parse(deployment).spec.template.spec.containers[0].image.split(':')
const deployments = '/apis/apps/v1/namespaces/shop/deployments/web'
const replicaSets = '/apis/apps/v1/namespaces/shop/replicasets'
const answers = { [deployments]: deployment, [replicaSets]: '{"items":[]}' }
// Stable's and the canary's Deployment, then the ReplicaSets of the one that is there.
await compareJson(
  'kubernetes, versions of a unit',
  answers,
  [[deployments, `${deployments}-canary`], [replicaSets]],
  (server) => {
    const units = { checkout: { deployment: 'web', image: repository } }
    const target = kubernetesTarget({ client: kubernetesClient({ server, token }), namespace: 'shop', units })
    return () => target.observe('checkout', call)
  },
)
