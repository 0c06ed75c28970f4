import { ReleaseError } from '../../vocabulary/errors.js'
import { informationRate, type Tolerance } from './information-rate.js'
import { inverseGaussianQuantile } from './inverse-gaussian.js'

/** What a sequential test is to see, of whom, and how surely. */
export interface DetectionQuestion {
  /** Error rate of the control, a fraction of requests, above 0. */
  readonly baseline: number
  /** Error rate of the canary, as a multiple of the baseline. With 1 and a tolerance above it: time to show that all is well. */
  readonly ratio: number
  /** What the test tolerates. Default: nothing, `{ ratio: 1, increase: 0 }`. */
  readonly tolerated?: Tolerance
  /** The canary's share of requests, in percent, above 0 and below 100. */
  readonly weightPercent: number
  /** Requests per second of canary and control together. */
  readonly requestsPerSecond: number
  /** Probability of a false alarm. Default 0.01. */
  readonly alpha?: number
  /** Probability of an alarm by the end of `enough`. Default 0.9. */
  readonly power?: number
  /** Time between two looks, in milliseconds. Default one minute. */
  readonly intervalMs?: number
  /** Price of not knowing the ratio beforehand, in nats. Default as measured: 1.3, and 0.3·ln(ratio) more above a ratio of 3. */
  readonly cost?: number
}

/** Canary requests until a decision, the time they take in whole looks, and what the canary's users see of it. */
export interface Exposure {
  readonly requests: number
  readonly durationMs: number
  /** Failed canary requests. */
  readonly failures: number
  /** Those of them that stable would not have failed. */
  readonly excessFailures: number
}

export interface Detection {
  /** Evidence per canary request, in nats. */
  readonly informationRate: number
  /** Canary requests below which no test can do it on average: ln(1/α) / informationRate. */
  readonly leastRequests: number
  readonly mean: Exposure
  /** By then the decision has been taken with probability `power`. */
  readonly enough: Exposure
}

/**
 * How long a canary has to be watched, and what that costs its users. The evidence is taken for a Brownian motion, so that
 * its first passage has an inverse Gaussian distribution.
 *
 * Simulated with the boosted test on twelve nodes from 1.15 to 10 (baseline 0.5 %; weights of 1, 10 and 50 %; looks of half a
 * failure; 400 runs each, standard error 3 %): true means lay from 5 % below the plan's to 7 % above for ratios of 1.25 to 5,
 * and up to 14 % above for 10; what 90 % power took, from 1 % below to 11 % above. The judge, which keeps some wealth for a
 * late change, pays some percent more where the change is there from the start.
 *
 * @throws ReleaseError `input/invalid` for values out of range, and for a ratio that is itself just tolerated
 */
export function detection(question: DetectionQuestion): Detection {
  const { baseline, ratio, weightPercent, requestsPerSecond } = question
  const { tolerated = { ratio: 1, increase: 0 }, alpha = 0.01, power = 0.9, intervalMs = 60_000 } = question
  const { cost = 1.3 + (ratio > 3 ? 0.3 * Math.log(ratio) : 0) } = question
  const weight = weightPercent / 100
  const canary = baseline * ratio
  check(baseline > 0 && canary > 0 && canary < 1, 'baseline must be above 0, and baseline times ratio below 1')
  check(
    weight > 0 && weight < 1 && requestsPerSecond > 0,
    'weightPercent must be between 0 and 100, and requestsPerSecond above 0',
  )
  check(
    alpha > 0 && alpha < 1 && power > 0 && power < 1 && intervalMs > 0,
    'alpha and power must be between 0 and 1, and intervalMs above 0',
  )
  check(
    tolerated.ratio >= 0 && tolerated.increase >= 0 && tolerated.increase < 1,
    'tolerated needs a ratio of at least 0, and an increase of 0 to 1',
  )
  const { rate, ...nearest } = informationRate(baseline, canary, weight, tolerated)
  check(
    rate > 1e-9 * baseline,
    `a canary with ${ratio} times the baseline is just tolerated, and no test can tell. Ask for another ratio`,
  )

  const controlPerCanary = (1 - weight) / weight
  const variance =
    canary * Math.log(canary / nearest.canary) ** 2 + controlPerCanary * baseline * Math.log(baseline / nearest.control) ** 2
  const boundary = cost - Math.log(alpha)
  const meanRequests = boundary / rate
  const exposure = (requests: number): Exposure => ({
    requests,
    durationMs: Math.ceil((requests / (weight * requestsPerSecond) / intervalMs) * 1_000) * intervalMs,
    failures: requests * canary,
    excessFailures: requests * (canary - baseline),
  })
  return {
    informationRate: rate,
    leastRequests: -Math.log(alpha) / rate,
    mean: exposure(meanRequests),
    enough: exposure(inverseGaussianQuantile(power, meanRequests, boundary ** 2 / variance)),
  }
}

function check(isRight: boolean, rule: string): asserts isRight {
  if (!isRight) throw new ReleaseError('input/invalid', `This detection cannot be planned: ${rule}.`)
}
