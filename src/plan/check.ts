import { builtInJudge } from '../analysis/built-in-judges.js'
import type { Problem } from './plan-error.js'
import type { PlanTree, Stage } from './plan-schema.js'
import { addedSteps, bindingsOf, unitsOf } from './program.js'
import type { Step } from './step.js'
import { stepId } from './step.js'

/** A release keeps every track in memory, and looks at all of them at every event. */
const mostTracks = 1_000

/** Everything a schema cannot say: references, cycles, weights that fall, rises that nothing can stop. */
export function checkPlan(plan: PlanTree): Problem[] {
  return [
    ...checkUnits(plan),
    ...plan.stages.flatMap((stage, index) => checkStage(plan, stage, `stages[${index}]`)),
    ...checkStageOrder(plan),
    ...checkPlaces(plan),
    ...checkJudges(plan),
  ]
}

function checkUnits({ units }: PlanTree): Problem[] {
  const names = Object.keys(units)
  if (names.length === 0) return [{ path: 'units', says: 'names no unit. A release ships at least one.' }]
  const problems = names.flatMap((name) =>
    units[name]!.dependsOn.filter((other) => !Object.hasOwn(units, other)).map((other) =>
      unknown(`units.${name}.dependsOn`, 'unit', other, names),
    ),
  )
  const cycle = findCycle(new Map(names.map((name) => [name, units[name]!.dependsOn])))
  return cycle
    ? [...problems, { path: 'units', says: `depend on each other in a circle: ${cycle.join(' → ')}. Cut one of these.` }]
    : problems
}

function checkStageOrder(plan: PlanTree): Problem[] {
  const { stages } = plan
  const names = stages.map(({ name }) => name)
  const problems: Problem[] = stages.flatMap(({ name, after }, index) => [
    ...(names.indexOf(name) < index
      ? [{ path: `stages[${index}].name`, says: `"${name}" is taken by stages[${names.indexOf(name)}].` }]
      : []),
    ...after.filter((other) => !names.includes(other)).map((other) => unknown(`stages[${index}].after`, 'stage', other, names)),
  ])
  const tracks = plan.stages.reduce((sum, stage) => sum + unitsOf(plan, stage).length, 0)
  if (tracks > mostTracks)
    problems.push({ path: 'stages', says: `release ${tracks} units in all; one plan takes ${mostTracks}. Split it.` })
  const cycle = findCycle(new Map(stages.map(({ name, after }) => [name, after])))
  return cycle
    ? [...problems, { path: 'stages', says: `wait for each other in a circle: ${cycle.join(' → ')}. Cut one of these.` }]
    : problems
}

function checkStage(plan: PlanTree, stage: Stage, path: string): Problem[] {
  const problems: Problem[] = []
  const complain = (at: string, says: string) => problems.push({ path: `${path}.${at}`, says })
  const known = Object.keys(plan.units)
  const units = unitsOf(plan, stage)
  for (const unit of units) if (!known.includes(unit)) problems.push(unknown(`${path}.units`, 'unit', unit, known))
  if (new Set(units).size < units.length) complain('units', 'names a unit twice.')

  const { strategy } = stage
  const lacks = (binding: 'router' | 'metrics') =>
    units.find((unit) => Object.hasOwn(plan.units, unit) && bindingsOf(plan, stage, unit)[binding] === undefined)
  const unrouted = lacks('router')
  if (strategy.type !== 'all-at-once' && unrouted !== undefined)
    complain(
      'strategy',
      `${strategy.type} splits traffic, and unit "${unrouted}" has no router. Give it one, or use all-at-once.`,
    )

  const lists =
    strategy.type === 'canary'
      ? { steps: strategy.steps }
      : strategy.type === 'blue-green'
        ? { before: strategy.before, after: strategy.after }
        : { after: strategy.after }
  const seen = new Set<string>(addedSteps)
  let position = 0
  for (const [list, steps] of Object.entries(lists)) {
    steps.forEach((step, index) => {
      const at = `strategy.${list}[${index}]`
      const id = stepId(step, position++)
      if (seen.has(id)) complain(`${at}.name`, `"${id}" is taken by another step of this stage.`)
      seen.add(id)
      if (step.type === 'shift' && strategy.type !== 'canary')
        complain(at, `${strategy.type} shifts by itself. Remove the step, or use canary.`)
      const judge = 'judge' in step ? step.judge : undefined
      if (judge === undefined) return
      if (!Object.hasOwn(plan.judges, judge))
        problems.push(unknown(`${path}.${at}.judge`, 'judge', judge, Object.keys(plan.judges)))
      const blind = lacks('metrics')
      if (blind !== undefined) complain(`${at}.judge`, `judges need metrics, and unit "${blind}" names no metrics source.`)
    })
  }
  if (strategy.type === 'canary') problems.push(...checkRises(strategy.steps, `${path}.strategy.steps`))
  if (strategy.type === 'blue-green' && ![...strategy.before, ...strategy.after].some(canSayNo))
    complain('strategy', 'nothing here can say no. Add a verify, judge or approve to "before", or a judged bake to "after".')
  return problems
}

