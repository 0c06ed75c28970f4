import { expect } from 'vitest'
import { kubernetesClient, kubernetesTarget } from '../../../adapters/kubernetes/index.js'
import { fakeKube } from '../../support/fake-kube/fake-kube.js'
import { recorded } from '../../support/fake-kube/recorded.js'
import type { Thing } from '../../support/fake-kube/store.js'

export const call = { signal: new AbortController().signal, idempotencyKey: 'r/1', fencingToken: 1 }
export const image = 'reg.local/web'
export const unit = 'checkout'

/** A cluster whose Deployment `web` was applied by `helm`, and runs `image`; its target looks every two milliseconds. */
export async function cluster(options: { image?: string; replicas?: number; unschedulableMs?: number } = {}) {
  const kube = await fakeKube()
  const { kind, apiVersion, spec } = recorded('deployment')
  const [container] = spec.template.spec.containers
  container.image = options.image ?? `${image}:1.4.0`
  container.env = [{ name: 'PASSWORD', value: 'hunter2' }]
  kube.store.update(
    'deployments',
    'web',
    {
      kind,
      apiVersion,
      metadata: { labels: { app: 'web' } },
      spec: { ...spec, replicas: options.replicas ?? 3, progressDeadlineSeconds: 30 },
      status: {},
    },
    'helm',
  )
  kube.settle()
  const target = (changes: object = {}) =>
    kubernetesTarget({
      client: kubernetesClient(kube.client),
      namespace: 'shop',
      units: { [unit]: { deployment: 'web', image } },
      pollMs: 2,
      unschedulableMs: options.unschedulableMs ?? 20,
      ...changes,
    })
  const deployment = (name: string) => kube.store.get('deployments', name)
  return {
    kube,
    target,
    deployment,
    imageOf: (name: string) => deployment(name)?.spec.template.spec.containers[0].image,
    /** As somebody does it by hand, with `kubectl edit`. */
    edit(name: string, change: (deployment: Thing) => void, manager = 'kubectl-edit') {
      const thing = deployment(name)!
      change(thing)
      kube.store.update('deployments', name, thing as never, manager)
    },
  }
}

export const deploying = (version: string, role: 'stable' | 'canary' = 'canary') => ({ unit, artifact: { version }, role })
export const rejected = (says: string) => ({ code: 'adapter/rejected', message: expect.stringContaining(says) })
export const unavailable = (says: string) => ({ code: 'adapter/unavailable', message: expect.stringContaining(says) })
