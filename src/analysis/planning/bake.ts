import { humanDuration } from '../../vocabulary/duration.js'
import { sayCount, sayNumber, sayPercent } from '../wording.js'
import { type DetectionQuestion, detection } from './detection.js'

/** Everything that decides what a bake can see, but how long it is. */
export type Traffic = Omit<DetectionQuestion, 'ratio'>

/** A bake is a traffic and how long it is watched. */
export interface Bake extends Traffic {
  readonly durationMs: number
}

/** What a bake will not see, in a sentence and in numbers. */
export interface BakeWarning {
  /** `bake-blind`: no test whatever could see it; `bake-too-short`: this one will miss it more often than it may. */
  readonly code: 'bake-blind' | 'bake-too-short'
  readonly says: string
  readonly numbers: Readonly<Record<string, number>>
}

const requestsIn = ({ durationMs, weightPercent, requestsPerSecond }: Bake) =>
  (durationMs * weightPercent * requestsPerSecond) / 100_000

/**
 * The smallest ratio of error rates that a bake sees with its power, to 0.1 %; `undefined` when it would miss even a canary
 * that fails every other request.
 *
 * @throws ReleaseError `input/invalid` for values out of range
 */
export function whatCouldBeSeen(bake: Bake): number | undefined {
  const isSeen = (ratio: number) => detection({ ...bake, ratio }).enough.requests <= requestsIn(bake)
  const { ratio = 1, increase = 0 } = bake.tolerated ?? {}
  let unseen = ratio + increase / bake.baseline
  let seen = 0.5 / bake.baseline
  if (unseen >= seen || !isSeen(seen)) return undefined
  while (seen > 1.001 * unseen) {
    const middle = Math.sqrt(seen * unseen)
    if (isSeen(middle)) seen = middle
    else unseen = middle
  }
  return seen
}

/**
 * A warning when a bake is too short to see the regression it is there for, with what it could see and how long it takes.
 *
 * @param ratio - the regression: the canary's error rate as a multiple of the baseline
 * @throws ReleaseError `input/invalid` for values out of range
 */
export function bakeWarning(bake: Bake, ratio: number): BakeWarning | undefined {
  const { leastRequests, enough } = detection({ ...bake, ratio })
  const requests = requestsIn(bake)
  if (enough.requests <= requests) return undefined
  const smallest = whatCouldBeSeen(bake)
  const isBlind = leastRequests > requests
  const says = [
    `A bake of ${humanDuration(bake.durationMs)} at ${sayNumber(bake.weightPercent, '%')} has ${sayCount(requests)} canary requests.`,
    `To see an error rate of ${sayPercent(bake.baseline)} become ${sayNumber(ratio)} times as high takes ${sayCount(enough.requests)}`,
    `(${humanDuration(enough.durationMs)})${isBlind ? `, and no test does it with fewer than ${sayCount(leastRequests)}` : ''}.`,
    smallest === undefined ? 'It would see no regression at all.' : `It would see ${sayNumber(smallest)} times.`,
    'Bake longer, raise the weight, or look for larger regressions.',
  ].join(' ')
  const needed = { requestsNeeded: enough.requests, durationNeededMs: enough.durationMs, leastRequests }
  const numbers = {
    requests,
    ratio,
    baseline: bake.baseline,
    ...needed,
    ...(smallest !== undefined && { smallestSeen: smallest }),
  }
  return { code: isBlind ? 'bake-blind' : 'bake-too-short', says, numbers }
}
