import { durationMs } from '../vocabulary/duration.js'
import type { PlanTree, Stage } from './plan-schema.js'
import { type Step, stepId } from './step.js'

/** A plan's step with its id, or one of the three that every strategy adds around them. */
export type ProgramStep = (Step | { readonly type: 'deploy' | 'promote' | 'retire' }) & { readonly id: string }

/**
 * One line of work: a unit in a stage, or the gates before or after a stage. Tracks without a tie run in parallel.
 * The id is `stage/unit`, `stage:before` or `stage:after`; it is part of idempotency keys and never changes its meaning.
 */
export interface Track {
  readonly id: string
  readonly stage: string
  readonly unit: string | null
  /** By which adapters the unit is reached here; `null` for gates. */
  readonly bindings: UnitBindings | null
  readonly after: readonly string[]
  readonly steps: readonly ProgramStep[]
  readonly onFailure: Stage['onFailure']
}

export interface UnitBindings {
  readonly deploy: string
  readonly router?: string | undefined
  readonly metrics?: string | undefined
}

/** What a plan amounts to: tracks in an order in which each comes after those it waits for. */
export interface Program {
  readonly tracks: readonly Track[]
  /** Milliseconds. */
  readonly timeouts: { readonly [K in keyof PlanTree['timeouts']]: number }
}

/** Plans do not change, and every release of one shares what it amounts to. */
const programs = new WeakMap<PlanTree, Program>()

/** Spells a plan out. Pure, and total for every plan that passed `checkPlan`. */
export function programOf(plan: PlanTree): Program {
  const program = programs.get(plan) ?? spelledOut(plan)
  programs.set(plan, program)
  return program
}

function spelledOut(plan: PlanTree): Program {
  const tracks = plan.stages.flatMap((stage) => tracksOf(plan, stage))
  const timeouts = Object.fromEntries(Object.entries(plan.timeouts).map(([name, duration]) => [name, durationMs(duration)]))
  return { tracks: inOrder(tracks), timeouts: timeouts as Program['timeouts'] }
}

export const unitsOf = (plan: PlanTree, stage: Stage): readonly string[] => stage.units ?? Object.keys(plan.units)

/** A stage's own bindings win over the unit's. */
export function bindingsOf(plan: PlanTree, stage: Stage, unit: string): UnitBindings {
  const { deploy, router, metrics } = plan.units[unit]!
  const own = stage.bindings
  return { deploy: own.deploy ?? deploy, router: own.router ?? router, metrics: own.metrics ?? metrics }
}

/** The tracks another stage waits for when it says `after: [this stage]`. */
function exits(plan: PlanTree, stage: Stage): string[] {
  return stage.gates.after.length > 0 ? [`${stage.name}:after`] : unitsOf(plan, stage).map((unit) => `${stage.name}/${unit}`)
}

function tracksOf(plan: PlanTree, stage: Stage): Track[] {
  const { name, gates, onFailure } = stage
  const units = unitsOf(plan, stage)
  const earlier = stage.after.flatMap((other) => exits(plan, plan.stages.find((candidate) => candidate.name === other)!))
  const gate = (id: string, after: readonly string[], steps: readonly Step[]): Track[] =>
    steps.length > 0 ? [{ id, stage: name, unit: null, bindings: null, after, onFailure, steps: steps.map(numbered) }] : []
  return [
    ...gate(`${name}:before`, earlier, gates.before),
    ...units.map((unit) => ({
      id: `${name}/${unit}`,
      stage: name,
      unit,
      bindings: bindingsOf(plan, stage, unit),
      after: [
        ...(gates.before.length > 0 ? [`${name}:before`] : earlier),
        ...plan.units[unit]!.dependsOn.filter((other) => units.includes(other)).map((other) => `${name}/${other}`),
      ],
      steps: stepsOf(plan, stage, unit),
      onFailure,
    })),
    ...gate(
      `${name}:after`,
      units.map((unit) => `${name}/${unit}`),
      gates.after,
    ),
  ]
}

const numbered = (step: Step, index: number): ProgramStep => ({ ...step, id: stepId(step, index) })
const everyone: ProgramStep = { type: 'shift', weight: 100, id: 'shift-all' }
/** Ids of the steps that strategies add; a plan's own steps may not take them. */
export const addedSteps = ['deploy', everyone.id, 'promote', 'retire'] as const

function stepsOf(plan: PlanTree, stage: Stage, unit: string): ProgramStep[] {
  const { strategy } = stage
  const switched = bindingsOf(plan, stage, unit).router === undefined ? [] : [everyone]
  return [{ type: 'deploy', id: 'deploy' }, ...middle(), { type: 'promote', id: 'promote' }, { type: 'retire', id: 'retire' }]

  function middle(): ProgramStep[] {
    switch (strategy.type) {
      case 'canary': {
        const highest = Math.max(...strategy.steps.map((step) => (step.type === 'shift' ? step.weight : 0)))
        return [...strategy.steps.map(numbered), ...(highest < 100 ? [everyone] : [])]
      }
      case 'blue-green': {
        const before = strategy.before.map(numbered)
        return [...before, ...switched, ...strategy.after.map((step, index) => numbered(step, before.length + index))]
      }
      case 'all-at-once':
        return [...switched, ...strategy.after.map(numbered)]
    }
  }
}

/** Topological order; ties keep the plan's order. Total because `checkPlan` refuses cycles. */
function inOrder(tracks: readonly Track[]): Track[] {
  const ordered: Track[] = []
  const placed = new Set<string>()
  while (ordered.length < tracks.length) {
    const next = tracks.find(({ id, after }) => !placed.has(id) && after.every((other) => placed.has(other)))
    if (next === undefined) throw new Error(`a cycle among ${tracks.length - ordered.length} tracks passed the plan's check`)
    ordered.push(next)
    placed.add(next.id)
  }
  return ordered
}
