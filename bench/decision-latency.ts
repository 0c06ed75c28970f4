/**
 * How long it takes from a metric sample that says no to the router's being told, with 10,000 releases in flight that are looked
 * at 667 times a second: one record in between, so that the journal's own time is the yardstick.
 *
 *     npm run build && node bench/decision-latency.ts [directory on the disk to measure] [releases]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pass } from 'node:timers/promises'
import { openFileJournal } from '../dist/adapters/file/index.js'
import { createOrchestrator } from '../dist/src/engine/orchestrator.js'
import { timed, watchedPlan, worldOf } from './engine-world.ts'
import { goal, median, quantile, whole } from './goal.ts'

const [parent = tmpdir(), releases = '10000'] = process.argv.slice(2)
const inFlight = Number(releases)
const everyMs = 15_000
const measuredMs = 45_000
/** Of the looks, the share that says no. */
const badShare = 0.02

const home = await mkdtemp(join(parent, 'taxiway-bench-'))
const journal = await openFileJournal(join(home, 'journal'))
const sampledAt = new Map<string, number>()
const latencies: number[] = []
const appends: number[] = []
let isMeasuring = false
let looks = 0
const orchestrator = createOrchestrator({
  adapters: worldOf({
    looked(unit) {
      looks += 1
      if (!isMeasuring || Math.random() > badShare) return 2
      sampledAt.set(unit, performance.now())
      return 500
    },
    shifted(unit, weight) {
      const since = sampledAt.get(unit)
      if (weight === 0 && since !== undefined) latencies.push(performance.now() - since)
      sampledAt.delete(unit)
    },
  }),
  journal: timed(journal, (ms) => isMeasuring && appends.push(ms)),
})

try {
  const author = { id: 'bench' }
  // Spread over one interval, so that their looks are; by one timer, since ten thousand of them would stop the process at first.
  const begun = performance.now()
  const starts: Promise<unknown>[] = []
  for (let place = 0; place < inFlight; place++) {
    const waitMs = begun + (place / inFlight) * everyMs - performance.now()
    if (waitMs > 1) await pass(waitMs)
    const artifacts = { [`unit-${place}`]: { version: '2' } }
    starts.push(orchestrator.start(watchedPlan(`unit-${place}`, `${everyMs}ms`) as never, { artifacts, author }))
  }
  await Promise.all(starts)
  await pass(everyMs)
  isMeasuring = true
  looks = 0
  await pass(measuredMs)
  isMeasuring = false
  const [own, decided] = [quantile(appends, 0.99), quantile(latencies, 0.99)]
  console.log(`${whole(inFlight)} in flight, ${whole(looks / (measuredMs / 1_000))} looks/s, ${latencies.length} decisions`)
  console.log(
    `append p50 ${median(appends).toFixed(2)} ms, p99 ${own.toFixed(2)} ms; decision p50 ${median(latencies).toFixed(2)} ms`,
  )
  goal('from sample to router, p99', decided, { atMost: own + 2 }, 'ms')
} finally {
  await orchestrator[Symbol.asyncDispose]()
  await journal.close()
  await rm(home, { recursive: true })
}
