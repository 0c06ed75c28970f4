import { availableParallelism } from 'node:os'
import { parsePlan, planHash } from '../plan/define-plan.js'
import type { PlanTree } from '../plan/plan-schema.js'
import { ReleaseError } from '../vocabulary/errors.js'
import { type Amount, amountOf, type Rate, rateOf } from './estimates.js'
import { type Batch, runBatches } from './run-batches.js'
import type { RunOutcome } from './run-outcome.js'
import type { SimulationOptions } from './start-simulation.js'
import type { WorldInput } from './world.js'
import { parseWorld } from './world-check.js'

/** A world to try a policy in, and what a good policy makes of it. */
export interface Trial {
  /** `good`: the new version ought to be promoted. `bad`: it ought to be rolled back. */
  readonly is: 'good' | 'bad'
  readonly world: WorldInput
}

export interface EvaluationOptions extends Pick<SimulationOptions, 'until' | 'judge'> {
  /** Releases in each world. Default 200. */
  readonly runs?: number
  /** Of the first run; the others follow. Default 1. */
  readonly seed?: number
  /** Threads. Default: one for each core, and one where there is little to do. The result is the same for any number. */
  readonly workers?: number
}

/** What a policy does in one world. */
export interface TrialResult {
  readonly name: string
  readonly is: Trial['is']
  readonly outcomes: readonly RunOutcome[]
  readonly promoted: Rate
  /** In a good world the false-rollback rate, in a bad one the probability of detection. */
  readonly rolledBack: Rate
  /** From the first user to the decision, milliseconds, of the runs that were rolled back; `null` where none was. */
  readonly detectionMs: Amount | null
  /** From the start to the end, milliseconds, of the runs that were promoted. */
  readonly promotionMs: Amount | null
  /** The blast radius: requests that the new version answered, and those that failed, over all runs. */
  readonly requests: Amount
  readonly failedRequests: Amount
}

/** A policy, tried. */
export interface Evaluation {
  readonly plan: string
  readonly planHash: string
  readonly runs: number
  readonly seed: number
  readonly trials: readonly TrialResult[]
}

/** More would not fit into memory, and say no more. */
const mostRuns = 1_000_000
/** So few runs are done before threads have started. */
const worthThreads = 64
const batchSize = 8

/**
 * Runs a plan many times in each of several worlds, and tells how often it is right, how soon, and at what price. Intervals have
 * 95 % confidence: Wilson's for rates, normal ones for means.
 *
 * @param worlds - by name
 * @throws ReleaseError `input/invalid` for a world that contradicts the plan, a run that cannot end, or a number out of range
 */
export async function evaluatePolicy(
  plan: PlanTree,
  worlds: Readonly<Record<string, Trial>>,
  { runs = 200, seed = 1, workers, until, judge }: EvaluationOptions = {},
): Promise<Evaluation> {
  const checked = parsePlan(plan)
  if (!(Number.isInteger(runs) && runs >= 1 && runs <= mostRuns))
    throw new ReleaseError('input/invalid', `evaluatePolicy takes 1 to ${mostRuns} runs, and got ${runs}.`)
  for (const [name, { world }] of Object.entries(worlds)) named(name, () => parseWorld(checked, world))

  const names = Object.keys(worlds)
  const batches: Batch[] = names.flatMap((world) =>
    Array.from({ length: Math.ceil(runs / batchSize) }, (_, i) => {
      return { world, first: seed + i * batchSize, count: Math.min(batchSize, runs - i * batchSize) }
    }),
  )
  const threads = Math.min(workers ?? (names.length * runs < worthThreads ? 1 : availableParallelism()), batches.length)
  const described = Object.fromEntries(names.map((name) => [name, worlds[name]!.world]))
  const results = await runBatches({ plan: checked, worlds: described, until }, batches, threads, judge)
  return {
    plan: checked.name,
    planHash: planHash(checked),
    runs,
    seed,
    trials: names.map((name) => {
      const own = results.filter((_, i) => batches[i]!.world === name).flat()
      return trialResult(name, worlds[name]!.is, own)
    }),
  }
}

function trialResult(name: string, is: Trial['is'], outcomes: readonly RunOutcome[]): TrialResult {
  const promoted = outcomes.filter(({ isPromoted }) => isPromoted)
  const detected = outcomes.flatMap(({ detectedAfterMs }) => detectedAfterMs ?? [])
  return {
    name,
    is,
    outcomes,
    promoted: rateOf(promoted.length, outcomes.length),
    rolledBack: rateOf(outcomes.filter(({ isRolledBack }) => isRolledBack).length, outcomes.length),
    detectionMs: detected.length > 0 ? amountOf(detected) : null,
    promotionMs: promoted.length > 0 ? amountOf(promoted.map(({ tookMs }) => tookMs)) : null,
    requests: amountOf(outcomes.map(({ requests }) => requests)),
    failedRequests: amountOf(outcomes.map(({ failedRequests }) => failedRequests)),
  }
}

function named(world: string, check: () => unknown): void {
  try {
    check()
  } catch (error) {
    if (!ReleaseError.is(error)) throw error
    throw new ReleaseError(error.code, `World "${world}": ${error.message}`, { ...error.details, world }, { cause: error })
  }
}
