import type { Actor } from '../vocabulary/actor.js'
import type { Artifact } from '../vocabulary/artifact.js'
import type { CallOptions } from './call-options.js'

/** What is asked, and everything an answer is bound to: change any of it, and the answer is void (I19). */
export interface ApprovalRequest {
  readonly release: string
  readonly planHash: string
  readonly gate: string
  readonly artifacts: Readonly<Record<string, Artifact>>
  /** One paragraph for the person who is asked. */
  readonly says: string
  /** Epoch milliseconds; later answers do not count. */
  readonly expiresAt: number
}

export interface ApprovalAnswer {
  readonly decision: 'approve' | 'reject'
  readonly actor: Actor
  readonly reason: string
}

/** Takes a question to people. */
export interface Approver {
  /**
   * Resolves with the answer, or with `undefined` when the question was delivered and the answer will come later as a
   * signal (`approve` or `reject` of the release).
   */
  request(request: ApprovalRequest, options: CallOptions): Promise<ApprovalAnswer | undefined>
}
