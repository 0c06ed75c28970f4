import type { Comparison, Measurement } from '../../vocabulary/measurement.js'

/** Why two measurements that were had cannot be compared. */
export type Idle = 'canary-idle' | 'control-idle' | 'both-idle' | 'zero-canary' | 'zero-baseline' | 'one-bucket'

/** What a metric shows, for people and for code. */
export interface Sight {
  /** Goes on from "canary ": what was seen, and what is tolerated. */
  readonly says: string
  /** Finite numbers only. */
  readonly numbers: Readonly<Record<string, number>>
}

/** What a metric may spend of the judge's error probabilities. */
export interface Levels {
  /** Its own part of α. */
  readonly alpha: number
  readonly promotionAlpha: number
  /** Two-sided error probability of intervals that are reported. */
  readonly reportAlpha: number
}

/** How one kind of metric is tested, look by look. States are JSON of bounded size. */
export interface MetricTest<State = unknown> {
  /** Kinds of measurement that it understands; both cohorts' are of the same kind. */
  readonly kinds: readonly Measurement['kind'][]
  begin(): State
  /** @param seconds - length of the interval */
  observe(state: State, comparison: Comparison, seconds: number): State | Idle
  /** Natural log of an e-value against "the canary is within the tolerated margin"; only of guardrails. */
  harm(state: State): number
  /** Whether another test, at its own part of α, has found harm. */
  isHarmProven(state: State): boolean
  /** Natural log of an e-value against "the canary is at or beyond the promotion margin". */
  merit(state: State): number
  /** Canary requests so far, of metrics that have requests. */
  requests(state: State): number | undefined
  /** Whether control is at zero, and only a multiple of that would be good enough: no evidence can show it. */
  isBaselineZero(state: State): boolean
  describe(state: State, comparison: Comparison): Sight
}

/** Beyond the threshold, so that a passing canary keeps passing through ordinary luck: it lets 1 look in 150 be undecided. */
const reserve = 5

/** Where evidence of merit stops growing. */
export const meritCeiling = (promotionAlpha: number): number => reserve - Math.log(promotionAlpha)

/** Share of wealth spread anew in so many seconds: as much as a regression that may come once an hour deserves. */
export const shareOf = (seconds: number): number => -Math.expm1(-seconds / 3_600)

/** Which cohort has nothing to show, if any. */
export function idleCohort(canary: number, control: number): Idle | undefined {
  if (canary > 0) return control > 0 ? undefined : 'control-idle'
  return control > 0 ? 'canary-idle' : 'both-idle'
}

/** 10^0 to 10^22, of which each is a double without rounding. */
const powersOfTen = Array.from({ length: 23 }, (_, power) => Number(`1e${power}`))

/** Sums that are kept for ever, without digits that mean nothing: twelve are left. Whole ones have none, and are many. */
export function short(sum: number): number {
  const size = Math.abs(sum)
  if (size < 1e12 && Number.isInteger(sum)) return sum
  // A quotient of two exact numbers is as exact as reading the digits would be, and five times as fast.
  const scale = powersOfTen[11 - Math.floor(Math.log10(size))]
  return scale === undefined ? Number(sum.toPrecision(12)) : Math.round(sum * scale) / scale
}

/** What code may read: `Infinity` and NaN are left out, being no numbers in JSON. */
export const finite = (numbers: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(numbers).filter(([, value]) => Number.isFinite(value)))
