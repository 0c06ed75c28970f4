import type { Judge } from '../analysis/judge.js'
import type { Bindings } from '../plan/bindings.js'
import type { Approver } from '../ports/approver.js'
import type { DeployTarget } from '../ports/deploy-target.js'
import type { Hook } from '../ports/hook.js'
import type { MetricsSource } from '../ports/metrics-source.js'
import type { TrafficRouter } from '../ports/traffic-router.js'
import type { Json } from '../vocabulary/canonical-json.js'

/** What stands behind the names a plan binds, by kind. */
export interface Adapters {
  readonly deploy?: Readonly<Record<string, DeployTarget>>
  readonly router?: Readonly<Record<string, TrafficRouter>>
  readonly metrics?: Readonly<Record<string, MetricsSource>>
  readonly approver?: Readonly<Record<string, Approver>>
  readonly hook?: Readonly<Record<string, Hook>>
  /** A judge of your own, made from the settings the plan gives it. */
  readonly judge?: Readonly<Record<string, (settings: Json) => Judge>>
}

/** The binding names that a set of adapters supplies; a plan may name these and no others. */
export type Supplied<A extends Adapters> = {
  readonly [K in keyof Bindings]: A[K] extends Readonly<Record<string, unknown>> ? keyof A[K] & string : never
}
