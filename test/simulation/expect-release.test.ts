import { beforeAll, expect, test } from 'vitest'
import { expectRelease, type RolloutMatchers, rolloutMatchers } from '../../src/simulation/expect-release.js'
import type { SimulationResult } from '../../src/simulation/result.js'
import { simulate } from '../../src/simulation/simulate.js'
import { bad, gatedPlan, good, plan } from './worlds.js'

declare module 'vitest' {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends RolloutMatchers<R> {}
}
expect.extend(rolloutMatchers)

let promoted: SimulationResult
let rolledBack: SimulationResult
let expired: SimulationResult
beforeAll(async () => {
  promoted = await simulate(plan, good)
  rolledBack = await simulate(plan, bad)
  expired = await simulate(gatedPlan, good)
})

test('what is expected of a release reads as a sentence', () => {
  expectRelease(promoted).toPromote().toPromote({ within: '2h' })
  expectRelease(rolledBack).toRollBack({ within: '5m', because: 'verdict/fail' }).neverToExpose('5%').toFailAtMost(100)
  expectRelease(expired).toHold({ for: 'approval' }).toHold({ for: 'human' }).toRollBack().neverToExpose(0)
})

test('an expectation that is not met prints the release and the decision that went otherwise', () => {
  expect(() => expectRelease(promoted).toRollBack({ within: '5m' })).toThrow(
    /^Expected the release to roll back within 5m of its first user\. It was promoted, after 30m.*\nDecided by:\n {2}\+0:30:.* production\/checkout: Look \d+ passed, so bake-4 is done.*\nTimeline:\n {2}\+0:00:00 author@example\.com proposed[\s\S]*The release is promoted, after 30m/,
  )
  expect(() => expectRelease(rolledBack).toPromote()).toThrow(
    /^Expected the release to be promoted\. It was rolled back, after .* Cause: verdict\/fail, errors: .*\nDecided by:\n.*Look \d+ failed, so the release rolls back/,
  )
})

test.each([
  ['promoted too late', () => expectRelease(promoted).toPromote({ within: '10m' }), /within 10m\. It was, after 30m/],
  ['back too late', () => expectRelease(rolledBack).toRollBack({ within: '1s' }), /It did, .* after its first user/],
  ['back for another cause', () => expectRelease(rolledBack).toRollBack({ because: 'hook/fail' }), /Cause: verdict\/fail/],
  ['never held', () => expectRelease(promoted).toHold(), /to wait for people\. It waited for nobody/],
  ['held for others', () => expectRelease(expired).toHold({ for: 'resume' }), /It waited for approval \(0 of 1 approvals/],
  ['too many users', () => expectRelease(promoted).neverToExpose('2%'), /more than 2 % of users\. 100 % had it/],
  ['too many failures', () => expectRelease(rolledBack).toFailAtMost(0), /at most 0 requests of its users\. \d+ of \d+ failed/],
])('a release that was %s is told from one that was not', (_, expectation, says) => {
  expect(expectation).toThrow(says)
})

test('a limit that is no percentage is an error of the test', () => {
  expect(() => expectRelease(promoted).neverToExpose('two')).toThrow(/takes a percentage/)
})

test('the same expectations work as matchers, and the other way round', () => {
  expect(promoted).toPromote({ within: '2h' })
  expect(promoted).not.toRollBack()
  expect(rolledBack).toRollBack({ within: '5m' })
  expect(() => expect(promoted).not.toPromote()).toThrow(/^Expected the release not to be promoted\. It was, after 30m/)
  expect(() => expect(promoted).neverToExpose('2%')).toThrow(/Timeline:/)
})
