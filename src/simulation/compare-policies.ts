import { fisherExact } from '../analysis/fixed/fisher-exact.js'
import { mannWhitneyU } from '../analysis/fixed/mann-whitney-u.js'
import { pAdjust } from '../analysis/fixed/p-adjust.js'
import { ReleaseError } from '../vocabulary/errors.js'
import type { Evaluation, TrialResult } from './evaluate-policy.js'
import type { RunOutcome } from './run-outcome.js'

/** One measure of two policies in one world. */
export interface Difference {
  readonly world: string
  readonly measure: 'rolled back' | 'time to detection' | 'failed requests' | 'duration'
  /** What each policy has: a fraction of runs, a number of requests, or milliseconds (medians but for the fraction). */
  readonly first: number
  readonly second: number
  /** Two-sided, adjusted for all comparisons together. */
  readonly p: number
  /** Chance alone would seldom give this much. */
  readonly isReal: boolean
}

/**
 * Whether two policies differ in the same worlds, or only seem to: Fisher's exact test for how often they roll back, the
 * Mann-Whitney test for amounts, Holm's adjustment for asking several times. A run without detection counts as detected later
 * than any other.
 *
 * @param alpha - how often chance alone may make any difference seem real
 * @throws ReleaseError `input/invalid` when they were not tried in the same worlds
 */
export function comparePolicies(first: Evaluation, second: Evaluation, alpha = 0.05): readonly Difference[] {
  const [own, other] = [first, second].map(({ trials }) => trials.map(({ name }) => name).join(', '))
  if (own !== other)
    throw new ReleaseError('input/invalid', `Policies are compared in the same worlds, and these have ${own} and ${other}.`)
  const raw = first.trials.flatMap((trial, i) => differences(trial, second.trials[i]!))
  const adjusted = pAdjust(
    raw.map(({ p }) => p),
    'holm',
  )
  return raw.map((difference, i) => ({ ...difference, p: adjusted[i]!, isReal: adjusted[i]! <= alpha }))
}

function differences(first: TrialResult, second: TrialResult): Omit<Difference, 'isReal'>[] {
  const world = first.name
  const cells = ({ rolledBack: { count, runs } }: TrialResult) => [count, runs - count] as const
  const rate = {
    world,
    measure: 'rolled back',
    first: first.rolledBack.rate,
    second: second.rolledBack.rate,
    p: fisherExact([cells(first), cells(second)]),
  } as const
  const amount = (measure: Difference['measure'], value: (outcome: RunOutcome) => number) => {
    const [a, b] = [first.outcomes.map(value), second.outcomes.map(value)]
    const test = mannWhitneyU(a, b)
    return { world, measure, first: median(a), second: median(b), p: 'insufficient' in test ? 1 : test.p }
  }
  return [
    rate,
    amount('failed requests', ({ failedRequests }) => failedRequests),
    first.is === 'bad'
      ? amount('time to detection', ({ detectedAfterMs }) => detectedAfterMs ?? Number.POSITIVE_INFINITY)
      : amount('duration', ({ tookMs }) => tookMs),
  ]
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!
