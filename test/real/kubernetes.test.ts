import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gatewayApiRouter } from '../../adapters/gateway-api/index.js'
import { type KubernetesClient, kubernetesTarget } from '../../adapters/kubernetes/index.js'
import { deployTargetLaws } from '../../src/testing/laws/deploy-target.js'
import { lawCases } from '../../src/testing/laws/law-cases.js'
import { trafficRouterLaws } from '../../src/testing/laws/traffic-router.js'
import { clusterClient, isClusterMissing, keepOn, playKubelet } from './kube-cluster.js'
import { until } from './servers.js'

const call = { signal: AbortSignal.timeout(3_600_000), idempotencyKey: 'r/1', fencingToken: 1 }
const namespace = `taxiway-${randomUUID().slice(0, 8)}`
/** An image that needs nothing and does nothing, and more tags of it: before, stable, and one that never becomes ready. */
const [image = '', canary = ''] = (process.env.TAXIWAY_TEST_IMAGE ?? 'registry.k8s.io/pause:3.10').split(/:(?=[^:/]+$)/)
const [before = '', stable = '', broken = ''] = (process.env.TAXIWAY_TEST_TAGS ?? '3.8,3.9,bad').split(',')
const routes = `/apis/gateway.networking.k8s.io/v1/namespaces/${namespace}/httproutes`

describe.skipIf(isClusterMissing())('Kubernetes', { timeout: 600_000 }, () => {
  let client: KubernetesClient
  let made = 0
  const play = new AbortController()
  /** As somebody else's tool applies it. */
  const apply = (path: string, object: object) => client.patch(`${path}?fieldManager=helm`, 'apply', object, call.signal)

  beforeAll(async () => {
    client = clusterClient()
    await apply(`/api/v1/namespaces/${namespace}`, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
    // Until then no pod may be made in a new namespace.
    const account = `/api/v1/namespaces/${namespace}/serviceaccounts/default`
    await until('the namespace has its account', async () => (await client.get(account, call.signal)) !== undefined)
    const nodes = await client.get('/api/v1/nodes', call.signal).catch(() => ({ items: ['some, which are not ours to see'] }))
    if ((nodes as { items: unknown[] }).items.length === 0) void playKubelet(client, namespace, broken, play.signal)
  }, 180_000)
  afterAll(async () => {
    play.abort()
    await client?.delete(`/api/v1/namespaces/${namespace}`, {}, call.signal)
  })

  async function unit() {
    made += 1
    const name = `web-${made}`
    const template = {
      metadata: { labels: { app: name } },
      spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'web', image: `${image}:${before}` }] },
    }
    const spec = { replicas: 2, progressDeadlineSeconds: 60, selector: { matchLabels: { app: name } }, template }
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`
    await apply(path, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec })
    const target = () => kubernetesTarget({ client, namespace, units: { checkout: { deployment: name, image } }, pollMs: 250 })
    await target().deploy({ unit: 'checkout', artifact: { version: before }, role: 'stable' }, call)
    return { target, path, name, config: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec } }
  }

  const deployCases = lawCases(
    deployTargetLaws,
    async () => {
      const { target } = await unit()
      const versions = { stable: { version: stable }, canary: { version: canary }, broken: { version: broken } }
      return { target: target(), unit: 'checkout', ...versions, reopen: () => target() }
    },
    {
      diverges: {
        DT4: 'a unit has two places: the old version makes room in the first one when the new version is promoted to it',
      },
      lacks: { fencing: 'the API server knows no fencing tokens' },
    },
  )
  for (const { name, run } of deployCases) test(name, run)

  test('a Deployment is adopted, promoted over, rolled back, and all but its image stays with whoever applied it', async () => {
    const { target, path, config } = await unit()
    const artifact = { version: canary }
    await target().deploy({ unit: 'checkout', artifact, role: 'canary' }, call)
    await target().promote({ unit: 'checkout', artifact }, call)
    await expect(apply(path, config)).rejects.toMatchObject({
      code: 'adapter/rejected',
      message: expect.stringContaining('taxiway'),
    })
    expect(await client.get(path, call.signal)).toMatchObject({ spec: { replicas: 2, progressDeadlineSeconds: 60 } })
    await target().deploy({ unit: 'checkout', artifact: { version: before }, role: 'stable' }, call)
    await target().promote({ unit: 'checkout', artifact: { version: before } }, call)
    await target().retire({ unit: 'checkout', artifact }, call)
    const { versions } = await target().observe('checkout', call)
    expect(versions).toEqual([{ artifact: { version: before }, readyInstances: 2, instances: 2 }])
  })

  describe('Gateway API', () => {
    let isThere = false

    beforeAll(async () => {
      isThere = await client.get(routes, call.signal).then(
        () => true,
        () => false,
      )
      if (!isThere) console.log('missing gateway-api: apply the CRDs of the Gateway API to the cluster of KUBECONFIG')
      else void playGateway()
    })

    /** No gateway is needed: this takes the newest generation of every route, as one would. */
    const playGateway = () =>
      keepOn(play.signal, async () => {
        const { items } = (await client.get(routes, call.signal)) as {
          items: { metadata: { name: string; generation: number }; spec: { parentRefs: object[] } }[]
        }
        for (const { metadata, spec } of items) {
          const told = (type: string) => ({
            type,
            status: 'True',
            reason: type,
            message: '',
            observedGeneration: metadata.generation,
            lastTransitionTime: '2026-01-01T00:00:00Z',
          })
          const parents = spec.parentRefs.map((parentRef) => ({
            parentRef,
            controllerName: 'example.com/played',
            conditions: [told('Accepted'), told('ResolvedRefs')],
          }))
          await client.patch(`${routes}/${metadata.name}/status`, 'merge', { status: { parents } }, call.signal)
        }
      })

    async function place() {
      made += 1
      const route = `route-${made}`
      const services = { stable: `${route}-stable`, canary: `${route}-canary` }
      for (const name of Object.values(services)) {
        const labels = { 'kubernetes.io/service-name': name }
        const endpoints = [{ addresses: ['10.1.2.3'], conditions: { ready: true } }]
        await apply(`/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices/${name}`, {
          apiVersion: 'discovery.k8s.io/v1',
          kind: 'EndpointSlice',
          metadata: { name, labels },
          addressType: 'IPv4',
          endpoints,
          ports: [{ port: 80 }],
        })
      }
      const backendRefs = [
        { name: services.stable, port: 80, weight: 1 },
        { name: services.canary, port: 80, weight: 0 },
      ]
      const spec = { parentRefs: [{ name: 'public' }], rules: [{ backendRefs }] }
      await apply(`${routes}/${route}`, {
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'HTTPRoute',
        metadata: { name: route },
        spec,
      })
      return { route, ...services }
    }

    const routerCases = lawCases(
      trafficRouterLaws,
      async () => {
        const units = { checkout: await place(), billing: await place() }
        const router = () => gatewayApiRouter({ client, namespace, units, pollMs: 20 })
        const route = { unit: 'checkout', stable, canary }
        await router().setWeight(route, 0, call)
        await router().setWeight({ ...route, unit: 'billing' }, 0, call)
        return { router: router(), route, otherRoute: { ...route, unit: 'billing' }, reopen: router }
      },
      {
        lacks: {
          absentVersion: 'a route knows two Services, and no versions',
          fencing: 'the API server knows no fencing tokens',
        },
      },
    )
    for (const { name, run } of routerCases)
      test(name, async ({ skip }) => {
        skip(!isThere, 'the cluster has no Gateway API')
        await run()
      })
  })
})
