import { z } from 'zod'
import type { CallOptions } from '../../src/ports/call-options.js'
import type { Route, TrafficRouter } from '../../src/ports/traffic-router.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { nameSchema } from '../../src/vocabulary/name.js'
import { basisPoints, weightSchema } from '../../src/vocabulary/weight.js'
import { backendPool, type Pool } from './pool.js'
import { liveVersions, nothing, weightOf } from './split.js'
import { type ProxyState, readState, writeState } from './state-file.js'

/** Origins of the ready instances of a version, such as `http://127.0.0.1:43121`. */
export type Resolve = (unit: string, version: string) => Promise<readonly string[]>

export interface MirroringRouter extends TrafficRouter {
  /**
   * Copies a share of stable's requests to the canary, whose answers are thrown away. Users notice nothing; `settle` ends it.
   * @param sharePercent - of the requests that do not go to the canary anyway, 0 to 100
   */
  setMirror(route: Route, sharePercent: number, options: CallOptions): Promise<void>
}

/** The split in force, and the only way to change it. */
export interface Switchboard {
  readonly router: MirroringRouter
  readonly state: ProxyState
  /** The instances of a version that gets traffic or copies. */
  poolOf(version: string): Pool | undefined
  /** Gives up the connections to instances. */
  close(): void
}

export const routeSchema = z.strictObject({ unit: nameSchema, stable: nameSchema.exactOptional(), canary: nameSchema })

export async function openSwitchboard(config: { unit: string; resolve: Resolve; stateFile?: string }): Promise<Switchboard> {
  const { unit, resolve, stateFile } = config
  let state: ProxyState = (stateFile && (await readState(stateFile, unit))) || { unit, split: nothing }
  let pools = new Map<string, Pool>()
  let newest = 0
  let saved = Promise.resolve()
  keepPools()

  /** Versions that get nothing any more lose their connections, each when its last request is over. */
  function keepPools(): void {
    const wanted = [...liveVersions(state.split), ...(state.mirror ? [state.mirror.version] : [])]
    const kept = new Map(wanted.map((version) => [version, pools.get(version) ?? backendPool(() => resolve(unit, version))]))
    for (const [version, pool] of pools) if (!kept.has(version)) pool.update([])
    pools = kept
  }

  /** Finds instances of the versions first, then changes all at one stroke, unless a newer call has come meanwhile. */
  async function change(
    { signal, fencingToken }: CallOptions,
    versions: readonly string[],
    next: (now: ProxyState) => ProxyState,
  ): Promise<void> {
    signal.throwIfAborted()
    admit(fencingToken)
    const call = ++newest
    const searches = Promise.all(versions.map(async (version) => [version, await instancesOf(version)] as const))
    const found = await untilAborted(searches, signal)
    if (call !== newest)
      throw new ReleaseError('adapter/rejected', `A newer call for "${unit}" came first, so this one was dropped.`)
    state = next(state)
    keepPools()
    for (const [version, origins] of found) pools.get(version)?.update(origins)
    if (stateFile) await save(stateFile)
  }

  function admit(token: number): void {
    const highest = state.fencingToken ?? token
    if (token < highest) {
      const says = `Another process has taken over "${unit}" (fencing token ${highest}, this call has ${token}). Stop this one.`
      throw new ReleaseError('adapter/rejected', says, { unit, token, highest })
    }
    state = { ...state, fencingToken: token }
  }

  async function instancesOf(version: string): Promise<readonly string[]> {
    const origins = await resolve(unit, version).catch((cause) => {
      if (ReleaseError.is(cause)) throw cause
      const says = `The instances of ${unit} ${version} could not be looked up. See to what resolves them, then try again.`
      throw new ReleaseError('adapter/unavailable', says, { unit, version }, { cause })
    })
    const odd = origins.find((origin) => !/^http:\/\/[^/]+$/.test(origin))
    if (odd === undefined && origins.length > 0) return origins
    const reason = odd === undefined ? 'it has no ready instance' : `"${odd}" is not an http origin`
    const says = `${unit} ${version} was given no traffic: ${reason}. Deploy it, or leave its traffic where it is.`
    throw new ReleaseError('adapter/rejected', says, { unit, version })
  }

  /** What is in force comes first, so that a full disk cannot stop a rollback. */
  async function save(file: string): Promise<void> {
    saved = saved.catch(() => {}).then(() => writeState(file, state))
    await saved.catch((cause) => {
      const says = `The split of "${unit}" is in force, but not in ${file}: a restart would bring back an older one. Make room, and try again.`
      throw new ReleaseError('adapter/unavailable', says, { unit, file }, { cause })
    })
  }

  function checked<T>(schema: z.ZodType<T>, value: T): T {
    const result = schema.safeParse(value)
    if (!result.success)
      throw new ReleaseError('input/invalid', `The proxy of "${unit}" was asked for: ${z.prettifyError(result.error)}`)
    return result.data
  }

  function checkUnit(asked: string): void {
    if (asked === unit) return
    throw new ReleaseError('adapter/rejected', `This proxy serves "${unit}", not "${asked}". Ask the other one.`, { unit, asked })
  }

  const router: MirroringRouter = {
    capabilities: { mirror: true, smallestStepPercent: 0.01 },

    async setWeight(route, weightPercent, options) {
      const { stable, canary } = checked(routeSchema, route)
      checkUnit(route.unit)
      const canaryBasisPoints = basisPoints(checked(weightSchema, weightPercent))
      const split = { ...(stable !== undefined && { stable }), canary, canaryBasisPoints }
      // A stable that has traffic already needs no proof: a rollback waits for nobody.
      const isLiveStable = (version: string) => version === stable && pools.has(version)
      const needed = liveVersions(split).filter((version) => version === canary || !isLiveStable(version))
      await change(options, needed, (now) => ({ ...now, split }))
      if (stable !== undefined) void pools.get(stable)?.refresh()
    },

    async getWeight(route, { signal }) {
      signal.throwIfAborted()
      checkUnit(checked(routeSchema, route).unit)
      return weightOf(state.split, route)
    },

    async settle({ unit: asked, version }, options) {
      checkUnit(asked)
      checked(nameSchema, version)
      const split = { stable: version, canaryBasisPoints: 0 }
      await change(options, [version], ({ mirror: _, ...now }) => ({ ...now, split }))
    },

    async setMirror(route, sharePercent, options) {
      const { canary } = checked(routeSchema, route)
      checkUnit(route.unit)
      const share = basisPoints(checked(weightSchema, sharePercent))
      const mirror = share > 0 && { mirror: { version: canary, basisPoints: share } }
      await change(options, share > 0 ? [canary] : [], ({ mirror: _, ...now }) => ({ ...now, ...mirror }))
    },
  }

  return {
    router,
    get state() {
      return state
    },
    poolOf: (version) => pools.get(version),
    close() {
      for (const pool of pools.values()) pool.update([])
    },
  }
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
  return Promise.race([work, aborted])
}
