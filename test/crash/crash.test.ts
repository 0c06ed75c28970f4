import { expect, test } from 'vitest'
import { calmly, crashAgain, crashOnce } from '../support/crash-points.js'
import { stories } from './told.js'

/** Every how-manieth crash point of a story is tried. */
const everyNth = Number(process.env.CRASH_EVERY ?? 1)

test('every story ends as declared when nothing crashes', async () => {
  const wrong: string[] = []
  const words = new Map<string, number>()
  for (const story of stories) {
    const { word, violations } = await calmly(story)
    words.set(word, (words.get(word) ?? 0) + 1)
    wrong.push(...violations.map((says) => `${story.name}: ${says}`))
  }
  console.log(`${stories.length} stories:`, Object.fromEntries(words))
  expect(wrong).toEqual([])
  expect(stories.length).toBeGreaterThanOrEqual(50)
  expect([...words.keys()].sort()).toEqual(['promoted', 'rolledBack', 'waits for human'])
}, 60_000)

test('a crash before or after any append, call or answer changes neither the end of a story nor what was done', async () => {
  const { wrong, ...counts } = await crashOnce(everyNth)
  console.log('one crash:', { ...counts, wrong: wrong.length })
  expect(wrong.slice(0, 10)).toEqual([])
  expect(counts.points * everyNth).toBeGreaterThan(4_700)
  if (everyNth === 1) expect(counts.distinctStates).toBeGreaterThan(700)
}, 280_000)

test('two or three crashes, one soon after the other, change nothing either', async () => {
  const seed = Number(process.env.CRASH_SEED ?? 20_260_101)
  const { wrong, ...counts } = await crashAgain(3, seed)
  console.log(`crashes in a row, seed ${seed}:`, { ...counts, wrong: wrong.length })
  expect(wrong.slice(0, 10)).toEqual([])
}, 120_000)
