import { expect } from 'vitest'
import { type GatewayApiOptions, gatewayApiRouter } from '../../../adapters/gateway-api/index.js'
import { kubernetesClient } from '../../../adapters/kubernetes/index.js'
import { fakeKube } from '../../support/fake-kube/fake-kube.js'
import { recorded } from '../../support/fake-kube/recorded.js'

export const call = { signal: new AbortController().signal, idempotencyKey: 'r/1', fencingToken: 1 }
export const route = { unit: 'checkout', stable: '1.4.0', canary: '1.5.0' }
export const rejected = (says: string) => ({ code: 'adapter/rejected', message: expect.stringContaining(says) })
export const unavailable = (says: string) => ({ code: 'adapter/unavailable', message: expect.stringContaining(says) })

export type Rule = {
  name?: string
  backendRefs?: { name: string; port: number; weight?: number; [other: string]: unknown }[]
  [other: string]: unknown
}
export const both = (stable = 100, canary = 0): Rule => ({
  backendRefs: [
    { name: 'web-stable', port: 80, weight: stable },
    { name: 'web-canary', port: 80, weight: canary },
  ],
})

/** Two Services with a ready pod each, the recorded HTTPRoute `web` that splits between them, and a GRPCRoute of the same name. */
export async function mesh(rules: Rule[] = [both()]) {
  const kube = await fakeKube()
  const { spec } = recorded('get_httproute')
  const write = (kind: 'HTTPRoute' | 'GRPCRoute', name: string, changed: object) =>
    kube.store.update(
      kind === 'HTTPRoute' ? 'httproutes' : 'grpcroutes',
      name,
      {
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind,
        metadata: { ...changed },
        spec: { parentRefs: spec.parentRefs, rules },
        status: { parents: [] },
      },
      'kubectl',
    )
  write('HTTPRoute', 'web', {})
  write('HTTPRoute', 'other', { annotations: { team: 'payments' } })
  write('GRPCRoute', 'web', {})
  for (const name of ['web-stable', 'web-canary']) {
    kube.store.update('services', name, { metadata: {}, spec: { selector: { app: name } } }, 'kubectl')
    kube.store.update(
      'pods',
      name,
      { metadata: { labels: { app: name } }, spec: {}, status: recorded('ready_pod').status },
      'kubelet',
    )
  }
  kube.settle()
  const place = { route: 'web', stable: 'web-stable', canary: 'web-canary' }
  const router = (
    units: GatewayApiOptions['units'] = { checkout: place, billing: { ...place, route: 'other' } },
    changes: Partial<GatewayApiOptions> = {},
  ) => gatewayApiRouter({ client: kubernetesClient(kube.client), namespace: 'shop', units, pollMs: 2, ...changes })
  return {
    kube,
    place,
    router,
    rules: (resource: 'httproutes' | 'grpcroutes' = 'httproutes'): Rule[] => kube.store.get(resource, 'web')!.spec.rules,
    /** As somebody does it by hand, with `kubectl edit`. */
    edit(change: (spec: { rules: Rule[]; parentRefs: object[] }) => void) {
      const thing = kube.store.get('httproutes', 'web')!
      change(thing.spec)
      kube.store.update('httproutes', 'web', thing as never, 'kubectl-edit')
    },
    /** A call that is given up when the server has been asked so many things. */
    givenUpAfter(questions: number) {
      const stop = new AbortController()
      let asked = 0
      kube.instead = () => {
        asked += 1
        if (asked === questions) stop.abort(new Error('enough'))
        return undefined
      }
      return { ...call, signal: stop.signal }
    },
    /** The pods of a Service are there, and none is ready. */
    ail: (service: string) =>
      kube.store.update(
        'pods',
        service,
        { metadata: { labels: { app: service } }, spec: {}, status: recorded('crash_looping_pod').status },
        'kubelet',
      ),
  }
}
export const weightsIn = (rules: Rule[]) => rules.map(({ backendRefs }) => backendRefs?.map(({ weight }) => weight))
