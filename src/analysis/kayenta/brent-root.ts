const mostSteps = 1_000

/**
 * A root of `f` between two points where its signs differ, by Brent's method: inverse quadratic or linear interpolation while
 * that shrinks the bracket fast enough, and bisection otherwise. A guess is held against the step before it, as in R, and not
 * against the last but one, as in the book; where the search ends within the tolerance depends on it. Where the signs do not
 * differ it ends somewhere between the two.
 *
 * @param tolerance - in the unit of the argument, whatever its size
 * @see R. P. Brent (1973), Algorithms for Minimization without Derivatives, chapter 4. Prentice-Hall.
 */
export function brentRoot(f: (at: number) => number, from: number, to: number, tolerance: number): number {
  type Point = readonly [at: number, value: number]
  const point = (at: number): Point => [at, f(at)]
  let [last, best] = [point(from), point(to)]
  if (last[1] === 0) return last[0]
  let opposite = last
  for (let step = 0; step <= mostSteps; step++) {
    const moved = best[0] - last[0]
    if (Math.abs(opposite[1]) < Math.abs(best[1])) [last, best, opposite] = [best, opposite, best]
    const least = 2 * Number.EPSILON * Math.abs(best[0]) + tolerance / 2
    const half = (opposite[0] - best[0]) / 2
    if (Math.abs(half) <= least || best[1] === 0) return best[0]
    const isPromising = Math.abs(moved) >= least && Math.abs(last[1]) > Math.abs(best[1])
    const guess = isPromising ? interpolated(last, best, opposite) : Number.NaN
    // A guess counts when it goes towards the middle, not past three quarters of the bracket, and is half the last step at most.
    const isUsable =
      guess / half > 0 && Math.abs(guess) < 1.5 * Math.abs(half) - least / 2 && Math.abs(guess) < Math.abs(moved) / 2
    const wanted = isUsable ? guess : half
    last = best
    best = point(best[0] + (Math.abs(wanted) < least ? Math.sign(wanted) * least : wanted))
    if (Math.sign(best[1]) === Math.sign(opposite[1])) opposite = last
  }
  return best[0]
}

/** The step from `best` to where the line through two points, or the parabola x(f) through three, is zero. */
function interpolated(
  last: readonly [number, number],
  best: readonly [number, number],
  opposite: readonly [number, number],
): number {
  const ratio = best[1] / last[1]
  const width = opposite[0] - best[0]
  if (last[0] === opposite[0]) return (width * ratio) / (ratio - 1)
  const [q, r] = [last[1] / opposite[1], best[1] / opposite[1]]
  return (-ratio * (width * q * (q - r) - (best[0] - last[0]) * (r - 1))) / ((q - 1) * (r - 1) * (ratio - 1))
}
