import fc from 'fast-check'
import { everyFault, type Fault, faultyJournal, skewedClock, withFaults } from '../../src/testing/faults.js'
import { xoshiro128 } from '../../src/vocabulary/xoshiro128.js'
import { stories } from '../crash/told.js'
import { undergo } from './ordeal.js'

/** What the log of the world cannot tell: a repeated call was tried once, a stale answer never came from the world. */
const blind: { readonly [F in Fault]?: RegExp } = { repeated: /^I28/, stale: /^(I5|I26)/ }
const endings = /^(promoted|rolledBack|waits for human)/

const hourMs = 3_600_000

const schedule = fc.record({
  name: fc.constantFrom(...stories.map(({ name }) => name)),
  seed: fc.nat(),
  /** How often a call fails, and for how many calls. */
  chance: fc.constantFrom(0.02, 0.1, 0.3, 0.7),
  calls: fc.integer({ min: 5, max: 120 }),
  kinds: fc.subarray([...everyFault], { minLength: 1 }),
  journals: fc.constantFrom(0, 0.02, 0.1),
  /** By how much the clock of each life is wrong, milliseconds; and how often it jumps forwards within one. */
  skews: fc.array(fc.constantFrom(0, -hourMs, hourMs), { maxLength: 4 }),
  jumps: fc.constantFrom(0, 0, 0.01),
})

/**
 * Stories under random faults of adapters, journal and clock. Whatever fails, each ends as declared, with every invariant kept.
 *
 * @throws Error with the smallest schedule that is found to go wrong
 */
export async function faultSchedules(runs: number, seed: number) {
  const words = new Map<string, number>()
  let [faults, lives, skewed] = [0, 0, 0]
  const property = fc.asyncProperty(schedule, async ({ name, seed, chance, calls, kinds, journals, skews, jumps }) => {
    const random = xoshiro128(seed).uniform
    let left = calls
    let jumpedMs = 0
    const next = (): Fault | undefined => {
      left -= 1
      if (left > 0 && random() < jumps) jumpedMs += hourMs / 10
      if (left < 0 || random() >= chance) return undefined
      faults += 1
      return kinds[Math.floor(random() * kinds.length)]
    }
    const ending = await undergo(stories.find((story) => story.name === name)!, {
      wrapAdapter: (adapter, clock) => withFaults(adapter, clock, next),
      wrapJournal: (journal) =>
        faultyJournal(journal, () => (--left < 0 || random() >= journals ? undefined : random() < 0.5 ? 'refused' : 'lost')),
      wrapClock: (clock, life) => skewedClock(clock, () => (skews[life] ?? 0) + jumpedMs),
    })
    lives += ending.lives
    if (jumpedMs > 0 || skews.slice(0, ending.lives).some((ms) => ms !== 0)) skewed += 1
    words.set(ending.word, (words.get(ending.word) ?? 0) + 1)
    const wrong = ending.violations.filter((says) => !kinds.some((kind) => blind[kind]?.test(says)))
    if (!endings.test(ending.word)) wrong.push(`it ended as ${ending.word}`)
    if (wrong.length > 0) throw new Error(wrong.join('\n'))
  })
  await fc.assert(property, { numRuns: runs, seed, endOnFailure: false })
  return { runs, faults, lives, skewed, ends: Object.fromEntries(words) }
}
