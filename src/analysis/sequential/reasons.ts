import type { Outcome, Reason } from '../../vocabulary/verdict.js'
import { LazyReason } from '../lazy-reason.js'
import { logSumExp } from '../stats/log-space.js'
import { sayNumber } from '../wording.js'
import { finite } from './metric-test.js'
import type { SequentialSettings } from './sequential-settings.js'
import type { Watched } from './watch-metric.js'

interface Weighed {
  readonly one: Watched
  readonly logE: number
  /** Its contribution to the evidence of all guardrails together. */
  readonly share: number
  readonly needed: number
  readonly isProven: boolean
}

/**
 * Guardrails that are shown to be worse than tolerated: each by evidence at its own part of α, or, where none is alone, the
 * one that adds most to evidence that is enough together. e-values may be averaged however metrics depend on each other.
 */
export function regressions(watched: readonly Watched[], { alpha, promotionAlpha }: SequentialSettings): Reason[] {
  const guardrails: Weighed[] = []
  for (const one of watched) {
    const { test, alpha: part } = one.metric
    if (part === undefined) continue
    const logE = test.harm(one.state.test)
    const share = logE + Math.log(part / alpha)
    guardrails.push({ one, logE, share, needed: -Math.log(part), isProven: test.isHarmProven(one.state.test) })
  }
  const seen = guardrails.filter(({ one }) => one.comparison !== undefined)
  const alone = seen.filter(({ logE, needed, isProven }) => isProven || logE >= needed)
  const together = logSumExp(guardrails.map(({ share }) => share))
  const isEnough = alone.length === 0 && seen.length > 0 && together >= -Math.log(alpha)
  const guilty = isEnough ? [seen.reduce((most, next) => (next.share > most.share ? next : most))] : alone
  return guilty.map(({ one, logE, needed, isProven }) => {
    return reason(one, promotionAlpha, 'regression', 'fail', () => {
      const found = isProven && logE < needed ? 'more than the declared number of looks allows' : weighed(logE, needed)
      const enough = isEnough ? `${found}, and enough together with the other guardrails` : found
      return `the evidence of harm is ${enough}`
    })
  })
}

/** What a metric that has not failed contributes. */
export function findings(one: Watched, { promotionAlpha, minimumRequests, noDataLimit }: SequentialSettings): Reason[] {
  const { metric, state, gaps } = one
  if (gaps !== undefined) {
    const silence = `${metric.name}: nothing usable for ${state.silent} looks in a row.`
    const noData: Reason = {
      code: 'no-data',
      says: silence,
      metric: metric.name,
      outcome: 'inconclusive',
      numbers: { silent: state.silent, noDataLimit },
    }
    const why = gaps.map(
      ({ code, says }): Reason => ({ code, says: `${metric.name}: ${says}.`, metric: metric.name, outcome: 'inconclusive' }),
    )
    return state.silent >= noDataLimit ? [noData, ...why] : why
  }
  const isGuardrail = metric.alpha !== undefined
  const merit = metric.test.merit(state.test)
  const needed = -Math.log(promotionAlpha)
  const requests = metric.test.requests(state.test) ?? Number.POSITIVE_INFINITY
  const evidence = () => `the evidence that it is ${isGuardrail ? 'good enough' : 'better'} is ${weighed(merit, needed)}`
  const found = (code: string, outcome: Outcome, says = evidence) => [reason(one, promotionAlpha, code, outcome, says)]
  if (merit < needed && metric.test.isBaselineZero(state.test))
    return found('zero-baseline', 'inconclusive', () => 'control has had none so far, of which nothing can be a multiple')
  if (merit < needed) return found('undecided', 'inconclusive')
  if (requests < minimumRequests)
    return found(
      'too-few',
      'inconclusive',
      () => `${evidence()}, but at least ${sayNumber(minimumRequests)} requests are asked for`,
    )
  return found(isGuardrail ? 'acceptable' : 'improved', 'pass')
}

function reason(
  { metric, state, comparison }: Watched,
  promotionAlpha: number,
  code: string,
  outcome: Outcome,
  evidence: () => string,
): Reason {
  const { alpha, name, test } = metric
  return new LazyReason(code, name, outcome, () => {
    const { says, numbers } = test.describe(state.test, comparison!)
    const harm = alpha === undefined ? {} : { harmLogE: test.harm(state.test), harmNeeded: -Math.log(alpha) }
    const merit = { meritLogE: test.merit(state.test), meritNeeded: -Math.log(promotionAlpha) }
    return { says: `${name}: canary ${says}; ${evidence()}.`, numbers: finite({ ...numbers, ...harm, ...merit }) }
  })
}

const weighed = (logE: number, needed: number) => `${sayOdds(logE)} to 1, needed ${sayOdds(needed)} to 1`

const sayOdds = (logE: number) => (logE < 0 ? 'less than 1' : sayNumber(Number(Math.exp(Math.min(logE, 30)).toPrecision(2))))
