import type { Adapters } from '../engine/adapters.js'
import type { PlanTree } from '../plan/plan-schema.js'
import { programOf, type Track } from '../plan/program.js'
import type { CallOptions } from '../ports/call-options.js'
import type { Clock } from '../ports/clock.js'
import { fakeWorld } from '../testing/fake-world.js'
import { withFaults } from '../testing/faults.js'
import { durationMs } from '../vocabulary/duration.js'
import { ReleaseError } from '../vocabulary/errors.js'
import { type RandomSource, xoshiro128 } from '../vocabulary/xoshiro128.js'
import { bindingNames } from './binding-names.js'
import type { Conduct } from './conduct.js'
import { createPlace, type Exposure } from './place.js'
import { pretendedMetrics } from './pretended-metrics.js'
import type { Traffic } from './traffic.js'
import type { World } from './world.js'

/** What happens at one unit in one stage, whoever says so: a description, or a recording. */
export interface Script {
  readonly traffic: Traffic
  readonly stable: ReadonlyMap<string, Conduct>
  readonly canary: ReadonlyMap<string, Conduct>
}

export interface PretendOptions {
  readonly plan: PlanTree
  readonly world: World
  readonly script: (track: Track) => Script
  readonly clock: Clock
  readonly seed: number
}

/** A world that answers to every name the plan binds, apart from judges. */
export interface Pretended {
  readonly adapters: Adapters
  /** What users saw of the new versions up to now, all places together. */
  exposure(): Exposure
}

export function pretend({ plan, world, script, clock, seed }: PretendOptions): Pretended {
  const startAt = clock.now()
  const bound = bindingNames(plan)
  const times = timesOf(world)
  const sites = sitesOf(plan)
  const failures = world.failures ?? Object.keys(world.stable).find((metric) => world.stable[metric]?.kind === 'ratio')
  const random = (stream: number): RandomSource => xoshiro128(seed + Math.imul(stream, 0x9e3779b9))

  const places = sites.map((site, i) => {
    const { traffic, stable, canary } = script(site.track)
    const place = createPlace({ startAt, traffic, conducts: { stable, canary }, failures, random: random(i + 2) })
    const { unit } = site
    const products = fakeWorld({
      stable: world.isFirst ? {} : { [unit]: versions.stable },
      before(call, options) {
        const ms = times[call.method] ?? 0
        return ms > 0 ? pass(clock, ms, options.signal) : undefined
      },
      after({ method, detail }) {
        const now = clock.now()
        if (method === 'deploy' && detail === versions.canary) place.start(now)
        if (method === 'setWeight') place.shift(now, Number(detail))
        // Without a router, whoever is promoted has everything.
        if (method === 'settle' || (method === 'promote' && !site.isRouted))
          place.shift(now, detail === versions.canary ? 100 : 0)
      },
    })
    return { ...site, place, products }
  })

  const metricsRandom = random(1)
  const at = <K extends 'deploy' | 'router'>(kind: K, binding: string, unit: string) =>
    places.find((site) => site.unit === unit && site.bindings[kind].has(binding))!.products[kind]
  const faulty = faultsOf(world, clock)
  /** One adapter for each name of a kind. */
  const named = <T extends object>(port: keyof typeof bound, make: (binding: string) => T): Record<string, T> =>
    Object.fromEntries(bound[port].map((binding) => [binding, faulty(port, binding, make(binding))]))

  const adapters: Adapters = {
    deploy: named('deploy', (binding) => ({
      deploy: (request, options) => at('deploy', binding, request.unit).deploy(request, options),
      promote: (request, options) => at('deploy', binding, request.unit).promote(request, options),
      retire: (request, options) => at('deploy', binding, request.unit).retire(request, options),
      observe: (unit, options) => at('deploy', binding, unit).observe(unit, options),
    })),
    router: named('router', (binding) => ({
      capabilities: { mirror: false, smallestStepPercent: 0.01 },
      setWeight: (route, weight, options) => at('router', binding, route.unit).setWeight(route, weight, options),
      getWeight: (route, options) => at('router', binding, route.unit).getWeight(route, options),
      settle: (route, options) => at('router', binding, route.unit).settle(route, options),
    })),
    metrics: named('metrics', (binding) => {
      const seen = places.filter((site) => site.bindings.metrics.has(binding))
      return pretendedMetrics({
        pipeline: world.pipeline,
        clock,
        startAt,
        random: metricsRandom,
        conduct: (metric) => seen[0] && script(seen[0].track).stable.get(metric),
        placesOf: (unit) => seen.filter((site) => site.unit === unit).map(({ place }) => place),
        cohortOf: (version) => (version === versions.stable ? 'stable' : 'canary'),
      })
    }),
    // The question is delivered; whether somebody answers is up to the people of this world.
    approver: named('approver', () => ({ request: async () => undefined })),
    hook: named('hook', (binding) => async (_, { signal }) => {
      const { outcome, says, takes } = world.hooks[binding] ?? { outcome: 'pass', says: 'done', takes: '0s' }
      if (durationMs(takes) > 0) await pass(clock, durationMs(takes), signal)
      return { outcome, says }
    }),
  }
  return {
    adapters,
    exposure() {
      const all = places.map(({ place }) => {
        place.advance(clock.now())
        return place.exposure()
      })
      return all.reduce(joined)
    },
  }
}

