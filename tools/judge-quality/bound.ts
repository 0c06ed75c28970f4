import { informationRate, type Tolerance } from '../../dist/src/analysis/planning/information-rate.js'
import { alpha } from './contenders.ts'
import type { Service } from './worlds.ts'

/** Canary requests that no test gets by with on average at this alpha: ln(1/α) over the evidence per request. */
export function leastRequests(
  { baseline, ratio, weight }: Pick<Service, 'baseline' | 'ratio' | 'weight'>,
  tolerated: Tolerance = { ratio: 1, increase: 0 },
  level = alpha,
): number {
  return -Math.log(level) / informationRate(baseline, baseline * ratio, weight, tolerated).rate
}
