import { ReleaseError } from '../../vocabulary/errors.js'

/** Requests, and how many of them were bad. */
export interface Proportion {
  readonly bad: number
  readonly total: number
}

/**
 * @param of - the method and the side, for the message
 * @throws ReleaseError `input/invalid` when not `0 ≤ bad ≤ total`
 */
export function checkProportion({ bad, total }: Proportion, of: string): void {
  if (0 <= bad && bad <= total && total < Infinity) return
  throw new ReleaseError('input/invalid', `${of}: expected 0 ≤ bad ≤ total, got ${bad} bad of ${total}. Check the query.`)
}
