import { z } from 'zod'
import { parsePlan } from '../plan/define-plan.js'
import type { PlanTree } from '../plan/plan-schema.js'
import { recordedScript, regressionSchema } from './recorded-script.js'
import { invalid } from './recorded-series.js'
import { boundsOf, type RecordedMetric, type Recording, rasterOf } from './recording.js'
import type { SimulationResult } from './result.js'
import { type SimulationOptions, startScripted } from './start-simulation.js'
import type { WorldInput } from './world.js'
import { parseWorld } from './world-check.js'

export type Regression = z.input<typeof regressionSchema>

export interface BacktestOptions extends Pick<SimulationOptions, 'seed' | 'judge'> {
  /** Makes a new version out of the recorded one, where one version alone was recorded. */
  readonly regression?: Regression
  /** People, hooks, faults and delays, as in any world. */
  readonly around?: Pick<WorldInput, 'people' | 'hooks' | 'takes' | 'faults' | 'pipeline'>
}

/**
 * What a plan would have done with what was recorded, when, and at what exposure. The recorded requests of both versions come
 * again, split by the weights of this plan, and behave as the recorded ones did at that time; where the plan's weight differs
 * from the recorded one, requests are drawn anew. The release starts where the recording does, and the simulation stops where
 * it ends: `isFinished` tells whether the plan had decided by then.
 *
 * @throws ReleaseError `input/invalid` naming series and instant, for a recording that cannot be used
 */
export async function backtest(
  plan: PlanTree,
  recording: Recording,
  { regression = {}, around = {}, ...options }: BacktestOptions = {},
): Promise<SimulationResult> {
  const checked = parsePlan(plan)
  if (Object.keys(checked.units).length > 1)
    throw invalid('A recording tells of one unit, and this plan releases several. Backtest them one by one.')
  const raster = rasterOf(recording)
  const worse = regressionSchema.safeParse(regression)
  if (!worse.success) throw invalid(`The regression cannot be used: ${z.prettifyError(worse.error)}`)
  const stranger = Object.keys(worse.data).find((metric) => !Object.hasOwn(recording.metrics, metric))
  if (stranger !== undefined) throw invalid(`regression.${stranger}: nothing of that name was recorded.`)
  const world = parseWorld(checked, {
    ...around,
    startsAt: new Date(raster.startAt).toISOString(),
    stable: Object.fromEntries(
      Object.entries(recording.metrics).map(([metric, recorded]) => [metric, shapeOf(metric, recorded)]),
    ),
  })
  const script = recordedScript(recording, raster, worse.data)
  const lengthMs = raster.steps * raster.stepMs
  const until = `${Math.floor(lengthMs / 1_000)}s${lengthMs % 1_000}ms`
  const run = await startScripted(checked, world, () => script, { ...options, until })
  return run.end()
}

/** A behaviour of the same kind, for the checks that every world goes through. */
function shapeOf(metric: string, recorded: RecordedMetric) {
  switch (recorded.kind) {
    case 'ratio':
      return { kind: 'ratio', bad: 0 }
    case 'latency':
      return { kind: 'latency', median: 1, bounds: boundsOf(metric, recorded) }
    case 'events':
      return { kind: 'events', perSecond: 0 }
    case 'gauge':
      return { kind: 'gauge', value: 0 }
  }
}
