import { incompleteBeta } from './incomplete-beta.js'
import { normalQuantile } from './normal-distribution.js'

/**
 * P(T > t) for Student's T; accurate relative to the tail itself.
 *
 * @param degreesOfFreedom - above 0, need not be whole
 */
export function studentTUpperTail(t: number, degreesOfFreedom: number): number {
  if (t < 0) return 1 - studentTUpperTail(-t, degreesOfFreedom)
  if (t === Infinity) return 0
  const sum = degreesOfFreedom + t * t
  return incompleteBeta(degreesOfFreedom / sum, degreesOfFreedom / 2, 0.5, (t * t) / sum) / 2
}

/** The t with P(T > t) = `tail`, for `tail` in (0, 1): bisection from the normal quantile outwards, to the last bit. */
export function studentTUpperQuantile(tail: number, degreesOfFreedom: number): number {
  if (tail > 0.5) return -studentTUpperQuantile(1 - tail, degreesOfFreedom)
  let below = 0
  let above = Math.max(1, -normalQuantile(tail))
  while (studentTUpperTail(above, degreesOfFreedom) > tail) above *= 2
  for (;;) {
    const middle = (below + above) / 2
    if (middle <= below || middle >= above) return middle
    if (studentTUpperTail(middle, degreesOfFreedom) > tail) below = middle
    else above = middle
  }
}
