import type { KubernetesRoute, Reference } from './route.js'

/** What the controllers of a route's parents say about its newest generation. */
export type InForce =
  | { readonly kind: 'pending'; readonly says: string }
  | { readonly kind: 'refused'; readonly says: string }
  /** Accepted, but some backend gets errors instead of traffic. */
  | { readonly kind: 'unresolved'; readonly says: string }
  | { readonly kind: 'accepted' }

/** The worst of all parents. Conditions of older generations say nothing about this one. */
export function inForce(route: KubernetesRoute): InForce {
  const { parentRefs } = route.spec
  if (parentRefs.length === 0) return { kind: 'refused', says: 'it has no parentRefs' }
  const all = parentRefs.map((parent) => ofParent(route, parent))
  const worst = (['refused', 'pending', 'unresolved'] as const).flatMap((kind) => all.filter((one) => one.kind === kind))
  return worst[0] ?? { kind: 'accepted' }
}

function ofParent({ metadata, status }: KubernetesRoute, parent: Reference): InForce {
  const entries = status.parents.filter(({ parentRef }) => isSame(parentRef, parent, metadata.namespace))
  const current = (type: string) =>
    entries.map(({ conditions }) =>
      conditions.find((condition) => condition.type === type && condition.observedGeneration >= metadata.generation),
    )
  const [accepted, resolved] = [current('Accepted'), current('ResolvedRefs')]
  const told = (condition: { reason: string; message: string }) => `${parent.name} says ${condition.reason}: ${condition.message}`
  // Some rules are dropped, or are what they were before: nobody says which.
  const partly = current('PartiallyInvalid').find((condition) => condition?.status === 'True')
  const unaccepted = accepted.find((condition) => condition?.status === 'False') ?? partly
  if (unaccepted) return { kind: 'refused', says: told(unaccepted) }
  const isTold =
    entries.length > 0 && accepted.every((condition) => condition?.status === 'True') && !resolved.includes(undefined)
  if (!isTold) return { kind: 'pending', says: `${parent.name} has not taken generation ${metadata.generation} yet` }
  const unresolved = resolved.find((condition) => condition?.status !== 'True')
  return unresolved ? { kind: 'unresolved', says: told(unresolved) } : { kind: 'accepted' }
}

/** Controllers may repeat a reference as it is written, or with everything filled in. */
function isSame(a: Reference, b: Reference, own: string): boolean {
  const key = ({ group = 'gateway.networking.k8s.io', kind = 'Gateway', namespace = own, name, sectionName, port }: Reference) =>
    JSON.stringify([group, kind, namespace, name, sectionName, port])
  return key(a) === key(b)
}
