import { durationMs, humanDuration } from '../../vocabulary/duration.js'
import type { Measurement } from '../../vocabulary/measurement.js'
import type { Reason, Verdict } from '../../vocabulary/verdict.js'
import { verdictOf } from '../verdict-of.js'
import { sayCount, sayNumber } from '../wording.js'
import { burnRate } from './burn-rate.js'
import { type BurnRule, burnRules, type Objective } from './objective.js'
import { usableCounts } from './usable-counts.js'

/** Instants are epoch milliseconds. */
export interface Interval {
  readonly from: number
  readonly to: number
}

/** The two windows in which a rule wants requests counted. */
export interface BurnWindows {
  readonly rule: BurnRule
  readonly long: Interval
  readonly short: Interval
}

/** Fewer bad requests than this at the rule's own burn rate are chance, not a trend. */
const leastExpectedBad = 10

/**
 * The windows to measure now. For a canary, `since` is when its step began: nothing before it counts, so that the long
 * windows are cut short there, and a rule waits until its short window has passed.
 */
export function burnWindows(objective: Objective, now: number, since = Number.NEGATIVE_INFINITY): readonly BurnWindows[] {
  return burnRules(objective)
    .filter(({ short }) => now - since >= durationMs(short))
    .map((rule) => ({
      rule,
      long: { from: Math.max(since, now - durationMs(rule.long)), to: now },
      short: { from: now - durationMs(rule.short), to: now },
    }))
}

/**
 * What the windows amount to, measured as `counts`. Rules that had to wait have no say; when all had to, nothing is decided.
 *
 * B1 A rule fires only when both windows burn too fast, and the long one could have had ten bad requests at that rate.
 * B2 A long window that is missing, or too small to fire, is inconclusive; so is a missing short one when the long one burns.
 */
export function burnVerdict(
  { target }: Objective,
  seen: readonly (BurnWindows & { readonly measured: { readonly long: Measurement; readonly short: Measurement } })[],
): Verdict {
  const says = 'No burn rate can be told yet: the step is younger than the shortest window.'
  if (seen.length === 0) return verdictOf([{ code: 'too-early', outcome: 'inconclusive', says }])
  return verdictOf(
    seen.map(({ rule, long, measured }) => {
      const { numbers, ...finding } = assess(rule, humanDuration(long.to - long.from), measured, target)
      return { ...finding, numbers: { ...numbers, target, limit: rule.burn, from: long.from, to: long.to } }
    }),
  )
}

function assess(rule: BurnRule, window: string, measured: { long: Measurement; short: Measurement }, target: number): Reason {
  const long = usableCounts(measured.long)
  if (typeof long === 'string')
    return { code: 'missing', outcome: 'inconclusive', says: `The burn rate of the last ${window} is unknown: ${long}.` }
  const { total } = long
  const burn = burnRate(long.bad, total, target)
  const held = `against a limit of ${sayNumber(rule.burn)}, on ${sayCount(total)} requests`
  const says = `The error budget burned ${sayNumber(burn)} times as fast as allowed in the last ${window}`
  const needed = leastExpectedBad / (1 - target) / rule.burn
  if (total < needed) {
    const tooFew = `${says}, ${held}; it takes ${sayCount(Math.ceil(needed))} to tell.`
    return { code: 'too-few', outcome: 'inconclusive', says: tooFew, numbers: { burn, total, needed } }
  }
  if (burn <= rule.burn) return { code: 'within-budget', outcome: 'pass', says: `${says}, ${held}.`, numbers: { burn, total } }
  const short = usableCounts(measured.short)
  if (typeof short === 'string') {
    const unknown = `${says}, ${held}; of the last ${rule.short} nothing is known: ${short}.`
    return { code: 'missing', outcome: 'inconclusive', says: unknown, numbers: { burn, total } }
  }
  const shortBurn = burnRate(short.bad, short.total, target)
  const both = {
    says: `${says} and ${sayNumber(shortBurn)} times in the last ${rule.short}, ${held}.`,
    numbers: { burn, total, shortBurn },
  }
  if (shortBurn <= rule.burn) return { code: 'recovered', outcome: 'pass', ...both }
  return { code: 'burning', outcome: rule.severity === 'page' ? 'fail' : 'inconclusive', ...both }
}
