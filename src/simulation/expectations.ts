import type { Fact } from '../report/fact.js'
import { durationMs, humanDuration } from '../vocabulary/duration.js'
import { ReleaseError } from '../vocabulary/errors.js'
import type { SimulationResult, Wait } from './result.js'

/** What became of one expectation. */
export interface Finding {
  readonly isMet: boolean
  /** Goes on from "Expected the release": "to be promoted within 2h". */
  readonly expected: string
  /** A sentence of its own. */
  readonly found: string
  /** The decision that went otherwise. */
  readonly decision: Fact | undefined
}

/** Every expectation there is, by name. Framework-free: `expectRelease` and `rolloutMatchers` are two ways to ask. */
export const expectations = {
  /** Every unit is promoted. @param within - at most this long after the start, as in `2h` */
  toPromote(result: SimulationResult, { within }: { readonly within?: string } = {}): Finding {
    const tookMs = result.endedAt - result.startedAt
    const isInTime = within === undefined || tookMs <= durationMs(within)
    return {
      isMet: result.status === 'promoted' && isInTime,
      expected: `to be promoted${within === undefined ? '' : ` within ${within}`}`,
      found: result.status === 'promoted' ? `It was, after ${humanDuration(tookMs)}.` : ending(result),
      decision: decisionOf(result, result.status === 'promoted' ? ['good'] : ['bad', 'warn']),
    }
  },

  /**
   * It goes back.
   * `within`: from the first user of the new version until the last one is back, at most this long, as in `5m`.
   * `because`: the code of the cause, such as `verdict/fail`.
   */
  toRollBack(
    result: SimulationResult,
    { within, because }: { readonly within?: string; readonly because?: string } = {},
  ): Finding {
    const { since, until } = result.exposure
    const tookMs = since === null || until === null ? 0 : until - since
    const isInTime = within === undefined || tookMs <= durationMs(within)
    const isMeant = because === undefined || result.cause?.code === because
    const hasRolledBack = result.status === 'rolledBack'
    return {
      isMet: hasRolledBack && isInTime && isMeant,
      expected: `to roll back${within === undefined ? '' : ` within ${within} of its first user`}${because === undefined ? '' : ` because of ${because}`}`,
      found: hasRolledBack ? `It did, ${humanDuration(tookMs)} after its first user. ${causeOf(result)}` : ending(result),
      decision: decisionOf(result, hasRolledBack ? ['bad'] : ['good', 'warn']),
    }
  },

  /** It comes to wait for people, whatever happens then. @param for - whom for; default anybody */
  toHold(result: SimulationResult, { for: whom }: { readonly for?: Exclude<Wait['for'], 'retry'> } = {}): Finding {
    const { waits } = result
    return {
      isMet: waits.some((wait) => whom === undefined || wait.for === whom),
      expected: `to wait for ${whom ?? 'people'}`,
      found:
        waits.length === 0
          ? `It waited for nobody. ${ending(result)}`
          : `It waited for ${waits.map((wait) => `${wait.for} (${wait.says})`).join(', ')}.`,
      decision: result.timeline.facts.findLast(({ isDecision }) => isDecision),
    }
  },

  /** No more than so many percent of users ever have the new version. @param limit - as in `2%`, or a number of percent */
  neverToExpose(result: SimulationResult, limit: string | number): Finding {
    const percent = typeof limit === 'number' ? limit : Number(/^(\d+(?:\.\d+)?) ?%$/.exec(limit)?.[1])
    if (!(percent >= 0 && percent <= 100))
      throw new ReleaseError('input/invalid', `neverToExpose takes a percentage, such as "2%" or 2, and got "${limit}".`)
    const { peakWeightPercent } = result.exposure
    return {
      isMet: peakWeightPercent <= percent,
      expected: `never to give the new version more than ${percent} % of users`,
      found: `${peakWeightPercent} % had it.`,
      decision: decisionOf(result, ['good']),
    }
  },

  /** At most so many requests of users fail in the new version. */
  toFailAtMost(result: SimulationResult, requests: number): Finding {
    const { failedRequests, requests: all } = result.exposure
    return {
      isMet: failedRequests <= requests,
      expected: `to fail at most ${requests} requests of its users`,
      found: `${failedRequests} of ${all} failed.`,
      decision: decisionOf(result, ['good', 'bad']),
    }
  },
} as const

const decisionOf = ({ timeline }: SimulationResult, tones: readonly Fact['tone'][]) =>
  timeline.facts.findLast(({ isDecision, tone }) => isDecision && tones.includes(tone))

function ending(result: SimulationResult): string {
  const { status, isFinished, startedAt, endedAt } = result
  const says = status === 'rolledBack' ? 'rolled back' : status
  return `It was ${isFinished ? says : `still ${says} when the simulation stopped`}, after ${humanDuration(endedAt - startedAt)}. ${causeOf(result)}`.trim()
}

const causeOf = ({ cause }: SimulationResult) => (cause ? `Cause: ${cause.code}, ${cause.says}` : '')
