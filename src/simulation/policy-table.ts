import { sayCount, sayPercent } from '../analysis/wording.js'
import { humanDuration } from '../vocabulary/duration.js'
import { comparePolicies, type Difference } from './compare-policies.js'
import type { Amount, Rate } from './estimates.js'
import type { Evaluation } from './evaluate-policy.js'

/** One policy, or two to compare: they have to have been tried in the same worlds. */
export type Evaluations = readonly [Evaluation] | readonly [Evaluation, Evaluation]

export const tableHead = [
  'world',
  'policy',
  'rolled back',
  'detected after',
  'promoted after',
  'requests exposed',
  'failed requests',
] as const

export const sayRate = ({ rate, lower, upper }: Rate) =>
  `${sayPercent(rate)} [${sayPercent(lower).slice(0, -2)}, ${sayPercent(upper)}]`
const sayTime = (amount: Amount | null) =>
  amount === null ? 'never' : `${humanDuration(amount.p50)} (p95 ${humanDuration(amount.p95)})`
const sayRequests = ({ mean, p95 }: Amount) => `${sayCount(mean)} (p95 ${sayCount(p95)})`

/** The cells below {@link tableHead}: a row for each world and policy. */
export function tableRows(evaluations: Evaluations): string[][] {
  const [first] = evaluations
  return first.trials.flatMap(({ name }, i) =>
    evaluations.flatMap(({ plan, trials }) => {
      const trial = trials[i]
      if (trial === undefined) return []
      const { is, rolledBack, detectionMs, promotionMs, requests, failedRequests } = trial
      return [
        [
          `${name} (${is})`,
          plan,
          sayRate(rolledBack),
          sayTime(detectionMs),
          sayTime(promotionMs),
          sayRequests(requests),
          sayRequests(failedRequests),
        ],
      ]
    }),
  )
}

/** A difference as a sentence. */
export function sayDifference({ world, measure, first, second, p, isReal }: Difference): string {
  const say = measure === 'rolled back' ? sayPercent : measure === 'failed requests' ? sayCount : (ms: number) => sayLateness(ms)
  const chance = p < 0.0001 ? 'p < 0.0001' : `p = ${p.toFixed(4)}`
  return `${world}: ${measure} ${say(first)} against ${say(second)}: ${isReal ? 'a real difference' : 'may be chance'} (${chance}).`
}

const sayLateness = (ms: number) => (Number.isFinite(ms) ? humanDuration(ms) : 'never')

/** What an evaluation found, as a table for terminals and logs; of two, with what differs. */
export function policyTable(...evaluations: Evaluations): string {
  const [first, second] = evaluations
  const rows = [[...tableHead], ...tableRows(evaluations)]
  const widths = tableHead.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  )
  const note = `${first.runs} runs in each world; rates with 95 % intervals, times as medians, requests as means.`
  return [...lines, note, ...(second ? comparePolicies(first, second).map(sayDifference) : [])].join('\n')
}
