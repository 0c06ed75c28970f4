import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { secret } from '../../../src/vocabulary/secret.js'
import { deploymentController, type Fate } from './deployment-controller.js'
import type { Json } from './fields.js'
import { type GatewayMood, gatewayController } from './gateway-controller.js'
import { type Operation, patched } from './json-patch.js'
import { recorded, refusalOf } from './recorded.js'
import { objectStore, type Resource, type Thing } from './store.js'

export interface KubeCall {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly type: string | undefined
  readonly body: unknown
}

/** What happens to a call instead of being answered. `lost`: it is obeyed, and the answer never comes. */
export type Instead =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> }
  | 'lost'
  | 'broken off'
  | 'silence'

const groups: Record<Resource, string> = {
  deployments: 'deployments.apps',
  replicasets: 'replicasets.apps',
  pods: 'pods',
  services: 'services',
  httproutes: 'httproutes.gateway.networking.k8s.io',
  grpcroutes: 'grpcroutes.gateway.networking.k8s.io',
}
const paths = /^\/(?:api\/v1|apis\/[a-z0-9.]+\/v1)\/namespaces\/shop\/(\w+)(?:\/([a-z0-9.-]+))?(\/scale)?$/

/**
 * An API server on the loopback, namespace `shop`, as strict as the recorded one: it knows versions of objects and owners of fields,
 * and nothing moves but by its controllers, which make one move after every call. Ends with the test.
 */
