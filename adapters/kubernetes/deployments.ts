import { fieldManager } from './canary.js'
import type { KubernetesClient } from './client.js'
import {
  type Deployment,
  deploymentSchema,
  type Pod,
  parseAnswer,
  podsSchema,
  type ReplicaSet,
  replicaSetsSchema,
} from './workload.js'

/** The Deployments of one namespace, and what they own. */
export interface DeploymentsApi {
  get(name: string, signal: AbortSignal): Promise<Deployment | undefined>
  /** @param force - whether fields that others own are taken over */
  apply(name: string, config: object, force: boolean, signal: AbortSignal): Promise<Deployment>
  /** Goes by the scale subresource, so that nobody loses the field to us, and an autoscaler may have it back. */
  scale(name: string, replicas: number, signal: AbortSignal): Promise<void>
  /** Lets pods end in their own time; the Deployment is gone when they are. */
  delete(deployment: Deployment, signal: AbortSignal): Promise<void>
  replicaSets(deployment: Deployment, signal: AbortSignal): Promise<ReplicaSet[]>
  pods(deployment: Deployment, of: ReplicaSet, signal: AbortSignal): Promise<Pod[]>
}

export function deploymentsApi(client: KubernetesClient, namespace: string): DeploymentsApi {
  const apps = `/apis/apps/v1/namespaces/${namespace}`
  const place = (name: string) => `${apps}/deployments/${name}`
  const parse = (name: string, answer: unknown) => parseAnswer(deploymentSchema, answer, `Deployment "${name}"`)

  return {
    async get(name, signal) {
      const answer = await client.get(place(name), signal)
      return answer === undefined ? undefined : parse(name, answer)
    },
    async apply(name, config, force, signal) {
      const query = `fieldManager=${fieldManager}&fieldValidation=Strict${force ? '&force=true' : ''}`
      return parse(name, await client.patch(`${place(name)}?${query}`, 'apply', config, signal))
    },
    async scale(name, replicas, signal) {
      await client.patch(`${place(name)}/scale?fieldManager=${fieldManager}`, 'merge', { spec: { replicas } }, signal)
    },
    async delete({ metadata: { name, uid } }, signal) {
      await client.delete(place(name), { propagationPolicy: 'Foreground', preconditions: { uid } }, signal)
    },
    async replicaSets(deployment, signal) {
      const answer = await client.get(`${apps}/replicasets?${selectorOf(deployment)}`, signal)
      return ownedBy(deployment, parseAnswer(replicaSetsSchema, answer, 'ReplicaSets').items)
    },
    async pods(deployment, of, signal) {
      const answer = await client.get(`/api/v1/namespaces/${namespace}/pods?${selectorOf(deployment)}`, signal)
      return ownedBy(of, parseAnswer(podsSchema, answer, 'Pods').items)
    },
  }
}

const selectorOf = ({ spec }: Deployment) =>
  `labelSelector=${encodeURIComponent(
    Object.entries(spec.selector.matchLabels)
      .map((pair) => pair.join('='))
      .join(','),
  )}`

/** Others may have the same labels. */
function ownedBy<T extends ReplicaSet | Pod>({ metadata: { uid } }: Deployment | ReplicaSet, all: readonly T[]): T[] {
  return all.filter(({ metadata }) => metadata.ownerReferences.some((owner) => owner.uid === uid))
}
