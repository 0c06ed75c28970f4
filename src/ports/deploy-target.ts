import type { Artifact } from '../vocabulary/artifact.js'
import type { CallOptions } from './call-options.js'

/** What a target says of one unit. */
export interface UnitState {
  /** The artifact users had before this release; absent when the unit has never been promoted here. */
  readonly stable?: Artifact
  /** Every version that exists there, ready or not. */
  readonly versions: readonly { readonly artifact: Artifact; readonly readyInstances: number; readonly instances: number }[]
}

/** Starts, keeps and stops versions of a unit. Desired state throughout: the same call twice is the call once. */
export interface DeployTarget {
  /**
   * Makes `artifact` run beside whatever else runs, and resolves when it is ready for traffic. An artifact that is
   * ready already is adopted. `role` tells targets with fixed slots which one to use.
   * @throws ReleaseError `adapter/rejected` when it can never become ready (crash loop, unknown artifact), with the reason
   */
  deploy(
    request: { readonly unit: string; readonly artifact: Artifact; readonly role: 'stable' | 'canary' },
    options: CallOptions,
  ): Promise<void>
  /** Makes a deployed artifact the unit's stable one, at stable's full capacity. Resolves when that is so. Stops nothing. */
  promote(request: { readonly unit: string; readonly artifact: Artifact }, options: CallOptions): Promise<void>
  /** Drains and stops a version. Called only once a router has confirmed that it gets no traffic. Absent already: done. */
  retire(request: { readonly unit: string; readonly artifact: Artifact }, options: CallOptions): Promise<void>
  /** What exists now, read from the product itself, never from memory. */
  observe(unit: string, options: CallOptions): Promise<UnitState>
}
