import type { CallOptions } from '../../src/ports/call-options.js'
import type { Route, TrafficRouter } from '../../src/ports/traffic-router.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { weightSchema } from '../../src/vocabulary/weight.js'
import { type HeaderMatch, headerMatchEdits, headerMatchOf, headerMatchSchema, headerNote } from './header-match.js'
import { mirrorEdits, mirrorOf } from './mirror.js'
import { type Backends, type KubernetesRoute, splitsOf } from './route.js'
import { type GatewayApiOptions, routeAccess } from './route-access.js'
import { inForce } from './status.js'
import { versionNote, versionsOf } from './versions.js'
import { shareOf, weightEdits } from './weights.js'

/** What a route can do beside splitting. All of it is desired state, waits until it is in force, and ends with `settle`. */
export interface GatewayApiRouter extends TrafficRouter {
  /**
   * Sends the canary copies of a share of the requests that the split rules get, whose answers are thrown away.
   * @param sharePercent - whole, 0 to 100; less than 100 needs Gateway API 1.3
   * @throws ReleaseError `adapter/unverified` where the route has not kept it
   */
  setMirror(route: Route, sharePercent: number, options: CallOptions): Promise<void>
  /** The share in force, in percent; `'unknown'` where rules differ, or the copies are another version's. */
  getMirror(route: Route, options: CallOptions): Promise<number | 'unknown'>
  /**
   * Sends all requests with a header to the canary, whatever its weight is.
   * @param match - `'none'` ends it
   * @throws ReleaseError `adapter/rejected` where the route has rules of others about that header
   */
  setHeaderMatch(route: Route, match: HeaderMatch | 'none', options: CallOptions): Promise<void>
  /** Whose requests go to the canary; `'unknown'` where a rule was changed behind our back, or the canary is another version. */
  getHeaderMatch(route: Route, options: CallOptions): Promise<HeaderMatch | 'none' | 'unknown'>
}

/**
 * Splits traffic by the weights of two Services in an HTTPRoute or GRPCRoute of the Gateway API.
 *
 * G1 Only weights, mirrors to the canary, rules of its own and two annotations are written, and only to what was read.
 * G2 Whoever is to get traffic has a ready endpoint, and until then nobody loses any.
 * G3 What is asked is in force when every parent has accepted the generation that has it.
 * G4 The way back needs no canary: a canary's Service that is missing or broken does not stop it.
 */
export function gatewayApiRouter(options: GatewayApiOptions): GatewayApiRouter {
  const { read, change } = routeAccess(options)

  /** What is in force in the canary's place; not known where it says something of another version. */
  async function inPlace<T>(
    { unit, canary }: Route,
    nothing: T,
    of: (route: KubernetesRoute, place: Backends) => T | undefined,
    signal: AbortSignal,
  ): Promise<T | 'unknown'> {
    const { route, place } = await read(unit, signal)
    const value = of(route, place)
    if (value === undefined || !isInForce(route, value === nothing)) return 'unknown'
    const named = versionsOf(route, place.stable)?.canary ?? canary
    return value === nothing || named === canary ? value : 'unknown'
  }

  return {
    capabilities: { mirror: true, smallestStepPercent: 0.01 },

    async setWeight(route, weightPercent, { signal }) {
      const { success } = weightSchema.safeParse(weightPercent)
      if (!success)
        throw new ReleaseError('input/invalid', `${weightPercent} is not a weight. Give 0 to 100 percent in steps of 0.01.`)
      await change(
        route.unit,
        {
          says: `${weightPercent} % for the canary`,
          edits: (now, place) => weightEdits(now, place, weightPercent),
          notes: ({ stable }) => versionNote(stable, namesIn(route)),
          needs: [...(weightPercent > 0 ? (['canary'] as const) : []), ...(weightPercent < 100 ? (['stable'] as const) : [])],
          isRetreat: weightPercent === 0,
        },
        signal,
      )
    },

    async getWeight({ unit, canary }, { signal }) {
      const { route, place } = await read(unit, signal)
      const share = shareOf(splitsOf(route, place), 'canary')
      if (share === undefined || !isInForce(route, share === 0)) return 'unknown'
      const versions = versionsOf(route, place.stable)
      if (versions === undefined || versions.canary === canary) return share
      if (versions.stable === canary) return shareOf(splitsOf(route, place), 'stable') ?? 'unknown'
      // In neither place, so it has nothing, unless somebody gave the canary's place something behind our back.
      return share === 0 ? 0 : 'unknown'
    },

    async settle({ unit, version }, { signal }) {
      await change(
        unit,
        {
          says: 'nothing for the canary',
          edits: (now, place) => [
            ...weightEdits(now, place, 0),
            ...mirrorEdits(now, place, 0),
            ...headerMatchEdits(now, place, 'none'),
          ],
          notes: ({ stable }) => ({ ...versionNote(stable, { stable: version }), ...headerNote(stable, 'none') }),
          needs: ['stable'],
          isRetreat: true,
        },
        signal,
      )
    },

    async setMirror(route, sharePercent, { signal }) {
      if (!Number.isInteger(sharePercent) || sharePercent < 0 || sharePercent > 100)
        throw new ReleaseError('input/invalid', `${sharePercent} is not a share to mirror. Give whole percent, 0 to 100.`)
      const isRetreat = sharePercent === 0
      await change(
        route.unit,
        {
          says: `${sharePercent} % mirrored to the canary`,
          edits: (now, place) => mirrorEdits(now, place, sharePercent),
          notes: ({ stable }) => (isRetreat ? {} : versionNote(stable, namesIn(route))),
          needs: isRetreat ? [] : ['canary'],
          isRetreat,
        },
        signal,
      ).catch((error: unknown) => {
        throw isRetreat || sharePercent === 100 ? error : withHint(error)
      })
    },

    getMirror: (route, { signal }) => inPlace(route, 0, mirrorOf, signal),

    async setHeaderMatch(route, match, { signal }) {
      const isRetreat = match === 'none'
      // Not the value: it may be what lets its bearer in.
      if (!isRetreat && !headerMatchSchema.safeParse(match).success)
        throw new ReleaseError('input/invalid', 'That is no header to match. Give its name and value, as HTTP allows them.')
      await change(
        route.unit,
        {
          says: isRetreat ? 'no header match for the canary' : `requests with "${match.name}" for the canary`,
          edits: (now, place) => headerMatchEdits(now, place, match),
          notes: ({ stable }) => ({ ...(!isRetreat && versionNote(stable, namesIn(route))), ...headerNote(stable, match) }),
          needs: isRetreat ? [] : ['canary'],
          isRetreat,
        },
        signal,
      )
    },

    getHeaderMatch: (route, { signal }) => inPlace<HeaderMatch | 'none'>(route, 'none', headerMatchOf, signal),
  }
}

const namesIn = ({ stable, canary }: Route) => ({ ...(stable !== undefined && { stable }), canary })

/** An API server says of a field that it does not know only that the patch is invalid. */
function withHint(error: unknown): unknown {
  if (!ReleaseError.is(error) || error.details.status !== 422 || error.code !== 'adapter/rejected') return error
  const says = `${error.message} A share below 100 % needs the CRDs of Gateway API 1.3 or later.`
  return new ReleaseError(error.code, says, error.details, { cause: error })
}

function isInForce(route: KubernetesRoute, isRetreat: boolean): boolean {
  const { kind } = inForce(route)
  return kind === 'accepted' || (kind === 'unresolved' && isRetreat)
}
