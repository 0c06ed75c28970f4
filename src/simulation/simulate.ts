import type { PlanTree } from '../plan/plan-schema.js'
import type { SimulationResult } from './result.js'
import { type SimulationOptions, startSimulation } from './start-simulation.js'
import type { WorldInput } from './world.js'

/**
 * Lives a release of a plan through in a pretended world, in virtual time: the real engine, machine and judges, and a journal
 * in memory. Days take milliseconds to seconds, depending on how often judges look.
 *
 * @throws ReleaseError `input/invalid` for a world that contradicts the plan, naming the path, and for a release that waits for
 * somebody who never answers; `plan/invalid`; `plan/unbound` for a custom judge that was not given
 */
export async function simulate(plan: PlanTree, world: WorldInput, options?: SimulationOptions): Promise<SimulationResult> {
  const run = await startSimulation(plan, world, options)
  return run.end()
}
