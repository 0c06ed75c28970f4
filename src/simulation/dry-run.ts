import type { Adapters } from '../engine/adapters.js'
import { asReleaseError, attempt, defaultRetryPolicy } from '../engine/attempt.js'
import { bound } from '../engine/perform.js'
import { checkArtifacts, checkBindings } from '../engine/preflight.js'
import { systemClock } from '../engine/system-clock.js'
import { parsePlan } from '../plan/define-plan.js'
import type { PlanTree } from '../plan/plan-schema.js'
import { programOf, type Track } from '../plan/program.js'
import type { CallOptions } from '../ports/call-options.js'
import type { Clock } from '../ports/clock.js'
import type { UnitState } from '../ports/deploy-target.js'
import type { Route } from '../ports/traffic-router.js'
import { sayStep } from '../report/words.js'
import type { Artifact } from '../vocabulary/artifact.js'
import { canonicalJson } from '../vocabulary/canonical-json.js'
import { ReleaseError } from '../vocabulary/errors.js'
import { judgedKinds } from './judged-kinds.js'

/** One thing that was looked at. */
export interface DryRunFinding {
  /** `plan`, or the track it is about. */
  readonly where: string
  readonly what: 'bindings' | 'artifacts' | 'live version' | 'weight' | 'metrics' | 'unchanged'
  readonly isFine: boolean
  readonly says: string
}

export interface DryRun {
  readonly isReady: boolean
  readonly findings: readonly DryRunFinding[]
  /** What a release would do, by track. */
  readonly would: readonly { readonly track: string; readonly steps: readonly string[] }[]
  /** Every call that was made, as `router edge: getWeight`. All of them only read: any other is refused before it reaches the adapter. */
  readonly calls: readonly string[]
}

export interface DryRunOptions {
  readonly artifacts: Readonly<Record<string, Artifact>>
  /** Default: the machine's. */
  readonly clock?: Clock
}

/** What a dry run may call; everything else on an adapter changes the world, or might. */
const readOnly: Partial<Record<keyof Adapters, readonly string[]>> = {
  deploy: ['observe'],
  router: ['getWeight', 'capabilities'],
  metrics: ['read', 'check', 'temporality'],
}
/** How much of the past is read to see whether metrics are there. Milliseconds. */
const lookBackMs = 60_000

/**
 * Asks real adapters what a release would meet: bindings, capabilities, what is live, weights in force, whether metrics answer,
 * and whether they may be asked at all. Nothing but reading gets through to them, and a second look at the end shows that what
 * is live has not changed. Hooks, approvers and judges are checked for being there, and not called.
 *
 * @throws ReleaseError `plan/invalid`; everything else is a finding
 */
export async function dryRun(plan: PlanTree, adapters: Adapters, options: DryRunOptions): Promise<DryRun> {
  const checked = parsePlan(plan)
  const calls: string[] = []
  const { artifacts, clock = systemClock() } = options
  const world: Asked = {
    plan: checked,
    adapters: readingOnly(adapters, calls),
    artifacts,
    clock,
    ask: (key, call) => attempt({ ...once, clock, signal: new AbortController().signal, idempotencyKey: `dry-run:${key}` }, call),
  }
  const findings: DryRunFinding[] = [
    await finding('plan', 'bindings', () => {
      checkBindings(checked, world.adapters)
      return fine('Everything the plan names is supplied, and can do what the plan asks.')
    }),
    await finding('plan', 'artifacts', () => {
      checkArtifacts(checked, artifacts)
      return fine('There is one for each unit.')
    }),
  ]
  const { tracks } = programOf(checked)
  const places = tracks.filter((track): track is UnitTrack => track.unit !== null)
  const sights = new Map<UnitTrack, Sight>()
  for (const track of places) {
    const sight = await see(track, world)
    sights.set(track, sight)
    findings.push(...(await look(track, sight, world)))
  }
  for (const [track, before] of sights) findings.push(await compare(track, before, world))
  return {
    isReady: findings.every(({ isFine }) => isFine),
    findings,
    would: tracks.map(({ id, steps }) => ({ track: id, steps: steps.map(sayStep) })),
    calls,
  }
}

const once = { policy: { ...defaultRetryPolicy, attempts: 1 }, random: () => 0.5, fencingToken: 0 }

type Finding = Pick<DryRunFinding, 'isFine' | 'says'>
const fine = (says: string): Finding => ({ isFine: true, says })
const amiss = (says: string): Finding => ({ isFine: false, says })

/** Whatever is wrong with the setting is something found, and the next thing is looked at. */
async function finding(
  where: string,
  what: DryRunFinding['what'],
  find: () => Finding | Promise<Finding>,
): Promise<DryRunFinding> {
  try {
    return { where, what, ...(await find()) }
  } catch (error) {
    const { code, message } = asReleaseError(error)
    return { where, what, ...amiss(`${code}: ${message}`) }
  }
}

type UnitTrack = Track & { readonly unit: string }

interface Asked {
  readonly plan: PlanTree
  readonly adapters: Adapters
  readonly artifacts: DryRunOptions['artifacts']
  readonly clock: Clock
  readonly ask: <T>(key: string, call: (options: CallOptions) => Promise<T>) => Promise<T>
}

/** What is in force for a unit in a stage, or why that cannot be told. */
interface Sight {
  readonly route: Route
  readonly state: UnitState | ReleaseError
  /** Absent where there is no router. */
  readonly weight?: number | 'unknown' | ReleaseError
}

