import type { Look } from '../vocabulary/measurement.js'
import type { Verdict } from '../vocabulary/verdict.js'

/**
 * Turns looks into verdicts, one look after the other. Pure: the same looks in the same order give the same states and
 * verdicts on every machine, so that a release can be resumed mid-bake and an auditor can recompute each verdict.
 *
 * J1 `State` is JSON, bounded in size whatever the number of looks, and carries everything the judge remembers.
 * J2 A look that cannot be judged (missing, too small) is `inconclusive`, never `pass`.
 * J3 `pass` means "good enough to go on, if the bake time is over"; `fail` means "roll back now".
 */
export interface Judge<State = unknown> {
  /** The metrics this judge wants at every look. */
  readonly metrics: readonly string[]
  /**
   * State before the first look of a watch.
   * @param kept - the state after the last look of an earlier watch of the same canary, at another weight. A judge that bounds
   * its errors over the whole release goes on from there; one that judges each weight by itself begins anew.
   */
  begin(kept?: State): State
  look(state: State, look: Look): { readonly state: State; readonly verdict: Verdict }
}
