import { ReleaseError } from '../../vocabulary/errors.js'
import type { Outcome } from '../../vocabulary/verdict.js'
import type { KayentaClass } from './classification.js'

/** One classified metric, as far as the score is concerned. */
export interface ScoredMetric {
  readonly classification: KayentaClass
  readonly critical: boolean
  readonly groups: readonly string[]
  readonly muted?: boolean
  /** Without data on this metric nothing passes. */
  readonly mustHaveData?: boolean
}

/** Scores 0 to 100, rounded to two decimals. What is undecided fails in `lowest` and passes in `highest`. */
export interface KayentaScore {
  readonly lowest: number
  readonly highest: number
  /** `undefined` for a group in which nothing counts. */
  readonly groups: readonly {
    readonly group: string
    readonly lowest: number | undefined
    readonly highest: number | undefined
  }[]
}

const isFailed = ({ classification }: ScoredMetric) => ['High', 'Low', 'NodataFailMetric'].includes(classification)
const isPassed = ({ classification }: ScoredMetric) => classification === 'Pass'
const isNodata = ({ classification }: ScoredMetric) => classification === 'Nodata'
const isWithoutData = (metric: ScoredMetric) => !isFailed(metric) && !isPassed(metric) && metric.classification !== 'Undecided'
const isCritical = (metric: ScoredMetric) => metric.critical && !isPassed(metric)

/** Why these weights cannot be used; `undefined` when they can. */
export function weightFlaw(groups: ReadonlySet<string>, weights: Readonly<Record<string, number>>): string | undefined {
  const stray = Object.keys(weights).find((group) => !groups.has(group))
  if (stray !== undefined) return `gives a weight to "${stray}", a group of no metric that counts.`
  const given = Object.values(weights)
  const sum = given.reduce((total, weight) => total + weight, 0)
  if (given.some((weight) => !(weight >= 0 && weight <= 100))) return 'has a weight that is not from 0 to 100.'
  const isWhole = Math.abs(sum - 100) < 1e-9
  if (given.length === groups.size && given.length > 0 && !isWhole) return `adds up to ${sum}. Weights of all groups make 100.`
  return sum > 100 && !isWhole ? `adds up to ${sum}, more than 100.` : undefined
}

/**
 * The weighted sum of group scores, each the share of passed metrics in percent. A failed critical metric makes it 0.
 *
 * By default a metric without a finding stands for both: the canary passes only if it would even with that metric failed, and
 * fails only if it would even with it passed. `compatible` does as Kayenta: Nodata and Error do not count, a group in which
 * nothing counts has 100, half of the metrics without data make it 0, and weights may add up to anything.
 *
 * @param weights - percent per group; groups without one share what is left of 100
 * @throws ReleaseError `analysis/invalid` for weights that do not make 100, unless `compatible`
 */
export function kayentaScore(
  metrics: readonly ScoredMetric[],
  weights: Readonly<Record<string, number>> = {},
  compatible = false,
): KayentaScore {
  const counted = metrics.filter(({ muted }) => muted !== true)
  const names = new Set(counted.flatMap(({ groups }) => groups))
  const flaw = compatible ? undefined : weightFlaw(names, weights)
  if (flaw !== undefined) throw new ReleaseError('analysis/invalid', `The record of group weights ${flaw}`)
  const groups = [...names].map((group) => {
    const members = counted.filter((metric) => metric.groups.includes(group))
    return { group, ...(compatible ? decidedShare(members) : possibleShares(members)) }
  })
  const weightOf = completeWeights(names, weights)
  const total = (end: 'lowest' | 'highest') =>
    Math.round(groups.reduce((sum, group) => sum + (group[end] ?? 100) * weightOf(group.group), 0)) / 100
  if (compatible) {
    const isVoid = counted.some(isCritical) || (counted.length > 0 && counted.filter(isNodata).length * 2 >= counted.length)
    const score = isVoid ? 0 : total('lowest')
    return { lowest: score, highest: score, groups }
  }
  if (groups.length === 0) return { lowest: 0, highest: 100, groups }
  const isHeld = counted.some((metric) => isCritical(metric) || (metric.mustHaveData === true && isWithoutData(metric)))
  const isFatal = counted.some((metric) => isCritical(metric) && isFailed(metric))
  return { lowest: isHeld ? 0 : total('lowest'), highest: isFatal ? 0 : total('highest'), groups }
}

function completeWeights(groups: ReadonlySet<string>, weights: Readonly<Record<string, number>>): (group: string) => number {
  const given = new Map(Object.entries(weights))
  const left = 100 - [...given.values()].reduce((sum, weight) => sum + weight, 0)
  const sharers = [...groups].filter((group) => !given.has(group)).length
  return (group) => given.get(group) ?? left / sharers
}

function decidedShare(members: readonly ScoredMetric[]) {
  const passed = members.filter(isPassed).length
  const decided = passed + members.filter(isFailed).length
  const share = decided === 0 ? undefined : (100 * passed) / decided
  return { lowest: share, highest: share }
}

function possibleShares(members: readonly ScoredMetric[]) {
  const share = (count: number) => (100 * count) / members.length
  return { lowest: share(members.filter(isPassed).length), highest: share(members.filter((metric) => !isFailed(metric)).length) }
}

/** At or above `pass` it passes, below `marginal` it fails, and anything between is inconclusive. */
export function outcomeOfScore(
  { lowest, highest }: Pick<KayentaScore, 'lowest' | 'highest'>,
  { pass, marginal }: { readonly pass: number; readonly marginal: number },
): Outcome {
  if (lowest >= pass) return 'pass'
  return highest < marginal ? 'fail' : 'inconclusive'
}
