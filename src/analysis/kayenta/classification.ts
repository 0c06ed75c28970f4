/**
 * What became of one metric. The first six are Kayenta's words. The others are what it called Nodata, Error or even Pass:
 * only one side has data, too few points to say anything, or a large effect that could still be chance.
 */
export type KayentaClass =
  | 'Pass'
  | 'High'
  | 'Low'
  | 'Nodata'
  | 'NodataFailMetric'
  | 'Error'
  | 'NoControl'
  | 'NoCanary'
  | 'TooFew'
  | 'Undecided'

export interface KayentaClassification {
  readonly classification: KayentaClass
  /** The metric is critical, and its class is one that fails the canary whatever the other metrics say. */
  readonly critical: boolean
  /** The evidence that decided; goes on from the name of the metric. */
  readonly says: string
  /** What was seen, finite numbers only: `ratio`, `effect`, `lower`, `upper`, `estimate`, `evidence`, `needed`, … */
  readonly numbers: Readonly<Record<string, number>>
}

/** Only the finite ones: an undefined ratio is no number. */
export function finite(numbers: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(numbers).filter(([, value]) => Number.isFinite(value)))
}
