import type { Comparison } from '../../vocabulary/measurement.js'
import { sortedSample } from '../fixed/sorted-sample.js'
import { type Estimate, estimate, sampleCount } from '../statistic.js'
import { logSumExp } from '../stats/log-space.js'
import { sayCount, sayNumber } from '../wording.js'
import { bucketTables, type ExceedanceTable, nearestTables, sortedTables } from './exceedance-table.js'
import { finite, idleCohort, type Levels, type MetricTest, meritCeiling, type Sight, shareOf, short } from './metric-test.js'
import { type Direction, kept, nodeMixture, type Wealth } from './node-mixture.js'
import { anyLevel, everyLevel, isTelling, rankExceedance } from './rank-exceedance.js'

export interface LatencyMargin {
  /** Of samples: the canary's values are divided by it. */
  readonly slowdown: number
  /** Of histograms, whose values cannot be divided: odds of exceeding a bound, as a multiple of those of control. */
  readonly odds: number
}

export interface LatencyMetricSettings {
  readonly unit: string
  readonly levels: readonly number[]
  /** Promotion waits for the levels up to this one. */
  readonly highest: number
  /** Without one, the metric is no guardrail, and evidence at any level is enough. */
  readonly tolerate?: LatencyMargin
  readonly promote: LatencyMargin
}

export interface LatencyMetricState {
  readonly harm: readonly Wealth[] | null
  readonly merit: readonly Wealth[]
  readonly canaryTotal: number
  readonly controlTotal: number
}

/** Fewer than for rates, since every level has its own: a bet on an effect 1.3 times too large or small still wins 92 %. */
const nodesPerLevel = 8

/**
 * Tests how long requests take, from one value per request or from buckets. Assumptions: {@link rankExceedance}.
 *
 * Buckets are cut, in each interval, at the bounds whose pooled share above is nearest to each level.
 */
export function latencyMetric(settings: LatencyMetricSettings, { promotionAlpha }: Levels): MetricTest<LatencyMetricState> {
  const { levels, highest, tolerate, promote } = settings
  const waitedFor = levels.filter((level) => level <= highest)
  const harm = tolerate && bettor('regression', levels, tolerate)
  const merit = bettor('non-inferiority', waitedFor, promote)
  const ceiling = meritCeiling(promotionAlpha)
  return {
    kinds: ['samples', 'histogram'],
    begin: () => ({ harm: harm ? harm.begin() : null, merit: merit.begin(), canaryTotal: 0, controlTotal: 0 }),
    observe(state, comparison, seconds) {
      const [canary, control] = [sampleCount(comparison.canary), sampleCount(comparison.control)]
      const idle = idleCohort(canary, control)
      if (idle) return idle
      const prepared = prepare(comparison)
      if ('tables' in prepared && prepared.tables.length === 0) return 'one-bucket'
      return {
        harm: harm && state.harm ? harm.bet(state.harm, prepared, shareOf(seconds)).map((wealth) => kept(wealth)) : null,
        merit: merit.bet(state.merit, prepared, 0).map((wealth) => kept(wealth, ceiling)),
        canaryTotal: short(state.canaryTotal + canary),
        controlTotal: short(state.controlTotal + control),
      }
    },
    harm: ({ harm }) => (harm ? anyLevel(harm) : Number.NEGATIVE_INFINITY),
    isHarmProven: () => false,
    merit: ({ merit }) => (tolerate ? everyLevel(merit) : anyLevel(merit)),
    requests: ({ canaryTotal }) => canaryTotal,
    isBaselineZero: () => false,
    describe: (state, comparison) => describe(settings, state, comparison),
  }
}

/** One look, as far as the bets on both directions have it in common: samples in ascending order, or tables at the bounds that tell something. */
type Prepared =
  | { readonly control: Float64Array; readonly canary: Float64Array }
  | { readonly tables: readonly ExceedanceTable[] }

function prepare({ canary, control }: Comparison): Prepared {
  if (canary.kind === 'samples' && control.kind === 'samples')
    return { control: sortedSample(control.values), canary: sortedSample(canary.values) }
  if (canary.kind !== 'histogram' || control.kind !== 'histogram') return { tables: [] }
  return { tables: bucketTables(control, canary).filter(isTelling) }
}

function bettor(direction: Direction, levels: readonly number[], { slowdown, odds }: LatencyMargin) {
  const mixture = nodeMixture({ direction, size: nodesPerLevel })
  const onSamples = rankExceedance(mixture, levels.length)
  const onBuckets = rankExceedance(mixture, levels.length, odds)
  return {
    begin: onSamples.begin,
    bet: (wealth: readonly Wealth[], prepared: Prepared, share: number) =>
      'tables' in prepared
        ? onBuckets.update(wealth, nearestTables(prepared.tables, levels), share)
        : onSamples.update(wealth, sortedTables(prepared.control, prepared.canary, levels, slowdown), share),
  }
}

function describe(settings: LatencyMetricSettings, state: LatencyMetricState, { canary, control }: Comparison): Sight {
  const { unit, tolerate, promote } = settings
  const margin = tolerate ?? promote
  const seen = settings.levels.flatMap((level) => {
    const name = `p${sayNumber(level * 100)}`
    const [of, against] = [estimate(canary, name), estimate(control, name)]
    return of === undefined || against === undefined ? [] : [{ level, name, of, against }]
  })
  const { canaryTotal, controlTotal, harm } = state
  const worst = harm ? settings.levels[strongest(harm)] : undefined
  const told = [settings.levels[0], worst, settings.levels.findLast((level) => level <= settings.highest)]
  const words = seen
    .filter(({ level }) => told.includes(level))
    .map(({ name, of, against }) => `${name} ${sayEstimate(of, unit)} against ${sayEstimate(against, unit)}`)
    .join(', ')
  const asked = tolerate ? 'tolerated' : 'asked for'
  const limit =
    canary.kind === 'samples'
      ? `${sayNumber(margin.slowdown)} times as long`
      : `${sayNumber(margin.odds)} times the odds of being above a bound`
  return {
    says: `${words} of control in this interval, ${asked} up to ${limit}, after ${sayCount(canaryTotal)} canary requests`,
    numbers: finite({
      ...Object.fromEntries(
        seen.flatMap(({ name, of, against }) => [
          [`canary-${name}`, of.value],
          [`control-${name}`, against.value],
        ]),
      ),
      ...(worst === undefined ? {} : { level: worst }),
      toleratedSlowdown: margin.slowdown,
      toleratedOdds: margin.odds,
      canaryTotal,
      controlTotal,
    }),
  }
}

const sayEstimate = ({ value, isAtLeast }: Estimate, unit: string) => `${isAtLeast ? 'at least ' : ''}${sayNumber(value, unit)}`

function strongest(wealth: readonly Wealth[]): number {
  const evidence = wealth.map(logSumExp)
  return evidence.indexOf(Math.max(...evidence))
}
