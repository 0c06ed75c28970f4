import type { Look } from '../../vocabulary/measurement.js'
import type { Reason } from '../../vocabulary/verdict.js'
import { sampleCount } from '../statistic.js'
import { logSumExp } from '../stats/log-space.js'
import { sayCount, sayPercent } from '../wording.js'
import { short } from './metric-test.js'
import { kept, type Wealth } from './node-mixture.js'
import { firstSampleRatioWealth, sampleRatio } from './sample-ratio.js'
import type { SampleRatioSettings } from './sequential-settings.js'
import type { Watched } from './watch-metric.js'

/** What is remembered of the traffic split. */
export interface SplitState {
  readonly wealth: Wealth
  readonly canary: number
  /** What the canary was to get of them. */
  readonly intended: number
  readonly total: number
  /** For ever, once found. */
  readonly isBroken: boolean
}

export const firstSplitState: SplitState = { wealth: firstSampleRatioWealth, canary: 0, intended: 0, total: 0, isBroken: false }

/** What the canary is to get in this look, as a fraction: what the settings say, or else the weight in force. */
function intendedShare({ canaryShare }: SampleRatioSettings, { weightPercent }: Look): number | undefined {
  const share = canaryShare ?? (weightPercent ?? 0) / 100
  return share > 0 && share < 1 ? share : undefined
}

/**
 * Takes one look in; what is missing or unsound says nothing of the split, but a canary without a single request does.
 * @param watched - the metric whose requests are counted, after this look
 */
export function watchSplit(settings: SampleRatioSettings, state: SplitState, look: Look, { gaps }: Watched): SplitState {
  if (gaps?.some(({ code }) => code === 'missing' || code === 'invalid')) return state
  const { canary, control } = look.metrics[settings.metric]!
  if (canary.kind === 'missing' || control.kind === 'missing') return state
  const requests = sampleCount(canary)
  const total = requests + sampleCount(control)
  const { tolerance, requestsPerAssignment, alpha } = settings
  const share = intendedShare(settings, look)
  if (share === undefined) return state
  const wealth = sampleRatio(state.wealth, requests, total, share, tolerance, requestsPerAssignment)
  return {
    wealth: kept(wealth, -Math.log(alpha)),
    canary: short(state.canary + requests),
    intended: short(state.intended + share * total),
    total: short(state.total + total),
    isBroken: state.isBroken || logSumExp(wealth) >= -Math.log(alpha),
  }
}

/** Nothing while the split is as intended. */
export function splitReasons(
  { metric, tolerance }: SampleRatioSettings,
  { canary, intended, total, isBroken }: SplitState,
): Reason[] {
  if (!isBroken) return []
  const seen = canary / total
  const intendedShare = intended / total
  const says = `${metric}: the canary got ${sayPercent(seen)} of ${sayCount(total)} requests where it was to get ${sayPercent(intendedShare)}, so that the cohorts may not be comparable; find out why before trusting this analysis.`
  return [
    {
      code: 'sample-ratio',
      says,
      metric,
      outcome: 'inconclusive',
      numbers: { canaryShare: seen, intendedShare, tolerance, total },
    },
  ]
}
