import type { CallOptions } from './call-options.js'

/** Turns a feature on for a share of users. */
export interface FlagService {
  readonly capabilities: { readonly smallestStepPercent: number }
  /** @param percent - share of users who get the feature, 0 to 100; 0 turns it off for everyone */
  setRollout(flag: string, percent: number, options: CallOptions): Promise<void>
  /** The share in force, in percent, read from the product; `'unknown'` where it cannot tell. */
  getRollout(flag: string, options: CallOptions): Promise<number | 'unknown'>
}
