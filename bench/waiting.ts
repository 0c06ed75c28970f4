/**
 * What 10,000 releases that wait for an approval take: heap beyond their plans, and CPU while nothing happens.
 *
 *     npm run build && node --expose-gc bench/waiting.ts [directory for the journal] [releases]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pass } from 'node:timers/promises'
import { openFileJournal } from '../dist/adapters/file/index.js'
import { createOrchestrator } from '../dist/src/engine/orchestrator.js'
import { programOf } from '../dist/src/plan/program.js'
import { approvalPlan, worldOf } from './engine-world.ts'
import { goal, whole } from './goal.ts'

const [parent = tmpdir(), releases = '10000'] = process.argv.slice(2)
const waiting = Number(releases)
const idleMs = 20_000

const home = await mkdtemp(join(parent, 'taxiway-bench-'))
const journal = await openFileJournal(join(home, 'journal'))
const orchestrator = createOrchestrator({ adapters: worldOf(), journal })

async function heap(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error('Run it with node --expose-gc.')
  for (let round = 0; round < 4; round++) {
    globalThis.gc()
    await pass(10)
  }
  return process.memoryUsage().heapUsed
}

/** Each place takes one release at a time, so each release here has a plan of its own: what they take is taken off. */
async function heapOfPlans(): Promise<number> {
  const empty = await heap()
  const plans = Array.from({ length: waiting }, (_, place) => {
    const plan = approvalPlan(`unit-${place}`)
    return [plan, programOf(plan as never)]
  })
  const full = await heap()
  // Alive until here.
  return plans.length === waiting ? full - empty : Number.NaN
}

try {
  const author = { id: 'bench' }
  const artifacts = { [`unit-${waiting}`]: { version: '2' } }
  await orchestrator.start(approvalPlan(`unit-${waiting}`) as never, { artifacts, author })
  const plans = await heapOfPlans()
  const before = await heap()
  for (let place = 0; place < waiting; place++)
    await orchestrator.start(approvalPlan(`unit-${place}`) as never, {
      artifacts: { [`unit-${place}`]: { version: '2' } },
      author,
    })
  // The last ones still have a few records to write until they wait.
  await pass(2_000)
  const all = (await heap()) - before
  console.log(
    `${whole(waiting)} waiting: ${(all / waiting / 1_024).toFixed(2)} KB each, of which ${(plans / waiting / 1_024).toFixed(2)} KB are its plan`,
  )
  goal('heap of a waiting release beyond its plan', (all - plans) / waiting / 1_024, { atMost: 4 }, 'KB')
  const cpu = process.cpuUsage()
  await pass(idleMs)
  const { user, system } = process.cpuUsage(cpu)
  goal(`CPU with ${whole(waiting)} waiting`, (user + system) / 1_000 / idleMs, { atMost: 0.01 }, 'cores')
} finally {
  await orchestrator[Symbol.asyncDispose]()
  await journal.close()
  await rm(home, { recursive: true })
}
