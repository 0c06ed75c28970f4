import { parsePlan } from '../plan/define-plan.js'
import type { PlanTree } from '../plan/plan-schema.js'
import { memoryJournal } from '../testing/memory-journal.js'
import { ReleaseError } from '../vocabulary/errors.js'
import { scriptOf } from './script.js'
import { type SimulationOptions, startScripted } from './start-simulation.js'
import type { WorldInput } from './world.js'
import { parseWorld } from './world-check.js'

/** What is kept of one run of many. `simulate` with the same plan, world and seed gives its journal. */
export interface RunOutcome {
  readonly seed: number
  readonly isPromoted: boolean
  readonly isRolledBack: boolean
  /** From the first user of the new version to the decision to roll back, milliseconds; `null` where there was none. */
  readonly detectedAfterMs: number | null
  /** From the start to the end of the release, milliseconds. */
  readonly tookMs: number
  /** Requests that the new version answered, and those of them that failed. */
  readonly requests: number
  readonly failedRequests: number
  readonly peakWeightPercent: number
}

/** Runs of one plan in one world, one seed after the other. @throws ReleaseError naming the seed whose run went wrong */
export async function runOutcomes(
  plan: PlanTree,
  world: WorldInput,
  seeds: { readonly first: number; readonly count: number },
  options: Omit<SimulationOptions, 'seed'>,
): Promise<RunOutcome[]> {
  const checked = parsePlan(plan)
  const parsed = parseWorld(checked, world)
  const script = scriptOf(parsed)
  const outcomes: RunOutcome[] = []
  for (let seed = seeds.first; seed < seeds.first + seeds.count; seed++) {
    try {
      const run = await startScripted(checked, parsed, script, { ...options, seed }, memoryJournal({ forgets: true }))
      const { status, startedAt, endedAt, decidedAt, exposure } = await run.end()
      const { since, requests, failedRequests, peakWeightPercent } = exposure
      const isRolledBack = status === 'rolledBack'
      outcomes.push({
        seed,
        isPromoted: status === 'promoted',
        isRolledBack,
        detectedAfterMs: isRolledBack && since !== null && decidedAt !== null ? decidedAt - since : null,
        tookMs: endedAt - startedAt,
        requests,
        failedRequests,
        peakWeightPercent,
      })
    } catch (error) {
      if (!ReleaseError.is(error)) throw error
      throw new ReleaseError(error.code, `Run with seed ${seed}: ${error.message}`, { ...error.details, seed }, { cause: error })
    }
  }
  return outcomes
}
