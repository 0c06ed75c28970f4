import { z } from 'zod'
import type { PlanTree } from '../plan/plan-schema.js'
import { type ProgramStep, programOf, type Track } from '../plan/program.js'
import type { CallOptions } from '../ports/call-options.js'
import { type Artifact, artifactSchema } from '../vocabulary/artifact.js'
import { ReleaseError } from '../vocabulary/errors.js'
import { basisPoints } from '../vocabulary/weight.js'
import type { Adapters } from './adapters.js'
import { judgeNamed } from './look.js'
import { bound } from './perform.js'

/**
 * Everything about a plan that can be seen to be wrong without touching the world.
 * @throws ReleaseError `plan/unbound`, `plan/incapable`
 */
export function checkBindings(plan: PlanTree, adapters: Adapters): void {
  const { tracks } = programOf(plan)
  for (const { kind, name, path } of [...judgeNeeds(plan), ...tracks.flatMap(needsOf)]) {
    const supplied = Object.keys(adapters[kind] ?? {})
    if (supplied.includes(name)) continue
    const known = supplied.length > 0 ? `Supplied: ${supplied.join(', ')}.` : 'None is supplied.'
    const says = `${path} names the ${kind} binding "${name}", which was not supplied. ${known} Supply it, or correct the name.`
    throw new ReleaseError('plan/unbound', says, { path, kind, name })
  }
  for (const [name, settings] of Object.entries(plan.judges)) {
    const wanted = judgeNamed({ plan }, name, adapters).metrics
    const extra = settings.use === 'custom' ? wanted.find((metric) => !settings.metrics.includes(metric)) : undefined
    if (extra !== undefined)
      throw new ReleaseError(
        'plan/incapable',
        `judges.${name} wants the metric "${extra}", which its plan does not list. Add it to "metrics".`,
      )
  }
  for (const track of tracks) checkCapabilities(plan, track, adapters)
}

interface Need {
  readonly kind: keyof Adapters
  readonly name: string
  readonly path: string
}

function judgeNeeds({ judges }: PlanTree): Need[] {
  return Object.entries(judges).flatMap(([name, settings]) =>
    settings.use === 'custom' ? [{ kind: 'judge', name: settings.judge, path: `judges.${name}` } as const] : [],
  )
}

function needsOf({ id, bindings, steps }: Track): Need[] {
  const places = (['deploy', 'router', 'metrics'] as const).flatMap((kind) => {
    const name = bindings?.[kind]
    return name === undefined ? [] : [{ kind, name, path: id }]
  })
  return [...places, ...steps.flatMap((step) => stepNeeds(step, `${id}#${step.id}`))]
}

function stepNeeds(step: ProgramStep, path: string): Need[] {
  switch (step.type) {
    case 'approve':
      return step.approver === undefined ? [] : [{ kind: 'approver', name: step.approver, path }]
    case 'run':
      return [step.hook, ...(step.undo === undefined ? [] : [step.undo])].map((name) => ({ kind: 'hook', name, path }))
    case 'verify':
      return [{ kind: 'hook', name: step.hook, path }]
    default:
      return []
  }
}

function checkCapabilities(plan: PlanTree, { id, bindings, steps }: Track, adapters: Adapters): void {
  if (bindings?.router !== undefined) {
    const { smallestStepPercent } = bound(adapters.router, bindings.router).capabilities
    const odd = steps.find((step) => step.type === 'shift' && basisPoints(step.weight) % basisPoints(smallestStepPercent) !== 0)
    if (odd)
      throw new ReleaseError(
        'plan/incapable',
        `${id}#${odd.id}: router "${bindings.router}" moves traffic in steps of ${smallestStepPercent} %, so it cannot give this weight. Choose a multiple.`,
      )
  }
  const wanted = steps.flatMap((step) =>
    'judge' in step && step.judge !== undefined ? judgeNamed({ plan }, step.judge, adapters).metrics : [],
  )
  if (wanted.length > 0)
    bound(adapters.metrics, bindings?.metrics).check(
      Object.fromEntries(wanted.map((metric) => [metric, plan.metrics[metric] ?? null])),
    )
}

/**
 * @throws ReleaseError `input/invalid` when the artifacts are not exactly those of the plan's units
 */
export function checkArtifacts({ units }: PlanTree, artifacts: Readonly<Record<string, Artifact>>): void {
  const stranger = Object.keys(artifacts).find((unit) => !Object.hasOwn(units, unit))
  if (stranger !== undefined)
    throw new ReleaseError(
      'input/invalid',
      `artifacts.${stranger}: the plan has no such unit. Units: ${Object.keys(units).join(', ')}.`,
    )
  const absent = Object.keys(units).find((unit) => !Object.hasOwn(artifacts, unit))
  if (absent !== undefined)
    throw new ReleaseError('input/invalid', `artifacts.${absent} is missing. Say which version of "${absent}" to release.`)
}

const stateSchema = z.object({ stable: artifactSchema.optional() })

/** A router that does not answer now may do so when it is needed. */
function unlessRefused(error: unknown): void {
  if (ReleaseError.is(error) && error.code === 'adapter/rejected') throw error
}

/** All that is recorded of what a target answers, once it is known that it can be read back. */
function stableIn(id: string, answer: unknown): Artifact | undefined {
  try {
    return stateSchema.parse(answer).stable
  } catch {
    const says = `${id}: its target does not say what is live there in the form that its port asks for. See its adapter.`
    throw new ReleaseError('adapter/rejected', says, { track: id })
  }
}

/**
 * What is live now, by track, read from the targets themselves; and whether their routers can be asked.
 * @throws ReleaseError `input/invalid` for a version that is live already, `adapter/rejected` for an answer that is none, or a
 * router that refuses, `plan/incapable` for a canary of a unit that never was
 */
export async function findStable(
  plan: PlanTree,
  artifacts: Readonly<Record<string, Artifact>>,
  adapters: Adapters,
  call: <T>(key: string, observe: (options: CallOptions) => Promise<T>) => Promise<T>,
): Promise<Record<string, Artifact>> {
  const found = await Promise.all(
    programOf(plan).tracks.map(async ({ id, stage, unit, bindings }) => {
      if (unit === null) return []
      const target = bound(adapters.deploy, bindings?.deploy)
      const stable = await call(`observe:${id}`, async (options) => stableIn(id, await target.observe(unit, options)))
      if (stable === undefined) {
        if (plan.stages.find(({ name }) => name === stage)?.strategy.type === 'all-at-once') return []
        const says = `${id} was never live, so there is nothing to compare with and nothing to go back to. Release its first version all-at-once.`
        throw new ReleaseError('plan/incapable', says, { track: id })
      }
      if (stable.version === artifacts[unit]?.version)
        throw new ReleaseError(
          'input/invalid',
          `${id}: version ${stable.version} is live already. There is nothing to release.`,
          { track: id },
        )
      if (bindings?.router !== undefined) {
        // Whatever it answers; one that cannot split as it is set up says so before anything is deployed.
        const route = { unit, stable: stable.version, canary: artifacts[unit]?.version ?? '' }
        const router = bound(adapters.router, bindings.router)
        await call(`weigh:${id}`, async (options) => router.getWeight(route, options).catch(unlessRefused))
      }
      return [[id, stable] as const]
    }),
  )
  return Object.fromEntries(found.flat())
}
