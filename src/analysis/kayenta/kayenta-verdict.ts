import type { Outcome, Reason, Verdict } from '../../vocabulary/verdict.js'
import { sayNumber } from '../wording.js'
import type { KayentaClass, KayentaClassification } from './classification.js'
import { classifyCompatible } from './classify-compatible.js'
import { classifyCounts } from './classify-counts.js'
import { classifySafe } from './classify-safe.js'
import type { Observations } from './observations.js'
import { kayentaScore, outcomeOfScore } from './score.js'
import type { KayentaMetric, KayentaSettings } from './settings.js'

const meanings: Record<KayentaClass, readonly [code: string, outcome: Outcome]> = {
  Pass: ['within', 'pass'],
  High: ['high', 'fail'],
  Low: ['low', 'fail'],
  NodataFailMetric: ['no-data', 'fail'],
  Nodata: ['no-data', 'inconclusive'],
  NoControl: ['no-control', 'inconclusive'],
  NoCanary: ['no-canary', 'inconclusive'],
  TooFew: ['too-few', 'inconclusive'],
  Undecided: ['undecided', 'inconclusive'],
  Error: ['error', 'inconclusive'],
}
const byWeight: readonly Outcome[] = ['fail', 'inconclusive', 'pass']

/** What the observations of all metrics, in the order of the settings, amount to after so many looks. */
export function kayentaVerdict(looks: number, observations: readonly Observations[], settings: KayentaSettings): Verdict {
  const judged = settings.metrics.map((metric, i) => ({ ...metric, ...classify(observations[i]!, metric, settings) }))
  const score = kayentaScore(judged, settings.groupWeights, settings.compatible)
  const reasons = judged.map((metric, i) => metricReason(metric, observations[i]!))
  const isFatal = ({ critical, muted }: (typeof judged)[number], { outcome }: Reason) => critical && !muted && outcome === 'fail'
  const fatal = reasons.filter((reason, i) => isFatal(judged[i]!, reason))
  const others = reasons
    .filter((reason) => !fatal.includes(reason))
    .sort((a, b) => byWeight.indexOf(a.outcome) - byWeight.indexOf(b.outcome))
  // What holds Kayenta back is only its clock; ours looks from the first minute on.
  const isEarly =
    settings.compatible && (looks < settings.minimumPoints || score.groups.every(({ lowest }) => lowest === undefined))
  const outcome = isEarly ? 'inconclusive' : outcomeOfScore(score, settings.thresholds)
  const ofScore = scoreReason(score, outcome, settings, isEarly ? `, with no finding yet after ${looks} looks` : '')
  return { outcome, reasons: outcome === 'fail' ? [...fatal, ofScore, ...others] : [ofScore, ...fatal, ...others] }
}

function classify(observations: Observations, metric: KayentaMetric, settings: KayentaSettings): KayentaClassification {
  const { canary, control, tally, gap } = observations
  if (settings.compatible) return classifyCompatible(canary, control, metric, settings)
  const undecided = (classification: KayentaClass, says: string) => {
    const numbers = { canaryPoints: canary.length + tally.looks, controlPoints: control.length + tally.looks }
    return { classification, critical: metric.critical, says, numbers }
  }
  if (gap !== undefined) return undecided(gap.classification, gap.says)
  if (tally.looks > 0 && canary.length + control.length > 0)
    return undecided('Error', 'came as counts in some looks, and as values in others')
  return tally.looks > 0 ? classifyCounts(tally, metric, settings) : classifySafe(canary, control, metric, settings)
}

function metricReason(
  { metric, classification, says, numbers, muted }: KayentaMetric & KayentaClassification,
  { dropped }: Observations,
): Reason {
  const [code, outcome] = meanings[classification]
  const notes = [muted ? ' (muted)' : '', dropped > 0 ? `, after dropping the ${dropped} oldest points` : '']
  return {
    code,
    says: `${metric}: ${classification}, ${says}${notes.join('')}.`,
    metric,
    outcome,
    numbers: { ...numbers, dropped },
  }
}

function scoreReason(
  { lowest, highest }: { readonly lowest: number; readonly highest: number },
  outcome: Outcome,
  { thresholds: { pass, marginal } }: KayentaSettings,
  note: string,
): Reason {
  const score = lowest === highest ? sayNumber(lowest) : `${sayNumber(lowest)} to ${sayNumber(highest)}, by what is undecided`
  const says = `Score ${score}; ${sayNumber(pass)} passes, below ${sayNumber(marginal)} fails${note}.`
  return { code: 'score', says, outcome, numbers: { lowest, highest, pass, marginal } }
}
