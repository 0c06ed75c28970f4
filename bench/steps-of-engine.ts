import { createOrchestrator, type Orchestrator } from '../dist/src/engine/orchestrator.js'
import type { Journal, JournalRecord } from '../dist/src/ports/journal.js'
import type { Lease } from '../dist/src/ports/lease.js'
import { hookPlan, timed, worldOf } from './engine-world.ts'

/** The engine on a journal, with releases of about forty durable steps, so many at once. */
export function stepsOfEngine(journal: Journal, concurrency: number, lease?: Lease) {
  /** From the answer of one step to the call of the next one, which waits for the record in between. Milliseconds. */
  const latencies: number[] = []
  const appends: number[] = []
  const answeredAt = new Map<string, number>()
  const world = worldOf({
    async hook({ release }) {
      const since = answeredAt.get(release)
      if (since !== undefined) latencies.push(performance.now() - since)
      await undefined
      answeredAt.set(release, performance.now())
      return { outcome: 'pass', says: '' }
    },
  })
  const plans = Array.from({ length: concurrency }, (_, place) => hookPlan(place))
  let written: JournalRecord[] = []
  let steps = 0
  let keeps = false
  let version = 1
  const orchestrator: Orchestrator = createOrchestrator({
    adapters: world,
    journal: timed(journal, (ms) => appends.push(ms)),
    observers: [
      {
        record(record) {
          steps += 1
          if (keeps) written.push(record)
        },
      },
    ],
    ...(lease && { lease }),
  })
  return {
    latencies,
    appends,
    /** The records of a round of their own: to keep them would cost the collector of a measured one dearly. */
    async written(releases: number): Promise<readonly JournalRecord[]> {
      written = []
      keeps = true
      await this.drive(releases)
      keeps = false
      return written
    },
    /** @returns steps per second */
    async drive(releases: number): Promise<number> {
      steps = 0
      answeredAt.clear()
      const begun = performance.now()
      let next = 0
      await Promise.all(
        plans.map(async (plan, place) => {
          while (next++ < releases) {
            const artifacts = { [`unit-${place}`]: { version: `${++version}` } }
            const release = await orchestrator.start(plan as never, { artifacts, author: { id: 'bench' } })
            await release.result
          }
        }),
      )
      return steps / ((performance.now() - begun) / 1_000)
    },
    close: () => orchestrator[Symbol.asyncDispose](),
  }
}
