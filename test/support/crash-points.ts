import { xoshiro128 } from '../../src/vocabulary/xoshiro128.js'
import { stories } from '../crash/told.js'
import { type Ending, type Story, undergo } from './ordeal.js'

/** What was tried, and what came out wrong. */
export interface CrashReport {
  readonly stories: number
  /** Where a process died. */
  readonly points: number
  /** Different states of a release in which it died, with what it was about to do or had done. */
  readonly distinctStates: number
  readonly wrong: readonly string[]
}

/** Kills a process once: at every how-manieth point of each story, a different first one in each. */
export async function crashOnce(everyNth = 1): Promise<CrashReport> {
  return crashed((points, index) =>
    Array.from({ length: points }, (_, i) => [i + 1]).filter(([point]) => (point! - 1) % everyNth === index % everyNth),
  )
}

/** Kills the process, soon after it the next one, and perhaps a third, at random. */
export async function crashAgain(turns: number, seed: number): Promise<CrashReport> {
  const random = xoshiro128(seed).uniform
  return crashed((points) =>
    Array.from({ length: turns }, () => {
      const first = 1 + Math.floor(random() * points)
      return [first, first + 1 + Math.floor(random() * 6), first + 8]
    }),
  )
}

/** @param choose - the deaths to try in a story of so many points */
async function crashed(choose: (points: number, index: number) => number[][]): Promise<CrashReport> {
  const wrong: string[] = []
  const states = new Set<string>()
  let points = 0
  for (const [index, story] of stories.entries()) {
    const calm = await calmly(story)
    const reached = statesAt(story, calm)
    for (const deaths of choose(calm.points.length, index)) {
      points += deaths.length
      for (const point of deaths) if (reached[point - 1]) states.add(reached[point - 1]!)
      const says = differences(calm, await undergo(story, { deaths }))
      if (says.length > 0) wrong.push(`${story.name}, killed at ${deaths} (${calm.points[deaths[0]! - 1]}): ${says.join('; ')}`)
    }
  }
  return { stories: stories.length, points, distinctStates: states.size, wrong }
}

const calm = new Map<Story, Ending>()

/** How a story goes when nothing crashes. */
export async function calmly(story: Story): Promise<Ending> {
  const known = calm.get(story) ?? (await undergo(story))
  calm.set(story, known)
  return known
}

/** By point, in which state the release is and what is just done. */
function statesAt({ plan }: Story, { points, records }: Ending): string[] {
  const tracks = new Map<string, string>()
  let durable = 0
  return points.map((point) => {
    if (point === 'after append') for (const { track, to } of records[durable++]?.moves ?? []) tracks.set(track, to)
    return `${plan} ${point} ${[...tracks].join()}`
  })
}

function differences(calm: Ending, crashed: Ending): string[] {
  return [
    ...crashed.violations,
    ...(crashed.word === calm.word ? [] : [`ended as ${crashed.word} instead of ${calm.word}`]),
    ...(crashed.live === calm.live ? [] : [`left ${crashed.live} instead of ${calm.live}`]),
    // I25: the same effects, under the same keys. An order that a human has overtaken may or may not have been begun.
    ...crashed.applied.filter((call) => !calm.applied.includes(call) && !isOrdered(calm, call)).map((call) => `did ${call}`),
    ...calm.applied
      .filter((call) => !crashed.applied.includes(call) && !isOrdered(crashed, call))
      .map((call) => `never did ${call}`),
  ]
}

const isOrdered = ({ records }: Ending, call: string) =>
  records.some(({ effects }) => effects.some(({ key }) => call.startsWith(`${key} `)))
