/**
 * Where a function crosses zero between two points at which it has different signs, by false position that halves the weight
 * of an end that stays (Illinois). A smooth function takes half a dozen evaluations for twelve digits.
 *
 * @see M. Dowell, P. Jarratt (1971), BIT 11, 168-174. doi:10.1007/BF01934364
 */
export function crossing(f: (x: number) => number, from: number, to: number): number {
  let [kept, last] = [from, to]
  let [atKept, atLast] = [f(from), f(to)]
  for (let round = 0; round < 60 && atLast !== 0; round++) {
    const next = last - (atLast * (last - kept)) / (atLast - atKept)
    const atNext = f(next)
    if (atNext > 0 === atLast > 0) atKept /= 2
    else [kept, atKept] = [last, atLast]
    const moved = Math.abs(next - last)
    last = next
    atLast = atNext
    if (moved < 1e-13) break
  }
  return last
}
