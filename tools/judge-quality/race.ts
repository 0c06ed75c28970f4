import type { Contender } from './contenders.ts'
import type { Random } from './random.ts'
import { countStream, type Service, type World } from './worlds.ts'

/** What one contender did in all runs of a cell. */
export interface Tally {
  readonly name: string
  readonly runs: number
  readonly rollbacks: number
  /** Sums over the runs, up to the rollback or the end: looks, and what the canary got and failed. */
  readonly looks: number
  readonly requests: number
  readonly failed: number
}

export interface Course {
  readonly service: Service
  readonly world?: World
  readonly looks: number
  readonly seconds?: number
  /** Look at which the canary gets worse. What happens before counts for rollbacks, not for the sums. */
  readonly onset?: number
}

/** Lets all contenders watch the same streams, each until it rolls back. */
export function race(
  contenders: readonly Contender[],
  { service, world = 'steady', looks, seconds = 60, onset = 0 }: Course,
  runs: number,
  random: Random,
): Tally[] {
  const tallies = contenders.map(({ name }) => ({ name, runs: 0, rollbacks: 0, looks: 0, requests: 0, failed: 0 }))
  for (let run = 0; run < runs; run++) {
    const next = countStream(service, world, random, { seconds, onset })
    const past = countStream({ ...service, ratio: 1 }, world, random, { seconds })
    let watching = contenders.flatMap((contender, i) =>
      run < runs * (contender.part ?? 1) ? [{ tally: tallies[i]!, watch: contender.start(service, past) }] : [],
    )
    for (const { tally } of watching) tally.runs += 1
    for (let look = 0; look < looks && watching.length > 0; look++) {
      const counts = next()
      for (const { tally } of watching) {
        if (look < onset) continue
        tally.looks += 1
        tally.requests += counts.canaryTotal
        tally.failed += counts.canaryBad
      }
      watching = watching.filter(({ tally, watch }) => {
        const isRolledBack = watch(counts)
        if (isRolledBack) tally.rollbacks += 1
        return !isRolledBack
      })
    }
  }
  return tallies
}

/** The tallies of all cells, by contender. */
export function byContender(tallies: readonly (readonly Tally[])[]): Map<string, Tally[]> {
  return Map.groupBy(tallies.flat(), ({ name }) => name)
}
