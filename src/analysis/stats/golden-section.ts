const golden = (Math.sqrt(5) - 1) / 2

/**
 * Where a function with a single valley between two points is smallest, as exactly as floating point can tell.
 * @see J. Kiefer (1953), Proc. Am. Math. Soc. 4(3), 502-506. doi:10.1090/S0002-9939-1953-0055639-3
 */
export function minimise(f: (x: number) => number, from: number, to: number): number {
  let [low, high] = [from, to]
  let [left, right] = [high - golden * (high - low), low + golden * (high - low)]
  let [atLeft, atRight] = [f(left), f(right)]
  // Each round keeps 62 %, so that a hundred leave nothing but rounding.
  for (let round = 0; round < 100; round++) {
    if (atLeft < atRight) {
      ;[high, right, atRight] = [right, left, atLeft]
      left = high - golden * (high - low)
      atLeft = f(left)
    } else {
      ;[low, left, atLeft] = [left, right, atRight]
      right = low + golden * (high - low)
      atRight = f(right)
    }
  }
  return (low + high) / 2
}
