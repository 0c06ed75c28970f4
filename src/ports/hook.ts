import type { Artifact } from '../vocabulary/artifact.js'
import type { Json } from '../vocabulary/canonical-json.js'
import type { Outcome } from '../vocabulary/verdict.js'
import type { CallOptions } from './call-options.js'

export interface HookRequest {
  readonly release: string
  readonly stage: string
  readonly unit: string
  readonly canary: Artifact
  readonly stable?: Artifact
  /** As the plan gives it. */
  readonly input: Json
}

/**
 * A user's own function as a step: a smoke test, a migration, a script. May be called again with the same key after a
 * crash, so it must be idempotent by that key, or harmless when repeated.
 */
export type Hook = (request: HookRequest, options: CallOptions) => Promise<{ readonly outcome: Outcome; readonly says: string }>
