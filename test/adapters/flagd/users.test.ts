import { expect, test } from 'vitest'
import { flagdFlagService } from '../../../adapters/flagd/index.js'
import { murmur3 } from './murmur3.js'
import { call, flagFile, plain } from './set-up.js'

test('the hash is the published one', () => {
  const published = {
    '': 0,
    test: 0xba6bd213,
    'Hello, world!': 0xc0363e43,
    'The quick brown fox jumps over the lazy dog': 0x2e4ff723,
  }
  for (const [text, hash] of Object.entries(published)) expect(murmur3(text)).toBe(hash)
})

/** Who gets the feature, worked out from the file as flagd does: the flag's key and the targeting key, hashed, times the sum of weights. */
function usersOn(flag: { targeting: { fractional: [string, number][] } }, users: readonly string[]): Set<string> {
  const entries = flag.targeting.fractional
  const sum = entries.reduce((all, [, weight]) => all + weight, 0)
  const ends = entries.map((_, i) => entries.slice(0, i + 1).reduce((all, [, weight]) => all + weight, 0))
  const bucketOf = (user: string) => (BigInt(murmur3(`checkout${user}`)) * BigInt(sum)) >> 32n
  const variantOf = (user: string) => entries[ends.findIndex((end) => bucketOf(user) < end)]?.[0]
  return new Set(users.filter((user) => variantOf(user) === 'on'))
}

test('as the share grows nobody who has the feature loses it, and it reaches as many as it says', async () => {
  const { file, json } = await flagFile({ flags: { checkout: plain } })
  const service = flagdFlagService({ file })
  const users = Array.from({ length: 10_000 }, (_, i) => `user-${i}`)
  let before = new Set<string>()
  for (const percent of [0.01, 1, 5, 25, 50, 99.99, 100]) {
    await service.setRollout('checkout', percent, call())
    const now = usersOn((await json()).flags.checkout, users)
    // Four standard deviations of a binomial share.
    const noise = 4 * Math.sqrt(10_000 * (percent / 100) * (1 - percent / 100))
    expect(Math.abs(now.size - percent * 100)).toBeLessThanOrEqual(noise)
    expect([...before].filter((user) => !now.has(user))).toEqual([])
    before = now
  }
  await service.setRollout('checkout', 0, call())
  expect(usersOn((await json()).flags.checkout, users).size).toBe(0)
})
