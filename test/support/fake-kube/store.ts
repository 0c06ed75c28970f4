import { isDeepStrictEqual } from 'node:util'
import { GRPCRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/GRPCRoute'
import { HTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/HTTPRoute'
import { Deployment } from 'kubernetes-models/apps/v1/Deployment'
import { isKey, type Json, type Leaf, leavesOf, removeAt, setAt, valueAt } from './fields.js'

export type Resource = 'deployments' | 'replicasets' | 'pods' | 'services' | 'httproutes' | 'grpcroutes'

export interface Metadata {
  name: string
  namespace: string
  uid: string
  resourceVersion: string
  generation: number
  labels: Record<string, string>
  annotations?: Record<string, string>
  ownerReferences?: { uid: string; controller: boolean }[]
  deletionTimestamp?: string
}
// biome-ignore lint/suspicious/noExplicitAny: a fake of a product whose objects are what they are
export type Thing = { metadata: Metadata; spec: any; status: any }

export interface Conflict {
  readonly manager: string
  readonly field: string
}

/** Whoever applies and updates is two owners of fields. */
const updating = (manager: string) => `${manager}/update`

const models: Partial<Record<Resource, new (data: never) => { validate(): void }>> = {
  deployments: Deployment as never,
  httproutes: HTTPRoute as never,
  grpcroutes: GRPCRoute as never,
}

/** Objects with versions, generations and owners of fields. What a schema of Kubernetes does not allow throws. */
export function objectStore() {
  const things = new Map<string, Thing>()
  const owners = new Map<string, Map<string, Set<string>>>()
  let version = 470
  const keyOf = (resource: Resource, name: string) => `${resource}/${name}`

  function save(resource: Resource, name: string, next: Thing, isStatus = false): Thing {
    const key = keyOf(resource, name)
    const now = things.get(key)
    if (now && isDeepStrictEqual(next, now)) return now
    version += 1
    const generation = (now?.metadata.generation ?? 0) + (isStatus || isDeepStrictEqual(next.spec, now?.spec) ? 0 : 1)
    const saved = { ...next, metadata: { ...next.metadata, name, resourceVersion: String(version), generation } }
    const Model = models[resource]
    if (Model) new Model(structuredClone(saved) as never).validate()
    things.set(key, saved)
    return saved
  }

  function ownersOf(key: string) {
    const known = owners.get(key) ?? new Map<string, Set<string>>()
    owners.set(key, known)
    return known
  }

  return {
    get: (resource: Resource, name: string) => structuredClone(things.get(keyOf(resource, name))),
    all: (resource: Resource) =>
      [...things].filter(([key]) => key.startsWith(`${resource}/`)).map(([, thing]) => structuredClone(thing)),
    remove(resource: Resource, name: string) {
      things.delete(keyOf(resource, name))
      owners.delete(keyOf(resource, name))
    },
    setStatus(resource: Resource, thing: Thing): void {
      save(resource, thing.metadata.name, thing, true)
    },
    /** As anybody writes who does not apply: takes over every field that changes. */
    update(resource: Resource, name: string, changed: Json, manager: string): Thing {
      const key = keyOf(resource, name)
      const now = things.get(key)
      const base = { uid: `uid-${resource}-${name}-${version}`, labels: {}, namespace: 'shop' }
      const next = { ...changed, metadata: { ...base, ...(changed.metadata as Json) } } as never as Thing
      const before = leavesOf(now ?? {})
      for (const [field, leaf] of leavesOf(changed))
        if (!isDeepStrictEqual(before.get(field)?.value, leaf.value)) ownersOf(key).set(field, new Set([updating(manager)]))
      return save(resource, name, next)
    },
    /** Server-side apply. @returns the object, or the fields that others own */
    apply(resource: Resource, name: string, config: Json, manager: string, isForced: boolean): Thing | Conflict[] {
      const key = keyOf(resource, name)
      const next = structuredClone(things.get(key) ?? fresh(name, version)) as never as Json
      const fields = ownersOf(key)
      const { apiVersion: _, kind: __, ...rest } = config
      const wanted = leavesOf(rest)
      for (const own of ['.metadata.name', '.metadata.namespace']) wanted.delete(own)
      const others = (field: string) => [...(fields.get(field) ?? [])].filter((other) => other !== manager)
      const isSame = ({ path, value }: Leaf) => isDeepStrictEqual(valueAt(next, path), value)
      const conflicts = [...wanted].flatMap(([field, leaf]) =>
        isForced || isSame(leaf) ? [] : others(field).map((other) => ({ manager: other.replace(updating(''), ''), field })),
      )
      if (conflicts.length > 0) return conflicts
      for (const [field, leaf] of wanted) {
        fields.set(field, new Set(isSame(leaf) ? [...others(field), manager] : [manager]))
        setAt(next, leaf)
      }
      const dropped = [...leavesOf(next)].filter(([field]) => !wanted.has(field) && fields.get(field)?.delete(manager))
      const orphans = dropped.flatMap(([field, { path }]) => (fields.get(field)?.size === 0 ? [path] : []))
      // What an item is told by goes last: until then it has to be found.
      for (const path of orphans.sort((a, b) => Number(isKey(a)) - Number(isKey(b)))) removeAt(next, path)
      return save(resource, name, next as never as Thing)
    },
  }
}
export type ObjectStore = ReturnType<typeof objectStore>

/** What the API server adds to a Deployment that is new. */
const fresh = (name: string, version: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'shop', uid: `uid-deployments-${name}-${version}`, labels: {} },
  spec: { replicas: 1, progressDeadlineSeconds: 600 },
  status: {},
})