/** Two stages that release one unit in one place would each stop what the other has started. */
function checkPlaces(plan: PlanTree): Problem[] {
  const taken = new Map<string, string>()
  return plan.stages.flatMap((stage, index) =>
    unitsOf(plan, stage)
      .filter((unit) => Object.hasOwn(plan.units, unit))
      .flatMap((unit) => {
        const place = `${unit} at ${bindingsOf(plan, stage, unit).deploy}`
        const other = taken.get(place)
        taken.set(place, stage.name)
        if (other === undefined || other === stage.name) return []
        return [
          { path: `stages[${index}]`, says: `releases ${place}, as stage "${other}" does. Give one of them its own "bindings".` },
        ]
      }),
  )
}

/** I4: the weight rises only on evidence, so between two rises (and before promotion) something must be able to say no. */
function checkRises(steps: readonly Step[], path: string): Problem[] {
  const problems: Problem[] = []
  let weight = 0
  let open: { readonly index: number; readonly weight: number } | undefined
  steps.forEach((step, index) => {
    if (step.type !== 'shift') {
      if (canSayNo(step)) open = undefined
      return
    }
    if (step.weight <= weight)
      problems.push({
        path: `${path}[${index}].weight`,
        says: `${step.weight} does not rise above ${weight}. Weights only rise; a rollback lowers them.`,
      })
    if (open) problems.push(unjudged(path, open))
    weight = step.weight
    open = { index, weight }
  })
  if (open) problems.push(unjudged(path, open))
  if (weight === 0) problems.push({ path, says: 'never shifts traffic. Start with a shift, or use all-at-once.' })
  return problems
}

function unjudged(path: string, { index, weight }: { readonly index: number; readonly weight: number }): Problem {
  return {
    path: `${path}[${index}]`,
    says: `nothing after the shift to ${weight} % can say no. Follow it with a judged bake, a judge, a verify or an approve.`,
  }
}

function canSayNo(step: Step): boolean {
  return (
    step.type === 'judge' ||
    step.type === 'verify' ||
    step.type === 'approve' ||
    (step.type === 'bake' && step.judge !== undefined)
  )
}

function checkJudges({ judges, metrics }: PlanTree): Problem[] {
  return Object.entries(judges).flatMap(([name, settings]) => {
    const wanted = settings.use === 'custom' ? settings.metrics : builtInJudge(settings).metrics
    return wanted
      .filter((metric) => !Object.hasOwn(metrics, metric))
      .map((metric) => unknown(`judges.${name}`, 'metric', metric, Object.keys(metrics)))
  })
}

function unknown(path: string, noun: string, name: string, known: readonly string[]): Problem {
  return { path, says: `there is no ${noun} "${name}". Known: ${known.length > 0 ? known.slice(0, 20).join(', ') : 'none'}.` }
}

/** The nodes of one cycle, first node repeated at the end; undefined when the graph has none. Edges to unknown nodes are skipped. */
function findCycle(edges: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>()
  for (const start of edges.keys()) {
    // An explicit stack: a plan may chain as many nodes as it likes without deepening ours.
    const path: string[] = []
    const stack: { readonly node: string; readonly leaving: boolean }[] = [{ node: start, leaving: false }]
    for (let top = stack.pop(); top; top = stack.pop()) {
      if (top.leaving) {
        done.add(path.pop()!)
        continue
      }
      if (done.has(top.node)) continue
      if (path.includes(top.node)) return [...path.slice(path.indexOf(top.node)), top.node]
      path.push(top.node)
      stack.push({ node: top.node, leaving: true })
      for (const next of edges.get(top.node) ?? []) if (edges.has(next)) stack.push({ node: next, leaving: false })
    }
  }
  return undefined
}
