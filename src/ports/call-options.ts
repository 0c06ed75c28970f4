/** Comes with every call through a port that touches the world. */
export interface CallOptions {
  /** Aborted on timeout, on a decision that makes the call pointless, on a lost lease and on shutdown. Stop soon; do not undo. */
  readonly signal: AbortSignal
  /** Same key, same outcome, however often it is sent. Derived from release and step, never from clock or attempt. */
  readonly idempotencyKey: string
  /** Grows with every change of the process in charge. A product that can refuse a lower one than it has seen, should. */
  readonly fencingToken: number
}
