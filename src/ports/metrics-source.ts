import type { Json } from '../vocabulary/canonical-json.js'
import type { Reading } from '../vocabulary/reading.js'
import type { CallOptions } from './call-options.js'

export interface MetricsRequest {
  readonly unit: string
  /** The versions to compare. Without `control` nothing was live before. */
  readonly versions: { readonly canary: string; readonly control?: string }
  /** What to read, by metric name, in the source's own query language. */
  readonly queries: Readonly<Record<string, Json>>
  /** The interval, epoch milliseconds. Samples from outside it must not enter. */
  readonly from: number
  readonly to: number
}

/** Reads what happened to each version. Reports; never judges, fills gaps or repeats old values. */
export interface MetricsSource {
  /** `interval`: answers for any interval. `cumulative`: tells where counters stand, and needs a reading at the start of each interval. */
  readonly temporality: 'interval' | 'cumulative'
  /** Refuses, before the release starts, queries it could not answer. @throws ReleaseError `plan/incapable` */
  check(queries: Readonly<Record<string, Json>>): void
  /**
   * One reading per metric and version; what cannot be had is a `missing` measurement, not an error.
   * @throws ReleaseError when the source as a whole does not answer
   */
  read(
    request: MetricsRequest,
    options: CallOptions,
  ): Promise<Readonly<Record<string, { readonly canary: Reading; readonly control: Reading }>>>
}
