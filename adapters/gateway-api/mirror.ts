import { add, type Edit, remove } from './edits.js'
import { type Backends, isService, type KubernetesRoute, type Rule, splitsOf } from './route.js'
import { sameOf } from './weights.js'

type Filter = NonNullable<Rule['filters']>[number]

/** Only the filters that mirror to the canary's Service are the router's. */
function isOurs({ requestMirror }: Filter, canary: string, namespace: string): boolean {
  return requestMirror !== undefined && isService(requestMirror.backendRef, canary, namespace)
}

/** The filters of a rule without those that mirror to the canary's Service. */
export function othersFilters({ filters = [] }: Rule, { canary }: Backends, namespace: string): Filter[] {
  return filters.filter((filter) => !isOurs(filter, canary, namespace))
}

/** Mirrors that share of the requests to the canary's Service, wherever the route splits; no filter of others changes. */
export function mirrorEdits(route: KubernetesRoute, backends: Backends, sharePercent: number): Edit[] {
  return splitsOf(route, backends).flatMap((split) => {
    const rule = route.spec.rules[split.rule]!
    if (mirroredBy(rule, route, backends) === sharePercent) return []
    const path = `/spec/rules/${split.rule}/filters`
    const others = othersFilters(rule, backends, route.metadata.namespace)
    const { group, kind, namespace, name, port } = rule.backendRefs[split.canary.index]!
    // All requests are what no field says, and what the versions without that field know too.
    const share = sharePercent < 100 && { percent: sharePercent }
    const ours = { type: 'RequestMirror', requestMirror: { backendRef: { group, kind, namespace, name, port }, ...share } }
    if (sharePercent > 0) return [add(path, [...others, ours])]
    return [others.length > 0 ? add(path, others) : remove(path)]
  })
}

/** The share of requests that the canary's Service gets copies of, in percent; none where rules differ. */
export const mirrorOf = (route: KubernetesRoute, backends: Backends) =>
  sameOf(splitsOf(route, backends).map(({ rule }) => mirroredBy(route.spec.rules[rule]!, route, backends)))

function mirroredBy({ filters = [] }: Rule, { metadata }: KubernetesRoute, { canary }: Backends): number {
  const shares = filters.map((filter) => (isOurs(filter, canary, metadata.namespace) ? percentOf(filter) : 0))
  return shares.reduce((sum, share) => sum + share, 0)
}

function percentOf({ requestMirror: { percent, fraction } = {} as never }: Filter): number {
  return percent ?? (fraction ? (100 * fraction.numerator) / (fraction.denominator ?? 100) : 100)
}
