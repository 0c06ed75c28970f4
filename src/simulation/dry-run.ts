import type { Adapters } from '../engine/adapters.js'
import { attempt, defaultRetryPolicy } from '../engine/attempt.js'
import { bound } from '../engine/perform.js'
import { checkArtifacts, checkBindings } from '../engine/preflight.js'
import { systemClock } from '../engine/system-clock.js'
import { parsePlan } from '../plan/define-plan.js'
import type { PlanTree } from '../plan/plan-schema.js'
import { programOf, type Track } from '../plan/program.js'
import type { CallOptions } from '../ports/call-options.js'
import type { Clock } from '../ports/clock.js'
import { sayStep } from '../report/words.js'
import type { Artifact } from '../vocabulary/artifact.js'
import { ReleaseError } from '../vocabulary/errors.js'
import { judgedKinds } from './judged-kinds.js'

/** One thing that was looked at. */
export interface DryRunFinding {
  /** `plan`, or the track it is about. */
  readonly where: string
  readonly what: 'bindings' | 'artifacts' | 'live version' | 'weight' | 'metrics'
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
 * Asks real adapters what a release would meet: bindings, capabilities, what is live, weights in force, whether metrics answer.
 * Changes nothing. Hooks, approvers and judges are checked for being there, and not called.
 *
 * @throws ReleaseError `plan/invalid`; everything else is a finding
 */
export async function dryRun(plan: PlanTree, adapters: Adapters, options: DryRunOptions): Promise<DryRun> {
  const checked = parsePlan(plan)
  const calls: string[] = []
  const guarded = readingOnly(adapters, calls)
  const { artifacts, clock = systemClock() } = options
  const ask = <T>(key: string, call: (options: CallOptions) => Promise<T>) =>
    attempt({ ...once, clock, signal: new AbortController().signal, idempotencyKey: `dry-run:${key}` }, call)
  const findings: DryRunFinding[] = [
    await finding('plan', 'bindings', () => {
      checkBindings(checked, guarded)
      return fine('Everything the plan names is supplied, and can do what the plan asks.')
    }),
    await finding('plan', 'artifacts', () => {
      checkArtifacts(checked, artifacts)
      return fine('There is one for each unit.')
    }),
  ]
  const { tracks } = programOf(checked)
  for (const track of tracks)
    if (track.unit !== null) findings.push(...(await look(track, checked, guarded, artifacts, clock, ask)))
  return {
    isReady: findings.every(({ isFine }) => isFine),
    findings,
    would: tracks.map(({ id, steps }) => ({ track: id, steps: steps.map(sayStep) })),
    calls,
  }
}

const once = { policy: { ...defaultRetryPolicy, attempts: 1 }, random: () => 0.5, fencingToken: 0 }

type Sight = Pick<DryRunFinding, 'isFine' | 'says'>
const fine = (says: string): Sight => ({ isFine: true, says })
const amiss = (says: string): Sight => ({ isFine: false, says })

/** Whatever is wrong with the setting is something found, and the next thing is looked at. */
async function finding(where: string, what: DryRunFinding['what'], see: () => Sight | Promise<Sight>): Promise<DryRunFinding> {
  try {
    return { where, what, ...(await see()) }
  } catch (error) {
    if (!ReleaseError.is(error)) throw error
    return { where, what, ...amiss(`${error.code}: ${error.message}`) }
  }
}

type Ask = <T>(key: string, call: (options: CallOptions) => Promise<T>) => Promise<T>

async function look(
  { id, unit, bindings, steps }: Track,
  plan: PlanTree,
  adapters: Adapters,
  artifacts: DryRunOptions['artifacts'],
  clock: Clock,
  ask: Ask,
): Promise<DryRunFinding[]> {
  const canary = artifacts[unit!]?.version ?? ''
  let stable: string | undefined
  const live = await finding(id, 'live version', async () => {
    const state = await ask(id, (options) => bound(adapters.deploy, bindings?.deploy).observe(unit!, options))
    stable = state.stable?.version
    if (stable !== undefined && stable === canary) return amiss(`Version ${canary} is live already.`)
    return fine(stable === undefined ? 'Nothing was ever live.' : `Version ${stable} is live.`)
  })
  const weight = await finding(id, 'weight', async () => {
    const route = { unit: unit!, canary, ...(stable !== undefined && { stable }) }
    const inForce = await ask(id, (options) => bound(adapters.router, bindings?.router).getWeight(route, options))
    if (inForce !== 0 && inForce !== 'unknown')
      return amiss(`Version ${canary} has ${inForce} % of traffic, and no release has given it any.`)
    return fine(inForce === 'unknown' ? 'The router cannot tell the weight in force.' : 'The new version has no traffic.')
  })
  const judges = new Set(steps.flatMap((step) => ('judge' in step && step.judge !== undefined ? step.judge : [])))
  const wanted = [...new Set(judgedKinds(plan).flatMap(({ judge, metric }) => (judges.has(judge) ? metric : [])))]
  const metrics = await finding(id, 'metrics', async () => {
    const to = clock.now()
    const queries = Object.fromEntries(wanted.map((metric) => [metric, plan.metrics[metric] ?? null]))
    const versions = { canary, ...(stable !== undefined && { control: stable }) }
    const readings = await ask(id, (options) =>
      bound(adapters.metrics, bindings?.metrics).read({ unit: unit!, versions, queries, from: to - lookBackMs, to }, options),
    )
    const silent = wanted.flatMap((metric) => {
      const control = readings[metric]?.control
      return control === undefined || control.kind === 'missing' ? `${metric} (${control?.detail ?? 'no answer'})` : []
    })
    if (silent.length > 0) return amiss(`Nothing is measured of the live version: ${silent.join(', ')}.`)
    return fine(`${wanted.join(', ')}: measured of the live version.`)
  })
  return [live, ...(bindings?.router === undefined ? [] : [weight]), ...(wanted.length === 0 ? [] : [metrics])]
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
