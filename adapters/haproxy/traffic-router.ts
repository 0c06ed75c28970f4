import type { CallOptions } from '../../src/ports/call-options.js'
import type { TrafficRouter } from '../../src/ports/traffic-router.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { type BackendState, parseBackend, showBackend } from './backend-state.js'
import { checkName, type HaproxyOptions, serversOfVersion } from './options.js'
import { ask, tell } from './runtime-api.js'
import { smallestStepPercent, weightsFor } from './split.js'

type Weights = readonly (readonly [server: string, weight: number])[]

/**
 * Splits traffic by the weights of a backend's servers, over HAProxy's Runtime API. Needs `level admin`, and `balance
 * roundrobin`: all other algorithms refuse weights at run time, or send requests by key, by load or by chance.
 *
 * R1 A side loses weight only when the other one has what it is to have, and a server that can take it.
 * R2 In between, the canary never gets more than the larger of its old share and its new one.
 * R3 Agent checks of the servers are switched off first: they would set weights of their own.
 */
export function haproxyRouter(options: HaproxyOptions): TrafficRouter {
  const { socket, backend } = options
  checkName('backend', backend)

  async function observe(signal: AbortSignal): Promise<BackendState> {
    const state = parseBackend(backend, await ask(socket, showBackend(backend), signal))
    if (state.algorithm === 'roundrobin') return state
    throw new ReleaseError(
      'adapter/rejected',
      `Backend "${backend}" has balance "${state.algorithm}", which does not split by weight. Configure "balance roundrobin" and reload HAProxy.`,
      { backend, algorithm: state.algorithm },
    )
  }

  async function change(
    percent: number,
    sides: { readonly canary: readonly string[]; readonly stable: readonly string[] },
    { servers }: BackendState,
    signal: AbortSignal,
  ): Promise<void> {
    const { canary, stable } = weightsFor(percent, sides.canary, sides.stable)
    const set = (side: Weights, isWanted: (wanted: number, now: number) => boolean) =>
      side
        .filter(([name, wanted]) => isWanted(wanted, servers.get(name)?.weight ?? 0))
        .map(([name, wanted]) => `set weight ${backend}/${name} ${wanted}`)
    const rises = (side: Weights) => set(side, (wanted, now) => wanted > now)
    const falls = (side: Weights) => set(side, (wanted, now) => wanted < now)
    const agents = [...canary, ...stable].filter(([name]) => servers.get(name)?.hasAgent)

    await tell(socket, [...agents.map(([name]) => `disable agent ${backend}/${name}`), ...rises(stable)], signal)
    checkReady(stable, await observe(signal))
    await tell(socket, [...falls(canary), ...rises(canary)], signal)
    checkReady(canary, await observe(signal))
    await tell(socket, falls(stable), signal)
  }

  function checkReady(side: Weights, { servers }: BackendState): void {
    const names = side.flatMap(([name, weight]) => (weight > 0 ? [name] : []))
    if (names.length === 0 || names.some((name) => servers.get(name)?.isReady)) return
    throw new ReleaseError(
      'adapter/unavailable',
      `None of ${names.join(', ')} in backend "${backend}" can take traffic, so nothing was taken from the others. See their health checks and states.`,
      { backend },
    )
  }

  /** The servers of a version that is to get traffic must be there; of one that gets none any more, those that are left. */
  async function placesOf(
    unit: string,
    version: string | undefined,
    isServed: boolean,
    { servers }: BackendState,
    call: CallOptions,
  ) {
    const names = version === undefined ? [] : await serversOfVersion(options, unit, version, call)
    if (!isServed) return names.filter((name) => servers.has(name))
    const odd = names.find((name) => servers.get(name)?.isBackup !== false)
    if (odd === undefined && names.length > 0) return names
    const why = odd === undefined ? 'it has no server' : `"${odd}" is not one of the backend's servers, or is a backup`
    throw new ReleaseError(
      'adapter/rejected',
      `${unit} ${version ?? 'before its first release'} can get no traffic from backend "${backend}": ${why}.`,
      { backend, unit },
    )
  }

  return {
    capabilities: { mirror: false, smallestStepPercent },

    async setWeight({ unit, stable, canary }, weightPercent, call) {
      if (!(weightPercent >= 0 && weightPercent <= 100 && Number.isInteger(weightPercent / smallestStepPercent)))
        throw new ReleaseError(
          'input/invalid',
          `${weightPercent} is not a weight. Give 0 to 100 percent in steps of ${smallestStepPercent}.`,
        )
      const before = await observe(call.signal)
      const canaries = await placesOf(unit, canary, weightPercent > 0, before, call)
      const stables = await placesOf(unit, stable, weightPercent < 100, before, call)
      const both = canaries.find((name) => stables.includes(name))
      if (both !== undefined)
        throw new ReleaseError(
          'adapter/rejected',
          `Server "${both}" is said to be of both ${canary} and ${stable}. Mend \`serversOf\`.`,
          { backend, unit },
        )
      await change(weightPercent, { canary: canaries, stable: stables }, before, call.signal)
    },

    async getWeight({ unit, canary }, call) {
      const { servers } = await observe(call.signal)
      const names = await serversOfVersion(options, unit, canary, call)
      const active = [...servers].filter(([, { isBackup }]) => !isBackup)
      const sum = (some: typeof active) => some.reduce((total, [, { weight, isOut }]) => total + (isOut ? 0 : weight), 0)
      return shareOf(sum(active.filter(([name]) => names.includes(name))), sum(active))
    },

    async settle({ unit, version }, call) {
      const before = await observe(call.signal)
      const names = await placesOf(unit, version, true, before, call)
      const others = [...before.servers].flatMap(([name, { isBackup }]) => (isBackup || names.includes(name) ? [] : [name]))
      await change(0, { canary: others, stable: names }, before, call.signal)
    },
  }
}

/** In percent with two decimals; 0 only for nothing, and 100 only for all. */
function shareOf(part: number, whole: number): number {
  if (part === 0 || part === whole) return part === 0 ? 0 : 100
  return Math.min(99.99, Math.max(0.01, Math.round((part / whole) * 10_000) / 100))
}
