import type { Comparison, Measurement } from '../../vocabulary/measurement.js'
import { sortedSample } from '../fixed/sorted-sample.js'
import { logSumExp } from '../stats/log-space.js'
import { sayNumber } from '../wording.js'
import { finite, idleCohort, type Levels, type MetricTest, meritCeiling, type Sight, short } from './metric-test.js'
import { kept } from './node-mixture.js'
import type { GaugeMargin } from './sequential-settings.js'
import { firstSignState, type SignState, signSymmetric } from './sign-symmetric.js'

export interface GaugeMetricSettings {
  readonly unit: string
  readonly harm: 'up' | 'down'
  /** Looks to average before they count as independent. */
  readonly block: number
  /** Without one, the metric is no guardrail. In the same terms as `promote`. */
  readonly tolerate?: GaugeMargin
  readonly promote: GaugeMargin
}

export interface GaugeMetricState {
  readonly harm: SignState | null
  readonly merit: SignState
  /** Of the block that is under way: looks, and the sum of their differences. */
  readonly open: readonly [looks: number, sum: number]
  readonly looks: number
  /** Sum of all differences. */
  readonly sum: number
}

/** Tests a value that goes up and down, by its mean over each cohort's instances. Assumptions: {@link signSymmetric}. */
export function gaugeMetric(settings: GaugeMetricSettings, { promotionAlpha }: Levels): MetricTest<GaugeMetricState> {
  const { tolerate, promote, block } = settings
  const isRelative = 'relative' in promote
  const sign = settings.harm === 'up' ? 1 : -1
  const ceiling = meritCeiling(promotionAlpha)
  return {
    kinds: ['gauge'],
    begin: () => ({ harm: tolerate ? firstSignState : null, merit: firstSignState, open: [0, 0], looks: 0, sum: 0 }),
    observe(state, comparison) {
      const [of, against] = [values(comparison.canary), values(comparison.control)]
      const idle = idleCohort(of.length, against.length)
      if (idle) return idle
      const [canary, control] = [mean(of), mean(against)]
      if (isRelative && control <= 0) return 'zero-baseline'
      if (isRelative && canary <= 0) return 'zero-canary'
      const difference = sign * (isRelative ? Math.log(canary) - Math.log(control) : canary - control)
      const looks = state.open[0] + 1
      const sum = short(state.open[1] + difference)
      const next = { ...state, looks: state.looks + 1, sum: short(state.sum + difference) }
      if (looks < block) return { ...next, open: [looks, sum] }
      const average = sum / looks
      return {
        ...next,
        open: [0, 0],
        harm: tolerate && state.harm ? keptState(signSymmetric(state.harm, beyond(average, edge(tolerate)))) : null,
        merit: keptState(signSymmetric(state.merit, -beyond(average, edge(promote))), ceiling),
      }
    },
    harm: ({ harm }) => (harm ? logSumExp(harm.wealth) : Number.NEGATIVE_INFINITY),
    isHarmProven: () => false,
    merit: ({ merit }) => logSumExp(merit.wealth),
    requests: () => undefined,
    isBaselineZero: () => false,
    describe: (state, comparison) => describe(settings, sign, state, comparison),
  }
}

const edge = (margin: GaugeMargin): number => ('relative' in margin ? Math.log(margin.relative) : margin.absolute)

/** How far a difference lies beyond a margin. A difference of rounding errors is none: the test would believe it, being free of scale. */
const beyond = (difference: number, margin: number) =>
  Math.abs(difference - margin) <= 1e-9 * Math.abs(margin) ? 0 : difference - margin

const values = (measurement: Measurement): readonly number[] => (measurement.kind === 'gauge' ? measurement.values : [])

/** The same whatever the order of the instances. */
const mean = (values: readonly number[]) => sortedSample(values).reduce((sum, value) => sum + value, 0) / values.length

/** Past values only set the scale of later bets, for which five digits do; all but the newest have no more. */
const keptState = ({ wealth, past }: SignState, ceiling?: number): SignState => ({
  wealth: kept(wealth, ceiling),
  past: past.with(-1, Number(past.at(-1)!.toPrecision(5))),
})

function describe(
  { unit, harm, tolerate, promote }: GaugeMetricSettings,
  sign: number,
  state: GaugeMetricState,
  comparison: Comparison,
): Sight {
  const [canary, control] = [mean(values(comparison.canary)), mean(values(comparison.control))]
  const margin = tolerate ?? promote
  const typical = (sign * state.sum) / state.looks
  const asked = tolerate ? 'tolerated' : 'asked for'
  const [seen, limit] =
    'relative' in margin
      ? [`${sayNumber(Math.exp(typical))}x`, `${sayNumber(margin.relative ** sign)}x`]
      : [sayNumber(typical, unit), sayNumber(sign * margin.absolute, unit)]
  return {
    says: `${sayNumber(canary, unit)} against ${sayNumber(control, unit)} of control in this interval, on average ${seen}, ${asked} ${harm === 'up' ? 'up to' : 'down to'} ${limit}, after ${state.looks} looks`,
    numbers: finite({
      canary,
      control,
      ...('relative' in margin
        ? { ratio: Math.exp(typical), toleratedRatio: margin.relative ** sign }
        : { difference: typical, toleratedDifference: sign * margin.absolute }),
      looks: state.looks,
    }),
  }
}
