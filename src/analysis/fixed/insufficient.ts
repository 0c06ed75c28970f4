/**
 * The answer where the numbers do not suffice for one: too few, or without any spread. A value and not an error, for it is
 * expected of a young canary; never NaN. Tell it apart by `'insufficient' in result`.
 */
export interface Insufficient {
  /** What is lacking, as one sentence. */
  readonly insufficient: string
}

/** What is lacking when one of two samples is empty; `undefined` when neither is. */
export function emptySample(x: ArrayLike<number>, y: ArrayLike<number>): Insufficient | undefined {
  if (x.length > 0 && y.length > 0) return undefined
  return { insufficient: `Needs at least one number in each sample, got ${x.length} and ${y.length}.` }
}
