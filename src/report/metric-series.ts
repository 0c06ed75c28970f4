import { measurementFlaw } from '../analysis/measurement-check.js'
import { estimate, sampleCount } from '../analysis/statistic.js'
import type { Look, Measurement } from '../vocabulary/measurement.js'
import type { Outcome, Reason, Verdict } from '../vocabulary/verdict.js'
import { ruleOf } from './metric-rule.js'

/** What one look said of one metric. Values are in the metric's own unit; `null` where there was none. */
export interface MetricPoint {
  /** End of the look's interval, epoch milliseconds. */
  readonly at: number
  readonly outcome: Outcome
  readonly canary: number | null
  readonly control: number | null
  /** The canary may not be above it. */
  readonly ceiling: number | null
  /** The canary may not be below it. */
  readonly floor: number | null
  /** Confidence band of the value. */
  readonly low: number | null
  readonly high: number | null
}

/** One metric of one track, look by look. */
export interface MetricSeries {
  readonly track: string
  /** Metric and statistic, such as `latency p99`. */
  readonly name: string
  /** `%` for fractions. */
  readonly unit: string
  readonly isFraction: boolean
  /** What is drawn, where it is not the value of both cohorts. */
  readonly labels?: SeriesLabels
  readonly points: readonly MetricPoint[]
}

export interface SeriesLabels {
  readonly canary: string
  readonly control: string
  readonly bound: string
}

type Draft = { -readonly [K in keyof MetricSeries]: MetricSeries[K] } & { points: MetricPoint[] }

/** Collects the numbers of verdicts into series. It knows how judges name their numbers, and no judge. */
export class SeriesBook {
  readonly #series = new Map<string, Draft>()

  add(track: string, { to: at, metrics }: Look, { reasons }: Verdict, judgeSettings: unknown): void {
    for (const reason of reasons) {
      if (reason.metric === undefined) continue
      const { statistic, unit, isFraction, isDown } = ruleOf(judgeSettings, reason)
      for (const { label, isShare, labels, point } of sightsOf(reason, isDown)) {
        const name = [reason.metric, statistic, label].filter((word) => word !== '').join(' ')
        const scale = labels
          ? { unit: '%', isFraction: true, labels }
          : isShare
            ? { unit: 'x', isFraction: false }
            : { unit, isFraction }
        // A rule without a comparison quotes no control; the look has measured it all the same.
        const control =
          point.control ?? (point.canary === null || labels ? null : measuredValue(metrics[reason.metric]?.control, statistic))
        this.#note({ track, name, ...scale }, { at, outcome: reason.outcome, ...point, control })
      }
    }
  }

  #note(series: Omit<MetricSeries, 'points'>, point: MetricPoint): void {
    const key = JSON.stringify([series.track, series.name])
    const draft = this.#series.get(key) ?? { ...series, points: [] }
    this.#series.set(key, draft)
    const last = draft.points.at(-1)
    // Two rules about one statistic: the first reason decided, and the tighter bounds count.
    if (last?.at === point.at) {
      const bounds = { ceiling: least([last.ceiling, point.ceiling]), floor: most([last.floor, point.floor]) }
      draft.points[draft.points.length - 1] = { ...(last.canary === null ? point : last), outcome: last.outcome, ...bounds }
    } else draft.points.push(point)
  }

  /** Without those that never had a number. */
  all(): MetricSeries[] {
    return [...this.#series.values()].filter(({ points }) => points.some(({ canary }) => canary !== null))
  }
}

function measuredValue(measurement: Measurement | undefined, statistic: string): number | null {
  if (measurement === undefined || measurementFlaw(measurement) || sampleCount(measurement) <= 0) return null
  const found = estimate(measurement, statistic)
  return found && Number.isFinite(found.value) ? found.value : null
}

const known = (values: readonly (number | null | undefined)[]) => values.filter((value) => typeof value === 'number')
const least = (values: readonly (number | null | undefined)[]) => (known(values).length > 0 ? Math.min(...known(values)) : null)
const most = (values: readonly (number | null | undefined)[]) => (known(values).length > 0 ? Math.max(...known(values)) : null)

/** How much a value rests on is not a value to compare. */
const volumes = ['Total', 'Samples', 'Points']

interface Sight {
  readonly label: string
  /** A ratio of the cohorts, and no value of the metric. */
  readonly isShare: boolean
  readonly labels?: SeriesLabels
  readonly point: Omit<MetricPoint, 'at' | 'outcome'>
}

/**
 * What there is to see in the numbers of a reason: `canary…` with its `control…` and `tolerated…`, and any other number that
 * has a `…Lower` or `…Upper`. A reason without a value is still a look, and shows as a gap.
 */
function sightsOf({ numbers = {} }: Reason, isDown: boolean): Sight[] {
  const names = Object.keys(numbers)
  const values = names.filter((name) => name.startsWith('canary') && !volumes.includes(name.slice('canary'.length)))
  const banded = names.filter((name) => !name.startsWith('canary') && (`${name}Lower` in numbers || `${name}Upper` in numbers))
  const sights = [
    ...values.map((name) => {
      const suffix = name.slice('canary'.length)
      const label = suffix === 'Rate' ? '' : suffix.replace(/^-/, '')
      return { label, isShare: false, point: { ...limits(numbers, suffix, isDown), ...band(numbers, name) } }
    }),
    ...banded.map((name) => {
      const point = { ...nothing, canary: numbers[name] ?? null, ...band(numbers, name) }
      return { label: name, isShare: true, point }
    }),
  ]
  return [...(sights.length > 0 ? sights : [{ label: '', isShare: false, point: nothing }]), ...evidenceIn(numbers)]
}

const ofEvidence: SeriesLabels = { canary: 'that it is good enough', control: 'of harm', bound: 'enough' }

/** How far a sequential judge's evidence has come, as a share of what it needs, on the scale of logs; never below nothing. */
function evidenceIn({ meritLogE, meritNeeded, harmLogE, harmNeeded }: Numbers): Sight[] {
  if (meritLogE === undefined || meritNeeded === undefined) return []
  const harm = harmLogE === undefined || harmNeeded === undefined ? null : Math.max(0, harmLogE / harmNeeded)
  const point = { ...nothing, canary: Math.max(0, meritLogE / meritNeeded), control: harm, ceiling: 1 }
  return [{ label: 'evidence', isShare: false, labels: ofEvidence, point }]
}

const nothing = { canary: null, control: null, ceiling: null, floor: null, low: null, high: null } as const
type Numbers = Readonly<Record<string, number>>

function limits(numbers: Numbers, suffix: string, isDown: boolean) {
  const [canary = null, control = null, tolerated] = ['canary', 'control', 'tolerated'].map((name) => numbers[name + suffix])
  const { max, min, maxRatio, maxIncrease } = numbers
  const ofControl = (rule: number | undefined, limit: (base: number, rule: number) => number) =>
    rule === undefined || control === null ? undefined : limit(control, rule)
  const ceilings = [max, ofControl(maxRatio, (base, times) => base * times), ofControl(maxIncrease, (base, more) => base + more)]
  const limit = known([...ceilings, min]).length === 0 ? numbers.limit : undefined
  return {
    canary,
    control,
    ceiling: least(isDown ? ceilings : [...ceilings, tolerated, limit]),
    floor: most(isDown ? [min, tolerated, limit] : [min]),
  }
}

function band(numbers: Numbers, name: string) {
  return { low: numbers[`${name}Lower`] ?? null, high: numbers[`${name}Upper`] ?? null }
}
