import { z } from 'zod'
import { ReleaseError } from '../vocabulary/errors.js'
import type { Look } from '../vocabulary/measurement.js'
import type { Judge } from './judge.js'
import type { KayentaClassification } from './kayenta/classification.js'
import { classifyCompatible } from './kayenta/classify-compatible.js'
import { classifySafe } from './kayenta/classify-safe.js'
import { kayentaVerdict } from './kayenta/kayenta-verdict.js'
import { noObservations, type Observations, observed } from './kayenta/observations.js'
import { type KayentaMetric, type KayentaSettings, type kayentaMetricSchema, kayentaSettingsSchema } from './kayenta/settings.js'

export type { KayentaClass, KayentaClassification } from './kayenta/classification.js'
export { type KayentaScore, kayentaScore, type ScoredMetric } from './kayenta/score.js'
export { type KayentaMetric, type KayentaSettings, kayentaSettingsSchema } from './kayenta/settings.js'

/** Looks so far, and the observations of each metric in the order of the settings. */
export interface KayentaState {
  readonly looks: number
  readonly metrics: readonly Observations[]
}

/**
 * Canary analysis as Spinnaker's Kayenta does it: each metric is High, Low or Pass by a rank test, and a weighted score of
 * the passes decides. For teams that bring a Kayenta configuration with them. Its error rate holds for one look, not for
 * looking every minute; a sequential judge finds more, sooner, and keeps its word however often it looks.
 *
 * Each look adds one point per side of each metric, or its counts; the last 1,440 points are kept. Unless `compatible`, a
 * metric that the latest look lacks is undecided, whatever came before.
 *
 * @throws ReleaseError `analysis/invalid` when the settings are not as {@link kayentaSettingsSchema} has them
 */
export function kayentaJudge(input: z.input<typeof kayentaSettingsSchema>): Judge<KayentaState> {
  const parsed = kayentaSettingsSchema.safeParse(input)
  if (!parsed.success) throw new ReleaseError('analysis/invalid', `Settings of a Kayenta judge: ${z.prettifyError(parsed.error)}`)
  const settings = parsed.data
  return {
    metrics: settings.metrics.map(({ metric }) => metric),
    begin: (kept) => kept ?? { looks: 0, metrics: settings.metrics.map(() => noObservations) },
    look(state, look) {
      const metrics = settings.metrics.map((metric, i) =>
        observed(state.metrics[i] ?? noObservations, metric, comparisonOf(look, metric), settings.compatible),
      )
      const next = { looks: state.looks + 1, metrics }
      return { state: next, verdict: kayentaVerdict(next.looks, metrics, settings) }
    },
  }
}

const comparisonOf = ({ metrics }: Look, { metric }: KayentaMetric) =>
  Object.hasOwn(metrics, metric) ? metrics[metric] : undefined

/**
 * One metric from the points of both sides, in the order of time; NaN is a missing point. What the judge does at each look,
 * and what Kayenta does with two arrays when `compatible`. Groups and `muted` play no part in it.
 *
 * @throws ReleaseError `analysis/invalid` for infinite values or settings that break their schema
 */
export function classifyKayentaMetric(
  canary: readonly number[],
  control: readonly number[],
  metric: z.input<typeof kayentaMetricSchema>,
  options: Partial<Pick<KayentaSettings, 'confidence' | 'tolerance' | 'minimumPoints' | 'compatible'>> = {},
): KayentaClassification {
  const parsed = kayentaSettingsSchema.safeParse({
    use: 'kayenta',
    metrics: [{ ...metric, groups: ['all'], muted: false }],
    ...options,
  })
  if (!parsed.success)
    throw new ReleaseError('analysis/invalid', `Settings of a Kayenta metric: ${z.prettifyError(parsed.error)}`)
  const { metrics, ...settings } = parsed.data
  return (settings.compatible ? classifyCompatible : classifySafe)(canary, control, metrics[0]!, settings)
}
