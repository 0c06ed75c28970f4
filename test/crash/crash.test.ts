import { expect, test } from 'vitest'
import { xoshiro128 } from '../../src/analysis/stats/xoshiro128.js'
import { type Ending, type Story, undergo } from '../support/ordeal.js'
import { stories } from './told.js'

/** Every how-manieth crash point of a story is tried; together the stories try each place in the code many times. */
const everyNth = Number(process.env.CRASH_EVERY ?? 3)
const differences = (calm: Ending, crashed: Ending): string[] => [
  ...crashed.violations,
  ...(crashed.word === calm.word ? [] : [`ended as ${crashed.word} instead of ${calm.word}`]),
  ...(crashed.live === calm.live ? [] : [`left ${crashed.live} instead of ${calm.live}`]),
  // I25: the same effects, under the same keys. An order that a human has overtaken may or may not have been begun.
  ...crashed.applied.filter((call) => !calm.applied.includes(call) && !isOrdered(calm, call)).map((call) => `did ${call}`),
  ...calm.applied
    .filter((call) => !crashed.applied.includes(call) && !isOrdered(crashed, call))
    .map((call) => `never did ${call}`),
]

const isOrdered = ({ records }: Ending, call: string) =>
  records.some(({ effects }) => effects.some(({ key }) => call.startsWith(`${key} `)))

const calm = new Map<Story, Ending>()
const calmly = async (story: Story) => {
  const known = calm.get(story) ?? (await undergo(story))
  calm.set(story, known)
  return known
}

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
  const wrong: string[] = []
  let crashes = 0
  for (const [index, story] of stories.entries()) {
    const { points } = await calmly(story)
    for (let point = 1 + (index % everyNth); point <= points.length; point += everyNth) {
      crashes += 1
      const says = differences(await calmly(story), await undergo(story, { deaths: [point] }))
      if (says.length > 0) wrong.push(`${story.name}, killed ${points[point - 1]} (point ${point}): ${says.join('; ')}`)
    }
  }
  console.log(`${crashes} crashes, ${wrong.length} of them noticed`)
  expect(wrong.slice(0, 10)).toEqual([])
}, 120_000)

test('two crashes, one soon after the other, change nothing either', async () => {
  const seed = 20_260_101
  console.log(`seed ${seed}`)
  const random = xoshiro128(seed).uniform
  const wrong: string[] = []
  for (const story of stories) {
    const { points } = await calmly(story)
    for (let turn = 0; turn < 3; turn++) {
      const first = 1 + Math.floor(random() * points.length)
      const deaths = [first, first + 1 + Math.floor(random() * 6), first + 8]
      const says = differences(await calmly(story), await undergo(story, { deaths }))
      if (says.length > 0) wrong.push(`${story.name}, killed at ${deaths}: ${says.join('; ')}`)
    }
  }
  expect(wrong.slice(0, 10)).toEqual([])
}, 60_000)
