import type { z } from 'zod'
import { type Problem, pathText } from '../plan/plan-error.js'
import type { PlanTree } from '../plan/plan-schema.js'
import { programOf } from '../plan/program.js'
import { ReleaseError } from '../vocabulary/errors.js'
import { bindingNames } from './binding-names.js'
import { judgedKinds } from './judged-kinds.js'
import { type World, worldSchema } from './world.js'

/**
 * Reads a world, and holds it against the plan it is for.
 * @throws ReleaseError `input/invalid`, naming every path that is wrong
 */
export function parseWorld(plan: PlanTree, world: unknown): World {
  const parsed = worldSchema.safeParse(world)
  if (!parsed.success) throw worldError(parsed.error.issues.map(problemOf))
  const problems = contradictions(plan, parsed.data)
  if (problems.length > 0) throw worldError(problems)
  return parsed.data
}

const problemOf = ({ path, message }: z.core.$ZodIssue): Problem => ({ path: pathText(path), says: message })

function worldError(problems: readonly Problem[]): ReleaseError {
  const lines = problems.slice(0, 10).map(({ path, says }) => `  ${path || 'the world'}: ${says}`)
  const message = `The world does not fit the plan:\n${lines.join('\n')}`
  return new ReleaseError('input/invalid', message, { path: problems[0]?.path ?? '', problems: problems.length })
}

function contradictions(plan: PlanTree, world: World): Problem[] {
  const { places, hooks, people, faults, failures, pipeline } = world
  const gates = programOf(plan).tracks.flatMap(({ id, steps }) =>
    steps.flatMap((step) => (step.type === 'approve' ? [`${id}#${step.id}`] : [])),
  )
  const bound = bindingNames(plan)
  const stages = plan.stages.map(({ name }) => name)
  return [
    ...metricProblems(plan, world),
    ...places.flatMap(({ stage, unit }, i) => [
      ...unknown(`places[${i}].stage`, 'stage', stage, stages),
      ...unknown(`places[${i}].unit`, 'unit', unit, Object.keys(plan.units)),
    ]),
    ...Object.keys(hooks).flatMap((name) => unknown(`hooks.${name}`, 'hook', name, bound.hook)),
    ...people.flatMap((person, i) => (person.when === 'asked' ? unknown(`people[${i}].gate`, 'gate', person.gate, gates) : [])),
    ...faults.flatMap(({ port, binding }, i) => unknown(`faults[${i}].binding`, `${port} binding`, binding, bound[port])),
    ...(failures !== undefined && world.stable[failures]?.kind !== 'ratio'
      ? [{ path: 'failures', says: `"${failures}" is no ratio among the metrics of stable.` }]
      : []),
    ...(pipeline.resets !== undefined && pipeline.temporality === 'interval'
      ? [{ path: 'pipeline.resets', says: 'an interval source has no counters to reset. Make its temporality cumulative.' }]
      : []),
  ]
}

/** Every metric that a judge reads behaves somehow, in the same way for both versions, and as the judge can read it. */
function metricProblems(plan: PlanTree, world: World): Problem[] {
  const known = Object.keys(plan.metrics)
  const versions = [
    { path: '', ...world },
    ...world.places.map(({ stable, canary }, i) => ({ path: `places[${i}].`, stable, canary })),
  ]
  const problems = versions.flatMap(({ path, stable, canary }) =>
    Object.entries({ stable, canary }).flatMap(([cohort, metrics]) =>
      Object.entries(metrics).flatMap(([metric, behaviour]) => {
        const at = `${path}${cohort}.${metric}`
        const usual = world.stable[metric]
        const own = unknown(at, 'metric', metric, known)
        if (own.length > 0) return own
        if (usual === undefined) return [{ path: at, says: 'stable does not say how it usually behaves.' }]
        if (usual.kind !== behaviour.kind) return [{ path: at, says: `is a ${behaviour.kind}, and for stable a ${usual.kind}.` }]
        if (usual.kind === 'latency' && behaviour.kind === 'latency' && usual.bounds.join() !== behaviour.bounds.join())
          return [{ path: `${at}.bounds`, says: 'are not those of stable. Measure both in the same buckets.' }]
        return []
      }),
    ),
  )
  const judged = judgedKinds(plan).flatMap(({ judge, metric, kinds }) => {
    const kind = world.stable[metric]?.kind
    const path = `stable.${metric}`
    if (kind === undefined) return [{ path, says: `is read by the judge "${judge}", and is not described.` }]
    return kinds.includes(kind) ? [] : [{ path, says: `is a ${kind}, and the judge "${judge}" reads a ${kinds.join(' or ')}.` }]
  })
  return [...problems, ...judged]
}

function unknown(path: string, noun: string, name: string | undefined, known: readonly string[]): Problem[] {
  if (name === undefined || known.includes(name)) return []
  return [{ path, says: `the plan has no ${noun} "${name}". Known: ${known.slice(0, 20).join(', ') || 'none'}.` }]
}
