import { ReleaseError } from '../../vocabulary/errors.js'

/**
 * p-values adjusted for how many there are. `holm` bounds the chance of any false alarm, `bh` (Benjamini-Hochberg) the share
 * of false alarms among all alarms when the tests are independent or positively dependent.
 *
 * @returns in the order given, each from its own p-value up to 1
 * @throws ReleaseError `input/invalid` for anything that is not a probability
 * @see S. Holm (1979), Scand. J. Stat. 6(2), 65-70; Y. Benjamini, Y. Hochberg (1995), J. R. Stat. Soc. B 57(1), 289-300.
 */
export function pAdjust(p: readonly number[], method: 'holm' | 'bh'): number[] {
  const wrong = p.find((value) => !(value >= 0 && value <= 1))
  if (wrong !== undefined) throw new ReleaseError('input/invalid', `A p-value lies between 0 and 1, got ${wrong}.`)
  const count = p.length
  const ascending = [...p.keys()].sort((a, b) => p[a]! - p[b]!)
  const adjusted = new Array<number>(count)
  if (method === 'holm') {
    let largest = 0
    for (const [rank, i] of ascending.entries()) adjusted[i] = largest = Math.max(largest, Math.min(1, (count - rank) * p[i]!))
  } else {
    let smallest = 1
    for (const [fromTop, i] of ascending.reverse().entries())
      adjusted[i] = smallest = Math.min(smallest, (count / (count - fromTop)) * p[i]!)
  }
  return adjusted
}
