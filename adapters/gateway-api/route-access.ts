import { setTimeout as pass } from 'node:timers/promises'
import { z } from 'zod'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { type Edit, type Notes, patchOf } from './edits.js'
import { type Backends, type KubernetesRoute, parseRoute } from './route.js'
import { inForce } from './status.js'

/** The part of `kubernetesClient` from `taxiway/adapters/kubernetes` that is called here. */
export interface KubernetesClient {
  get(path: string, signal: AbortSignal): Promise<unknown>
  patch(path: string, type: 'json', body: unknown, signal: AbortSignal): Promise<unknown>
}

export interface GatewayApiUnit extends Backends {
  /** Name of the route. */
  readonly route: string
  /** Default `HTTPRoute`. */
  readonly kind?: 'HTTPRoute' | 'GRPCRoute'
}

export interface GatewayApiOptions {
  readonly client: KubernetesClient
  /** Of the routes, and of their Services. */
  readonly namespace: string
  readonly units: Readonly<Record<string, GatewayApiUnit>>
  /** Between two looks at a route that its gateway has not taken yet, in milliseconds. Default 500. */
  readonly pollMs?: number
}

/** What is to become of a unit's route. */
export interface Change {
  /** For errors, such as `5 % for the canary`. */
  readonly says: string
  /** What is left to do; nothing when the route is as wanted. */
  readonly edits: (route: KubernetesRoute, place: GatewayApiUnit) => readonly Edit[]
  readonly notes: (place: GatewayApiUnit) => Notes
  /** Who is to have a ready endpoint before. */
  readonly needs: readonly ('stable' | 'canary')[]
  /** Nobody is sent to the canary by it, so that the canary's Service may be missing. */
  readonly isRetreat: boolean
}

/** Looks at the routes of units, and changes them. */
export function routeAccess({ client, namespace, units, pollMs = 500 }: GatewayApiOptions) {
  checkNames(namespace, ...Object.values(units).flatMap(({ route, stable, canary }) => [route, stable, canary]))

  function placeOf(unit: string): GatewayApiUnit & { path: string } {
    const known = Object.hasOwn(units, unit) ? units[unit] : undefined
    if (known) {
      const kind = known.kind === 'GRPCRoute' ? 'grpcroutes' : 'httproutes'
      return { ...known, path: `/apis/gateway.networking.k8s.io/v1/namespaces/${namespace}/${kind}/${known.route}` }
    }
    const says = `The Gateway API router has no unit "${unit}". Add it to units, beside: ${Object.keys(units).join(', ')}.`
    throw new ReleaseError('adapter/rejected', says, { unit })
  }

  const look = async ({ path, route }: { path: string; route: string }, signal: AbortSignal) =>
    parseRoute(await client.get(path, signal), route)

  async function checkReady(service: string, signal: AbortSignal): Promise<void> {
    const selector = encodeURIComponent(`kubernetes.io/service-name=${service}`)
    const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=${selector}`
    const { data } = slicesSchema.safeParse(await client.get(path, signal))
    if (data?.items.some(({ endpoints }) => endpoints?.some(({ conditions }) => conditions?.ready !== false))) return
    const says = `Service "${service}" has no ready endpoint, so nothing was taken from others. See its selector, and its pods.`
    throw new ReleaseError('adapter/unavailable', says, { service })
  }

  return {
    /** A unit's place, and its route as it is. */
    async read(unit: string, signal: AbortSignal) {
      const place = placeOf(unit)
      return { place, route: await look(place, signal) }
    },

    /** Writes what is left to do, and waits until the gateway has taken it. */
    async change(unit: string, { says, edits, notes, needs, isRetreat }: Change, signal: AbortSignal): Promise<void> {
      const place = placeOf(unit)
      const before = await look(place, signal)
      const patch = patchOf(before, edits(before, place), notes(place))
      if (patch) {
        await Promise.all(needs.map((side) => checkReady(place[side], signal)))
        await client.patch(`${place.path}?fieldManager=taxiway&fieldValidation=Strict`, 'json', patch, signal)
      }
      for (;;) {
        const route = await look(place, signal)
        if (edits(route, place).length > 0)
          throw new ReleaseError(
            'adapter/unverified',
            `Route "${place.route}" was to have ${says} of "${unit}", and has not kept it: somebody changed it meanwhile, or its version of the Gateway API does not know a field. Look at it, then try again.`,
            { unit },
          )
        const state = inForce(route)
        if (state.kind === 'accepted' || (state.kind === 'unresolved' && isRetreat)) return
        if (state.kind !== 'pending')
          throw new ReleaseError(
            'adapter/rejected',
            `Route "${place.route}" has ${says} of "${unit}", which is not in force: ${state.says}.`,
            { unit },
          )
        await pass(pollMs, undefined, { signal }).catch(() => signal.throwIfAborted())
      }
    },
  }
}

const slicesSchema = z.object({
  items: z.array(
    z.object({
      endpoints: z.array(z.object({ conditions: z.object({ ready: z.boolean().nullish() }).nullish() })).nullish(),
    }),
  ),
})

/** So that none leads out of its place in a path. */
function checkNames(...names: readonly string[]): void {
  const odd = names.find((name) => !/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/.test(name))
  if (odd !== undefined) throw new ReleaseError('input/invalid', `${JSON.stringify(odd)} is not a name in Kubernetes.`)
}
