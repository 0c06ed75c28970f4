import type { Measurement, MissingReason } from '../../src/vocabulary/measurement.js'

export type Missing = Extract<Measurement, { kind: 'missing' }>
export const missing = (reason: MissingReason, detail: string): Missing => ({ kind: 'missing', reason, detail })

/** Decimal notation only, as Prometheus writes it. Its `NaN`, `+Inf` and `-Inf` are no numbers. */
export function finiteNumber(text: string | undefined): number | undefined {
  const value = text !== undefined && /^[+-]?\d+(?:\.\d*)?(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN
  return Number.isFinite(value) ? value : undefined
}
