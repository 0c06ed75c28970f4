import { sortNumbers } from './sort-numbers.js'

/** A copy, ascending and without NaN; its length tells how many were left out. */
export function sortedSample(values: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const copy = new Float64Array(values.length)
  let kept = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    // biome-ignore lint/suspicious/noSelfCompare: the fastest test for NaN, in the hottest loop
    if (value === value) copy[kept++] = value
  }
  return sortNumbers(kept === copy.length ? copy : copy.slice(0, kept))
}
