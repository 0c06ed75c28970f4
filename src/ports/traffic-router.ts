import type { CallOptions } from './call-options.js'

/** Between which two versions of a unit traffic is split. Without `stable` nothing was live before. */
export interface Route {
  readonly unit: string
  readonly stable?: string
  readonly canary: string
}

/** Splits live traffic between stable and canary. Desired state: `setWeight(5)` twice is `setWeight(5)`. */
export interface TrafficRouter {
  /** Checked against the plan before the release starts. */
  readonly capabilities: { readonly mirror: boolean; readonly smallestStepPercent: number }
  /**
   * @param weightPercent - share of requests sent to the canary, 0 to 100; stable gets the rest
   * @throws ReleaseError `adapter/unavailable` or `adapter/rejected`
   */
  setWeight(route: Route, weightPercent: number, options: CallOptions): Promise<void>
  /** The canary's weight in force, in percent, read from the product; `'unknown'` where it cannot tell. */
  getWeight(route: Route, options: CallOptions): Promise<number | 'unknown'>
  /** All traffic to `version`, which is stable from now on. The canary's place becomes free. */
  settle(route: { readonly unit: string; readonly version: string }, options: CallOptions): Promise<void>
}
