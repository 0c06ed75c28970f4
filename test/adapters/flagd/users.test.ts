import { FlagdCore } from '@openfeature/flagd-core'
import { expect, test } from 'vitest'
import { flagdFlagService } from '../../../adapters/flagd/index.js'
import { call, flagFile, plain } from './set-up.js'

/** Who gets the feature, as flagd's own in-process evaluation has it. */
function usersOn(file: string, users: readonly string[]): Set<string> {
  const core = new FlagdCore()
  core.setConfigurations(file)
  return new Set(
    users.filter((targetingKey) => core.resolveBooleanEvaluation('checkout', false, { targetingKey }, console).value),
  )
}

test('as the share grows nobody who has the feature loses it, and it reaches as many as it says', async () => {
  const { file, text } = await flagFile({ flags: { checkout: plain } })
  const service = flagdFlagService({ file })
  const users = Array.from({ length: 10_000 }, (_, i) => `user-${i}`)
  let before = new Set<string>()
  for (const percent of [0.01, 1, 5, 25, 50, 99.99, 100]) {
    await service.setRollout('checkout', percent, call())
    const now = usersOn(await text(), users)
    // Four standard deviations of a binomial share.
    const noise = 4 * Math.sqrt(10_000 * (percent / 100) * (1 - percent / 100))
    expect(Math.abs(now.size - percent * 100)).toBeLessThanOrEqual(noise)
    expect([...before].filter((user) => !now.has(user))).toEqual([])
    before = now
  }
  await service.setRollout('checkout', 0, call())
  expect(usersOn(await text(), users).size).toBe(0)
})
