import { bakeWarning } from '../analysis/planning/bake.js'
import type { SequentialSettings } from '../analysis/sequential/sequential-settings.js'
import { durationMs } from '../vocabulary/duration.js'
import type { PlanTree } from './plan-schema.js'
import { programOf, type Track } from './program.js'

/** What a unit's traffic is like, as far as anybody knows beforehand. */
export interface ExpectedTraffic {
  /** Of canary and control together. */
  readonly requestsPerSecond: number
  /** By metric: the usual rate of bad requests, a fraction above 0. Metrics that are not named are not checked. */
  readonly baseline: Readonly<Record<string, number>>
}

/** Something about a plan that is allowed, and probably not what was meant. */
export interface PlanWarning {
  /** The bake, as `stage/unit#step`. */
  readonly step: string
  readonly metric: string
  /** `bake-blind`: no test whatever could see it; `bake-too-short`: this one will miss it more often than it may. */
  readonly code: string
  /** One sentence or two, with the numbers. */
  readonly says: string
  readonly numbers: Readonly<Record<string, number>>
}

/**
 * Bakes that are too short, or at too small a weight, to see the very regression their judge is there for: a canary at the
 * edge of what it would promote. Looks at the ratios that sequential judges guard.
 *
 * @throws ReleaseError `input/invalid` for traffic out of range
 */
export function planWarnings(plan: PlanTree, traffic: Readonly<Record<string, ExpectedTraffic>>): PlanWarning[] {
  return programOf(plan).tracks.flatMap((track) => {
    const expected = track.unit !== null && Object.hasOwn(traffic, track.unit) ? traffic[track.unit] : undefined
    return expected === undefined ? [] : bakesOf(track).flatMap((bake) => warningsOf(plan, track, bake, expected))
  })
}

interface PlannedBake {
  readonly id: string
  readonly judge: string
  readonly durationMs: number
  readonly intervalMs: number
  readonly weightPercent: number
}

function bakesOf({ steps }: Track): PlannedBake[] {
  let weightPercent = 0
  return steps.flatMap((step) => {
    if (step.type === 'shift') weightPercent = step.weight
    // At full weight there is no control left to compare with.
    if (step.type !== 'bake' || step.judge === undefined || weightPercent === 0 || weightPercent === 100) return []
    const { id, judge } = step
    return [{ id, judge, durationMs: durationMs(step.for), intervalMs: durationMs(step.every), weightPercent }]
  })
}

function warningsOf(plan: PlanTree, { id: track }: Track, bake: PlannedBake, traffic: ExpectedTraffic): PlanWarning[] {
  const settings = plan.judges[bake.judge]
  if (settings?.use !== 'sequential') return []
  return ratiosOf(settings).flatMap(({ metric, alpha, tolerate, promote }) => {
    const baseline = Object.hasOwn(traffic.baseline, metric) ? traffic.baseline[metric] : undefined
    if (baseline === undefined) return []
    const edge = promote.relative + promote.absolute / baseline
    const question = {
      baseline,
      tolerated: { ratio: tolerate.relative, increase: tolerate.absolute },
      weightPercent: bake.weightPercent,
      requestsPerSecond: traffic.requestsPerSecond,
      alpha,
      intervalMs: bake.intervalMs,
      durationMs: bake.durationMs,
    }
    const warning = bakeWarning(question, edge)
    return warning === undefined ? [] : [{ step: `${track}#${bake.id}`, metric, ...warning }]
  })
}

/** The guarded ratios of a sequential judge, each with its own part of alpha. */
function ratiosOf({ guardrails, alpha }: SequentialSettings) {
  const weights = Object.values(guardrails).reduce((sum, { weight }) => sum + weight, 0)
  return Object.entries(guardrails).flatMap(([metric, guardrail]) =>
    guardrail.kind === 'ratio' && guardrail.harm === 'up'
      ? [{ metric, ...guardrail, alpha: (alpha * guardrail.weight) / weights }]
      : [],
  )
}
