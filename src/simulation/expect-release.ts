import { expectations, type Finding } from './expectations.js'
import { explain } from './explain.js'
import type { SimulationResult } from './result.js'

type Expectations = typeof expectations
type Rest<F> = F extends (result: SimulationResult, ...rest: infer R) => Finding ? R : never

/** What can be expected of a release. Each throws when it is not met, and can be followed by another. */
export type ReleaseExpectation = {
  readonly [N in keyof Expectations]: (...options: Rest<Expectations[N]>) => ReleaseExpectation
}

/**
 * Expectations without a test framework.
 * @example expectRelease(await simulate(plan, world)).toRollBack({ within: '5m' }).neverToExpose('5%')
 */
export function expectRelease(result: SimulationResult): ReleaseExpectation {
  const ask =
    (expectation: (result: SimulationResult, ...options: never[]) => Finding) =>
    (...options: never[]): ReleaseExpectation => {
      const finding = expectation(result, ...options)
      if (!finding.isMet) throw new Error(explain(finding, result))
      return all
    }
  const all = Object.fromEntries(
    Object.entries(expectations).map(([name, expectation]) => [name, ask(expectation)]),
  ) as unknown as ReleaseExpectation
  return all
}

/** What `expect.extend` of vitest and jest takes. */
export interface MatcherResult {
  readonly pass: boolean
  readonly message: () => string
}

/**
 * The same expectations for `expect.extend(rolloutMatchers)` of vitest or jest, with `.not`. Their types come by augmentation of
 * the framework's own `Matchers` with {@link RolloutMatchers}, in a file of the tests.
 * @example declare module 'vitest' {
 *   interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends RolloutMatchers<R> {}
 * }
 */
export const rolloutMatchers = Object.fromEntries(
  Object.entries(expectations).map(([name, expectation]) => [
    name,
    (result: SimulationResult, ...options: never[]): MatcherResult => {
      const finding = (expectation as (result: SimulationResult, ...options: never[]) => Finding)(result, ...options)
      return { pass: finding.isMet, message: () => explain(finding, result, finding.isMet) }
    },
  ]),
) as unknown as {
  readonly [N in keyof Expectations]: (result: SimulationResult, ...options: Rest<Expectations[N]>) => MatcherResult
}

/** Types of the matchers, for module augmentation. @typeParam R - what a matcher of your framework returns */
export type RolloutMatchers<R = unknown> = {
  readonly [N in keyof Expectations]: (...options: Rest<Expectations[N]>) => R
}