/** What is live in every pretended world, and what comes. */
export const versions = { stable: 'stable', canary: 'canary' } as const

interface Site {
  readonly name: string
  readonly unit: string
  readonly track: Track
  readonly isRouted: boolean
  /** By which names of the plan the site is reached. */
  readonly bindings: Readonly<Record<'deploy' | 'router' | 'metrics', ReadonlySet<string>>>
}

/** Units where they run: what shares a router shares its users. */
function sitesOf(plan: PlanTree): Site[] {
  const sites = new Map<string, { site: Site; bindings: Record<'deploy' | 'router' | 'metrics', Set<string>> }>()
  for (const track of programOf(plan).tracks) {
    const { unit, bindings } = track
    if (unit === null || bindings === null) continue
    const name = `${unit} at ${bindings.router ?? bindings.deploy}`
    const own = sites.get(name)?.bindings ?? { deploy: new Set(), router: new Set(), metrics: new Set() }
    for (const kind of ['deploy', 'router', 'metrics'] as const) {
      const binding = bindings[kind]
      if (binding !== undefined) own[kind].add(binding)
    }
    const site = { name, unit, track, isRouted: bindings.router !== undefined, bindings: own }
    if (!sites.has(name)) sites.set(name, { site, bindings: own })
  }
  return [...sites.values()].map(({ site }) => site)
}

/** How long each call of a product takes, by method. Milliseconds. */
function timesOf({ takes: { deploy, shift, promote, retire } }: World): Readonly<Record<string, number>> {
  return {
    deploy: durationMs(deploy),
    setWeight: durationMs(shift),
    promote: durationMs(promote),
    retire: durationMs(retire),
  }
}

/** Stops waiting at once when the call is aborted. */
function pass(clock: Clock, ms: number, signal: CallOptions['signal']): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.at(clock.now() + ms, resolve)
    signal.addEventListener('abort', () => {
      cancel()
      reject(signal.reason)
    })
  })
}

/** Wraps adapters in the faults that are described for them. */
function faultsOf({ faults }: World, clock: Clock) {
  const startAt = clock.now()
  const left = faults.map(({ calls }) => calls)
  return <T extends object>(port: string, binding: string, adapter: T): T => {
    const own = [...faults.entries()].filter(
      ([, fault]) => fault.port === port && (fault.binding === undefined || fault.binding === binding),
    )
    if (own.length === 0) return adapter
    return withFaults(adapter, clock, (method) => {
      const found = own.find(
        ([i, fault]) =>
          left[i]! > 0 &&
          (fault.method === undefined || fault.method === method) &&
          clock.now() >= startAt + durationMs(fault.from),
      )
      if (found === undefined) return undefined
      const [i, { fault }] = found
      left[i]! -= 1
      if (fault === 'rejected') throw new ReleaseError('adapter/rejected', `${binding} refuses ${method}, as described.`)
      return fault
    })
  }
}

const earliest = (a: number | null, b: number | null) => (a === null || b === null ? (a ?? b) : Math.min(a, b))
const latest = (a: number | null, b: number | null) => (a === null || b === null ? (a ?? b) : Math.max(a, b))

const joined = (a: Exposure, b: Exposure): Exposure => ({
  requests: a.requests + b.requests,
  failedRequests: a.failedRequests + b.failedRequests,
  peakWeightPercent: Math.max(a.peakWeightPercent, b.peakWeightPercent),
  since: earliest(a.since, b.since),
  until: latest(a.until, b.until),
})
