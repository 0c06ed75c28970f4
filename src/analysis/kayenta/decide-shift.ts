import { normalQuantile } from '../stats/normal-distribution.js'
import { sayNumber, sayPercent } from '../wording.js'
import { finite, type KayentaClassification } from './classification.js'
import { effectBounds } from './effect-bounds.js'
import type { Evidence } from './evidence.js'
import type { KayentaMetric, KayentaSettings } from './settings.js'

/** Twice or half the control: too much to be passed as chance, and likelier real than a small effect of the same evidence. */
const largeRatio = 2

/** What two cohorts differ by: evidence, and three measures of its size. */
export interface Shift extends Omit<Evidence, 'test'> {
  readonly test: string
  /** 1 + (canary − control) / |control|, infinite for a control of zero. */
  readonly ratio: number
  readonly cles: number
  /** Canary less control, in the unit of the metric. */
  readonly difference: number
}

/**
 * High or Low need evidence and size. Size: `effectSize` and `minimumDifference`. Evidence: Kayenta asks that the interval
 * stay away from zero by `tolerance` times the shift itself, so that a growing shift can fail its own rule; for a bell-shaped
 * estimate this is z ≥ z(confidence) / (1 − tolerance), which cannot. A large effect needs z(confidence) only.
 */
export function decideShift(
  shift: Shift,
  metric: KayentaMetric,
  { confidence, tolerance }: Pick<KayentaSettings, 'confidence' | 'tolerance'>,
  seen: string,
  numbers: Readonly<Record<string, number>>,
): KayentaClassification {
  const { direction, effectSize, minimumDifference } = metric
  const { allowedIncrease, allowedDecrease, criticalIncrease, criticalDecrease } = effectBounds(effectSize)
  const { inflation, ratio, difference } = shift
  const [up, down] = [Math.max(0, shift.up), Math.max(0, shift.down)]
  const effect = effectSize.measure === 'cles' ? shift.cles : ratio
  const isSlight = (step: number) => minimumDifference > 0 && step < minimumDifference
  const least = -normalQuantile((1 - confidence) / 2)
  const sides = [
    {
      classification: 'High',
      isWatched: direction !== 'decrease',
      evidence: up,
      isAllowed: effect < allowedIncrease || isSlight(difference),
      isLarge: ratio >= largeRatio,
      isCritical: effect >= criticalIncrease,
    },
    {
      classification: 'Low',
      isWatched: direction !== 'increase',
      evidence: down,
      isAllowed: effect > allowedDecrease || isSlight(-difference),
      isLarge: ratio <= 1 / largeRatio,
      isCritical: effect <= criticalDecrease,
    },
  ] as const
  const change = Number.isFinite(ratio) ? `${ratio >= 1 ? '+' : ''}${sayPercent(ratio - 1)}` : 'from zero'
  const findings = sides.flatMap(({ isWatched, evidence, isAllowed, isLarge, ...side }): KayentaClassification[] => {
    if (!isWatched || isAllowed) return []
    const needed = isLarge ? least : least / (1 - tolerance)
    const says = `${seen} (${change}): ${shift.test} evidence ${sayNumber(evidence)} of ${sayNumber(needed)} needed`
    const isProven = evidence >= needed
    if (!isProven && !isLarge && evidence * inflation < needed) return []
    const facts = finite({ ...numbers, ratio, effect, evidence, needed, inflation })
    const classification = isProven ? side.classification : 'Undecided'
    return [{ classification, critical: metric.critical && side.isCritical, says, numbers: facts }]
  })
  const within = {
    says: `${seen} (${change}), evidence ${sayNumber(Math.max(up, down))}`,
    numbers: finite({ ...numbers, ratio, effect, up, down, inflation }),
  }
  const proven = findings.find((finding) => finding.classification !== 'Undecided')
  return proven ?? findings[0] ?? { classification: 'Pass', critical: false, ...within }
}
