import fc from 'fast-check'
import { expect, test } from 'vitest'
import { xoshiro128 } from '../../src/analysis/stats/xoshiro128.js'
import type { Fault } from '../../src/testing/faults.js'
import { everyFault, faultyJournal, withFaults } from '../../src/testing/faults.js'
import { stories } from '../crash/told.js'
import { undergo } from '../support/ordeal.js'

const runs = Number(process.env.FAULT_RUNS ?? 400)
/** What the log of the world cannot tell: a repeated call was tried once, a stale answer never came from the world. */
const blind: { readonly [F in Fault]?: RegExp } = { repeated: /^I28/, stale: /^(I5|I26)/ }
const endings = /^(promoted|rolledBack|waits for human)/

test('whatever fails, and however often, a release ends as declared once the faults end', async () => {
  const seen = new Map<string, number>()
  let faults = 0
  const ordeal = fc.record({
    name: fc.constantFrom(...stories.map(({ name }) => name)),
    seed: fc.nat(),
    /** How often a call fails, and for how many calls. */
    chance: fc.constantFrom(0.02, 0.1, 0.3, 0.7),
    calls: fc.integer({ min: 5, max: 120 }),
    kinds: fc.subarray([...everyFault], { minLength: 1 }),
    journals: fc.constantFrom(0, 0.02, 0.1),
  })
  await fc.assert(
    fc.asyncProperty(ordeal, async ({ name, seed, chance, calls, kinds, journals }) => {
      const random = xoshiro128(seed).uniform
      let left = calls
      const next = (): Fault | undefined => {
        left -= 1
        if (left < 0 || random() >= chance) return undefined
        faults += 1
        return kinds[Math.floor(random() * kinds.length)]
      }
      const ending = await undergo(stories.find((story) => story.name === name)!, {
        wrapAdapter: (adapter, clock) => withFaults(adapter, clock, next),
        wrapJournal: (journal) =>
          faultyJournal(journal, () => (--left < 0 || random() >= journals ? undefined : random() < 0.5 ? 'refused' : 'lost')),
      })
      seen.set(ending.word, (seen.get(ending.word) ?? 0) + 1)
      expect(ending.violations.filter((says) => !kinds.some((kind) => blind[kind]?.test(says)))).toEqual([])
      expect(ending.word).toMatch(endings)
    }),
    { numRuns: runs, seed: Number(process.env.FAULT_SEED ?? 20_260_101), endOnFailure: false },
  )
  console.log(`${runs} runs, ${faults} faults:`, Object.fromEntries(seen))
  expect(faults).toBeGreaterThan(runs)
}, 600_000)
