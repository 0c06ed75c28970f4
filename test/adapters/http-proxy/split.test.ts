import fc from 'fast-check'
import { expect, test } from 'vitest'
import { goldenDraws, keyedDraw, nothing, versionFor, weightOf } from '../../../adapters/http-proxy/split.js'

test('any number of requests in a row gets the weight, give or take a few', () => {
  let worst = 0
  let partial = 0
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 10_000 }),
      fc.integer({ min: 0, max: 20_000 }),
      fc.integer({ min: 1, max: 20_000 }),
      (share, skipped, count) => {
        if (share > 0 && share < 10_000) partial++
        const draw = goldenDraws()
        for (let i = 0; i < skipped; i++) draw()
        let canary = 0
        for (let i = 0; i < count; i++)
          if (versionFor({ stable: 'a', canary: 'b', canaryBasisPoints: share }, draw()) === 'b') canary++
        worst = Math.max(worst, Math.abs(canary - (count * share) / 10_000))
        if (share === 0) expect(canary).toBe(0)
        if (share === 10_000) expect(canary).toBe(count)
      },
    ),
    { numRuns: 300 },
  )
  expect(partial).toBeGreaterThan(200)
  expect(worst).toBeLessThan(6)
})

test.each([2, 3, 4, 5, 7, 10, 16, 20, 100])(
  'every %i-th request gets the weight too, so clients with a rhythm are split like others',
  (rhythm) => {
    const draw = goldenDraws()
    const split = { stable: 'a', canary: 'b', canaryBasisPoints: 5000 }
    const hits = Array.from({ length: rhythm }, () => 0)
    for (let i = 0; i < 2000 * rhythm; i++) if (versionFor(split, draw()) === 'b') hits[i % rhythm]!++
    for (const count of hits) expect(Math.abs(count - 1000)).toBeLessThan(20)
  },
)

test('a user goes from stable to canary as the weight rises, and never back; a falling weight is the same in reverse', () => {
  let moved = 0
  const weight = fc.integer({ min: 0, max: 10_000 })
  fc.assert(
    fc.property(fc.string(), weight, weight, (user, one, other) => {
      const draw = keyedDraw('1.1.0', user)
      const [low, high] = [Math.min(one, other), Math.max(one, other)].map((canaryBasisPoints) =>
        versionFor({ stable: '1.0.0', canary: '1.1.0', canaryBasisPoints }, draw),
      )
      if (low !== high) moved++
      expect(`${low} then ${high}`).not.toBe('1.1.0 then 1.0.0')
    }),
    { numRuns: 2000 },
  )
  expect(moved).toBeGreaterThan(200)
})

test('each release tries its canary on other users first', () => {
  const users = Array.from({ length: 10_000 }, (_, index) => `user-${index}`)
  const first = (canary: string) => new Set(users.filter((user) => keyedDraw(canary, user) < 0.1))
  const [one, two] = [first('1.1.0'), first('1.2.0')]
  expect(Math.abs(one.size - 1000)).toBeLessThan(150)
  expect([...one].filter((user) => two.has(user)).length).toBeLessThan(150)
})

test.each([
  ['a split between the two', { stable: '1.0.0', canary: '1.1.0', canaryBasisPoints: 1234 }, '1.0.0', 12.34],
  ['all traffic on stable', { stable: '1.0.0', canaryBasisPoints: 0 }, '1.0.0', 0],
  ['all traffic on what was the canary', { stable: '1.1.0', canaryBasisPoints: 0 }, '1.0.0', 100],
  ['another canary that gets nothing', { stable: '1.0.0', canary: '1.0.9', canaryBasisPoints: 0 }, '1.0.0', 0],
  ['another canary that gets something', { stable: '1.0.0', canary: '1.0.9', canaryBasisPoints: 1 }, '1.0.0', 'unknown'],
  ['another stable', { stable: '0.9.0', canary: '1.1.0', canaryBasisPoints: 100 }, '1.0.0', 'unknown'],
  ['nothing yet, where something was live', nothing, '1.0.0', 'unknown'],
  ['nothing yet, where nothing was', nothing, undefined, 0],
  ['a first release', { canary: '1.1.0', canaryBasisPoints: 2500 }, undefined, 25],
])('the weight read from %s', (_, split, stable, weight) => {
  expect(weightOf(split, { unit: 'checkout', canary: '1.1.0', ...(stable && { stable }) })).toBe(weight)
})