export async function fakeKube() {
  const store = objectStore()
  const fates = new Map<string, Fate>()
  const calls: KubeCall[] = []
  const kube = {
    store,
    calls,
    token: 'let-me-in',
    gateway: 'takes' as GatewayMood,
    areControllersRunning: true,
    instead: (_: KubeCall): Instead | undefined => undefined,
    /** By the end of its image's name, such as `:1.5.0`. */
    fate: (image: string, fate: Fate) => void fates.set(image, fate),
    server: '',
    client: { server: '', token: secret((): string => kube.token) },
    move() {
      deployments()
      gateway()
    },
    settle: () => Array.from({ length: 20 }).forEach(kube.move),
    /** Everything that was asked but questions. */
    acts: () => calls.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path.split('/shop/')[1]}`),
    async kill() {
      http.closeAllConnections()
      http.close()
      await once(http, 'close')
    },
    async restart() {
      http.listen(Number(new URL(kube.server).port), '127.0.0.1')
      await once(http, 'listening')
    },
  }
  const deployments = deploymentController(store, (image) => [...fates].find(([end]) => image.endsWith(end))?.[1] ?? 'ready')
  const gateway = gatewayController(store, () => kube.gateway)

  const conflict = (resource: Resource, name: string) => refusalOf('put_conflict_409', { resource: groups[resource], name })
  const missing = (resource: Resource, name: string) => refusalOf('not_found_404', { resource: groups[resource], name })
  const changes = (resource: Resource, name: string, now: Thing, next: Json, manager: string) => {
    const { metadata } = next as { metadata: { resourceVersion?: string } }
    if (metadata.resourceVersion !== now.metadata.resourceVersion) return conflict(resource, name)
    try {
      return store.update(resource, name, next, manager)
    } catch (error) {
      const field = /data\/(\S+)/.exec(String(error))?.[1]?.replaceAll('/', '.') ?? ''
      const refusal = refusalOf('patch_invalid_weight', { resource: groups[resource], name }) as never as {
        details: { causes: { field: string }[] }
      }
      refusal.details.causes[0]!.field = field
      return refusal
    }
  }

  function patch({ type, query, body }: KubeCall, resource: Resource, name: string, isScale: boolean): unknown {
    const manager = query.get('fieldManager') ?? 'unknown'
    const now = store.get(resource, name)
    if (type === 'application/apply-patch+yaml') {
      const result = store.apply(resource, name, body as Json, manager, query.get('force') === 'true')
      if (!Array.isArray(result)) return result
      const refusal = recorded('ssa_apply')
      const causes = result.map((one) => ({
        reason: 'FieldManagerConflict',
        message: `conflict with "${one.manager}" using apps/v1`,
        field: one.field,
      }))
      return { ...refusal, message: `Apply failed with ${causes.length} conflicts`, details: { causes } }
    }
    if (now === undefined) return missing(resource, name)
    if (type === 'application/json-patch+json') {
      const next = patched(now as never, body as Operation[])
      return next ? changes(resource, name, now, next, manager) : recorded('patch_test_failed')
    }
    if (type !== 'application/merge-patch+json' || !isScale) return recorded('strategic_on_crd_415')
    const { replicas } = (body as { spec: { replicas: number } }).spec
    return changes(resource, name, now, { ...now, spec: { ...now.spec, replicas } } as never, manager)
  }

  function obey(call: KubeCall): unknown {
    const { method, path, query } = call
    const [, resource = '', name, scale] = paths.exec(path) ?? []
    if (method === 'GET' && resource === 'endpointslices') return slicesOf(query.get('labelSelector') ?? '')
    if (!(resource in groups))
      return {
        kind: 'Status',
        code: 404,
        reason: 'NotFound',
        details: {},
        message: 'the server could not find the requested resource',
      }
    const of = resource as Resource
    if (name === undefined) return { items: store.all(of).filter(({ metadata }) => selects(selectorOf(query), metadata.labels)) }
    const now = store.get(of, name)
    if (method === 'PATCH') return patch(call, of, name, scale !== undefined)
    if (now === undefined) return missing(of, name)
    if (method === 'GET') return now
    if (method !== 'DELETE') return { code: 405 }
    const { preconditions, propagationPolicy } = call.body as { preconditions: { uid: string }; propagationPolicy: string }
    if (preconditions.uid !== now.metadata.uid || propagationPolicy !== 'Foreground') return conflict(of, name)
    store.setStatus(of, { ...now, metadata: { ...now.metadata, deletionTimestamp: '2026-11-21T01:10:48Z' } })
    return store.get(of, name)
  }

  const selectorOf = (query: URLSearchParams) =>
    Object.fromEntries(
      (query.get('labelSelector') ?? '')
        .split(',')
        .filter(Boolean)
        .map((pair) => pair.split('=')),
    )
  const selects = (selector: Record<string, string>, labels: Record<string, string>) =>
    Object.entries(selector).every(([key, value]) => labels[key] === value)

  function slicesOf(selector: string): unknown {
    const service = store.get('services', selector.replace('kubernetes.io/service-name=', ''))
    const pods = service ? store.all('pods').filter(({ metadata }) => selects(service.spec.selector, metadata.labels)) : []
    const isReady = ({ status }: Thing) => status.containerStatuses?.every(({ ready }: { ready: boolean }) => ready) === true
    return {
      items: service
        ? [{ endpoints: pods.length === 0 ? null : pods.map((pod) => ({ conditions: { ready: isReady(pod) } })) }]
        : [],
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path, searchParams: query } = new URL(request.url!, 'http://localhost')
    const sent = await text(request)
    const call = {
      method: request.method!,
      path,
      query,
      type: request.headers['content-type'],
      body: sent === '' ? undefined : JSON.parse(sent),
    }
    const send = (status: number, body: unknown, headers = {}) =>
      response
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end(typeof body === 'string' ? body : JSON.stringify(body))
    if (request.headers.authorization !== `Bearer ${kube.token}`) return void send(401, recorded('unauthorized_401'))
    calls.push(call)
    const instead = kube.instead(call)
    if (instead === 'broken off') return void request.socket.destroy()
    if (instead === 'silence') return
    if (typeof instead === 'object') return void send(instead.status, instead.body ?? {}, instead.headers)
    const result = obey(call) as { code?: number }
    if (kube.areControllersRunning) kube.move()
    if (instead === 'lost') return void request.socket.destroy()
    send(result.code ?? 200, result)
  }

  const http = createServer(
    (request, response) =>
      void answer(request, response).catch((error) => response.writeHead(599).end(JSON.stringify({ message: String(error) }))),
  )
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  kube.server = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  kube.client.server = kube.server
  onTestFinished(() => {
    http.closeAllConnections()
    http.close()
  })
  return kube
}
