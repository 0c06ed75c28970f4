/**
 * How long a new process takes until 10,000 unfinished releases of 200 records each are under control again, with every record
 * of the chain verified. Writing them takes longer than reading them.
 *
 *     npm run build && node bench/resume.ts [directory on the disk to measure] [releases]
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { openFileJournal } from '../dist/adapters/file/index.js'
import { appendStep, type Progress } from '../dist/src/engine/append-step.js'
import { createOrchestrator } from '../dist/src/engine/orchestrator.js'
import type { ReleaseEvent } from '../dist/src/lifecycle/protocol.js'
import { parseRecord } from '../dist/src/lifecycle/record.js'
import { planHash } from '../dist/src/plan/define-plan.js'
import { memoryJournal } from '../dist/src/testing/memory-journal.js'
import { virtualClock } from '../dist/src/testing/virtual-clock.js'
import { watchedPlan, worldOf } from './engine-world.ts'
import { goal, whole } from './goal.ts'

const [parent = tmpdir(), releases = '10000', written] = process.argv.slice(2)
const unfinished = Number(releases)
const recordsOfRelease = 200
/** Releases that are written at the same time. */
const abreast = 500

if (written === undefined) await main()
else await resume(written)

async function main(): Promise<void> {
  const home = await mkdtemp(join(parent, 'taxiway-bench-'))
  try {
    const directory = join(home, 'journal')
    await write(directory)
    const sizes = await Promise.all((await readdir(directory)).map(async (name) => (await stat(join(directory, name))).size))
    const megabytes = sizes.reduce((sum, size) => sum + size, 0) / 1e6
    const child = [fileURLToPath(import.meta.url), parent, releases, directory]
    const { stdout } = await promisify(execFile)(process.execPath, child)
    const { seconds, cpuSeconds, resumed } = JSON.parse(stdout)
    console.log(
      `${whole(resumed)} of ${whole(unfinished)} resumed, ${recordsOfRelease} records each, ${whole(megabytes)} MB on disk: ${cpuSeconds.toFixed(1)} s of CPU`,
    )
    goal(
      'unfinished releases under control again, chain verified',
      resumed === unfinished ? seconds : Number.NaN,
      { atMost: 10 },
      's',
    )
  } finally {
    await rm(home, { recursive: true })
  }
}

/** What a new process does. */
async function resume(directory: string): Promise<void> {
  const begun = performance.now()
  const cpu = process.cpuUsage()
  const journal = await openFileJournal(directory)
  const orchestrator = createOrchestrator({ adapters: worldOf(), journal })
  const { length: resumed } = await orchestrator.resume()
  const seconds = (performance.now() - begun) / 1_000
  const { user, system } = process.cpuUsage(cpu)
  console.log(JSON.stringify({ seconds, cpuSeconds: (user + system) / 1e6, resumed }))
  await orchestrator[Symbol.asyncDispose]()
  await journal.close()
}

/** One release is run; the others have its events, under names of their own. */
async function write(directory: string): Promise<void> {
  const template = JSON.stringify(await eventsOfOne())
  const journal = await openFileJournal(directory)
  for (let first = 0; first < unfinished; first += abreast)
    await Promise.all(
      Array.from({ length: Math.min(abreast, unfinished - first) }, async (_, i) => {
        const events: ReleaseEvent[] = JSON.parse(
          template.replaceAll('release-x', `release-${first + i}`).replaceAll('unit-x', `unit-${first + i}`),
        )
        let progress: Progress | undefined
        for (const event of events) {
          const own = event.type === 'release.proposed' ? { ...event, planHash: planHash(event.plan) } : event
          progress = await appendStep({ journal, observers: [] }, progress, own)
        }
      }),
    )
  await journal.close()
}

async function eventsOfOne(): Promise<ReleaseEvent[]> {
  const clock = virtualClock(Date.now())
  const journal = memoryJournal()
  const orchestrator = createOrchestrator({ adapters: worldOf(), journal, clock })
  const artifacts = { 'unit-x': { version: '2' } }
  const plan = watchedPlan('unit-x', '30s', ['errors'])
  await orchestrator.start(plan as never, { id: 'release-x', artifacts, author: { id: 'bench' } })
  while (journal.records.length < recordsOfRelease) await clock.advance(30_000)
  await orchestrator[Symbol.asyncDispose]()
  return journal.records.slice(0, recordsOfRelease).map(({ body }) => parseRecord(body, 'bench').event)
}