async function see({ id, unit, bindings }: UnitTrack, { adapters, artifacts, ask }: Asked): Promise<Sight> {
  const state = await ask(id, async (options) => bound(adapters.deploy, bindings?.deploy).observe(unit, options)).catch(
    asReleaseError,
  )
  const stable = ReleaseError.is(state) ? undefined : state.stable?.version
  const route = { unit, canary: artifacts[unit]?.version ?? '', ...(stable !== undefined && { stable }) }
  if (bindings?.router === undefined) return { route, state }
  const weight = await ask(id, async (options) => bound(adapters.router, bindings.router).getWeight(route, options)).catch(
    asReleaseError,
  )
  return { route, state, weight }
}

async function look(track: UnitTrack, { route, state, weight }: Sight, world: Asked): Promise<DryRunFinding[]> {
  const { id, stage, steps } = track
  const { stages } = world.plan
  const { stable, canary } = route
  const live = await finding(id, 'live version', () => {
    if (ReleaseError.is(state)) throw state
    if (stable === canary) return amiss(`Version ${canary} is live already.`)
    if (stable !== undefined) return fine(`Version ${stable} is live.`)
    const isFirst = stages.find(({ name }) => name === stage)?.strategy.type === 'all-at-once'
    return isFirst ? fine('Nothing was ever live.') : amiss('Nothing was ever live. Release the first version all-at-once.')
  })
  const split = await finding(id, 'weight', () => {
    if (ReleaseError.is(weight)) throw weight
    if (weight === 'unknown') return fine('The router cannot tell the weight in force.')
    if (weight === 0) return fine('The new version has no traffic.')
    return amiss(`Version ${canary} has ${weight} % of traffic, and no release has given it any.`)
  })
  const judges = new Set(steps.flatMap((step) => ('judge' in step && step.judge !== undefined ? step.judge : [])))
  const wanted = [...new Set(judgedKinds(world.plan).flatMap(({ judge, metric }) => (judges.has(judge) ? metric : [])))]
  return [
    live,
    ...(weight === undefined ? [] : [split]),
    ...(wanted.length === 0 ? [] : [await finding(id, 'metrics', () => readMetrics(track, route, wanted, world))]),
  ]
}

async function readMetrics(
  { id, unit, bindings }: UnitTrack,
  { stable, canary }: Route,
  wanted: readonly string[],
  { plan, adapters, clock, ask }: Asked,
): Promise<Finding> {
  const to = clock.now()
  const queries = Object.fromEntries(wanted.map((metric) => [metric, plan.metrics[metric] ?? null]))
  const versions = { canary, ...(stable !== undefined && { control: stable }) }
  const readings = await ask(id, async (options) =>
    bound(adapters.metrics, bindings?.metrics).read({ unit, versions, queries, from: to - lookBackMs, to }, options),
  )
  if (stable === undefined) return fine(`${wanted.join(', ')}: the source answers, and nothing is live to be measured.`)
  const silent = wanted.flatMap((metric) => {
    const control = readings[metric]?.control
    return control === undefined || control.kind === 'missing' ? `${metric} (${control?.detail ?? 'no answer'})` : []
  })
  if (silent.length > 0) return amiss(`Nothing is measured of the live version: ${silent.join(', ')}.`)
  return fine(`${wanted.join(', ')}: measured of the live version.`)
}

/** A product that is changed by being asked would show it here; so would somebody else who changes it meanwhile. */
function compare(track: UnitTrack, before: Sight, world: Asked): Promise<DryRunFinding> {
  const told = ({ state, weight }: Sight) => {
    const versions = ReleaseError.is(state) ? state.message : state.versions.map(({ artifact }) => artifact.version).sort()
    const stable = ReleaseError.is(state) ? undefined : state.stable?.version
    return canonicalJson({ stable, versions, weight: ReleaseError.is(weight) ? weight.message : weight })
  }
  return finding(track.id, 'unchanged', async () => {
    const after = await see(track, world)
    if (told(after) === told(before)) return fine('What is live, and its traffic, are as they were before the dry run.')
    return amiss(`Somebody changes it: before the dry run it was ${told(before)}, and after it ${told(after)}.`)
  })
}

/** The same adapters, of which only reading is left. */
function readingOnly(adapters: Adapters, calls: string[]): Adapters {
  const guard = (kind: keyof Adapters, name: string, adapter: object): object => {
    const allowed = readOnly[kind]
    if (allowed === undefined) return adapter
    return new Proxy(adapter, {
      get(target, member) {
        const found: unknown = Reflect.get(target, member)
        if (!allowed.includes(String(member)))
          throw new ReleaseError('input/invalid', `A dry run does not use ${String(member)} of ${kind} "${name}".`)
        if (typeof found !== 'function') return found
        return (...given: unknown[]) => {
          calls.push(`${kind} ${name}: ${String(member)}`)
          return Reflect.apply(found, target, given)
        }
      },
    })
  }
  return Object.fromEntries(
    Object.entries(adapters).map(([kind, named]) => [
      kind,
      Object.fromEntries(
        Object.entries(named ?? {}).map(([name, adapter]) => [name, guard(kind as keyof Adapters, name, adapter as object)]),
      ),
    ]),
  ) as Adapters
}
