import { setTimeout as pass } from 'node:timers/promises'
import { z } from 'zod'
import type { TrafficRouter } from '../../src/ports/traffic-router.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { weightSchema } from '../../src/vocabulary/weight.js'
import { patchOf, shareOf } from './patch.js'
import { type Backends, parseRoute, splitsOf } from './route.js'
import { inForce } from './status.js'
import { type Versions, versionsOf } from './versions.js'

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

/**
 * Splits traffic by the weights of two Services in an HTTPRoute or GRPCRoute of the Gateway API.
 *
 * G1 Only weights, and one annotation that names the versions, are written, and only to what was read.
 * G2 Whoever is to get traffic has a ready endpoint, and until then nobody loses any.
 * G3 A weight is in force when every parent has accepted the generation that has it.
 * G4 The way back to 0 % needs no canary: a canary's Service that is missing or broken does not stop it.
 */
export function gatewayApiRouter({ client, namespace, units, pollMs = 500 }: GatewayApiOptions): TrafficRouter {
  checkNames(namespace, ...Object.values(units).flatMap(({ route, stable, canary }) => [route, stable, canary]))

  function unitOf(unit: string): GatewayApiUnit & { path: string } {
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

  async function change(unit: string, weightPercent: number, versions: Versions, signal: AbortSignal): Promise<void> {
    const place = unitOf(unit)
    const patch = patchOf(await look(place, signal), place, weightPercent, versions)
    const served = [...(weightPercent > 0 ? [place.canary] : []), ...(weightPercent < 100 ? [place.stable] : [])]
    if (patch) {
      await Promise.all(served.map((service) => checkReady(service, signal)))
      await client.patch(`${place.path}?fieldManager=taxiway&fieldValidation=Strict`, 'json', patch, signal)
    }
    for (;;) {
      const { kind, ...why } = inForce(await look(place, signal))
      if (kind === 'accepted' || (kind === 'unresolved' && weightPercent === 0)) return
      if (kind !== 'pending') {
        const says = `Route "${place.route}" has ${weightPercent} % for the canary of "${unit}", which is not in force: ${'says' in why ? why.says : kind}.`
        throw new ReleaseError('adapter/rejected', says, { unit })
      }
      await pass(pollMs, undefined, { signal }).catch(() => signal.throwIfAborted())
    }
  }

  return {
    // The port has no way to ask for a mirror. Filters that mirror are kept as they are.
    capabilities: { mirror: false, smallestStepPercent: 0.01 },

    async setWeight({ unit, stable, canary }, weightPercent, { signal }) {
      const { success } = weightSchema.safeParse(weightPercent)
      if (!success)
        throw new ReleaseError('input/invalid', `${weightPercent} is not a weight. Give 0 to 100 percent in steps of 0.01.`)
      await change(unit, weightPercent, { ...(stable !== undefined && { stable }), canary }, signal)
    },

    async getWeight({ unit, canary }, { signal }) {
      const place = unitOf(unit)
      const route = await look(place, signal)
      const share = shareOf(splitsOf(route, place), 'canary')
      const { kind } = inForce(route)
      if (share === undefined || !(kind === 'accepted' || (kind === 'unresolved' && share === 0))) return 'unknown'
      const versions = versionsOf(route, place.stable)
      if (versions === undefined || versions.canary === canary) return share
      if (versions.stable === canary) return shareOf(splitsOf(route, place), 'stable') ?? 'unknown'
      // In neither place, so it has nothing, unless somebody gave the canary's place something behind our back.
      return share === 0 ? 0 : 'unknown'
    },

    async settle({ unit, version }, { signal }) {
      await change(unit, 0, { stable: version }, signal)
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
