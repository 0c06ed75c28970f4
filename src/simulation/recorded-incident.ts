import { z } from 'zod'
import { invalid } from './recorded-series.js'

const instant = z.iso.datetime({ offset: true })

/** Where one version alone was recorded: when it was broken. The new version is then as it was in there, from its start on. */
export const incidentSchema = z.strictObject({ from: instant, to: instant })

/**
 * Which recorded step each version lives through at each step: the new one those of the incident, again and again, and the
 * other one, in their place, once more what was before them.
 * @throws ReleaseError `input/invalid` for an incident that is not in the recording, or has nothing before it
 */
export function livedThrough(
  { from, to }: z.infer<typeof incidentSchema>,
  { startAt, stepMs, steps }: { readonly startAt: number; readonly stepMs: number; readonly steps: number },
): Readonly<Record<'control' | 'canary', readonly number[]>> {
  const stepOf = (text: string) => Math.round((Date.parse(text) - startAt) / stepMs)
  const [first, end] = [stepOf(from), stepOf(to)]
  if (!(0 < first && first < end && end <= steps)) {
    const [begins, ends] = [startAt, startAt + steps * stepMs].map((at) => new Date(at).toISOString())
    throw invalid(
      `The incident from ${from} to ${to} is not in the recording, or has nothing before it. Recorded: ${begins} to ${ends}.`,
    )
  }
  const all = Array.from({ length: steps }, (_, step) => step)
  const isWithin = (step: number) => first <= step && step < end
  return {
    control: all.map((step) => (isWithin(step) ? (step - first) % first : step)),
    canary: all.map((step) => (isWithin(step) ? step : first + (step % (end - first)))),
  }
}
