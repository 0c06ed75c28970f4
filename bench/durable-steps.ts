/**
 * Durable steps per second, 64 releases at once: the engine on the file journal and on PostgreSQL, beside a bare writer that
 * appends the same records and checks nothing, DBOS on the same PostgreSQL, and Restate. Rounds alternate, so that all meet the
 * same disk and the same load; the median ratio counts.
 *
 *     npm run build && node bench/durable-steps.ts [directory on the disk to measure]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { openFileJournal } from '../dist/adapters/file/index.js'
import { migrate, openPostgresJournal } from '../dist/adapters/postgres/index.js'
import { systemClock } from '../dist/src/engine/system-clock.js'
import type { JournalRecord } from '../dist/src/ports/journal.js'
import { startPostgres } from '../test/support/start-postgres.ts'
import { openBareWriter } from './bare-writer.ts'
import { hooksOfRelease } from './engine-world.ts'
import { goal, median, quantile, whole } from './goal.ts'
import { stepsOfEngine } from './steps-of-engine.ts'

const concurrency = 64
const rounds = 5
/** Each contender's, before anything counts: compiled code is several times as fast. */
const warmUpMs = 8_000
const [parent = tmpdir()] = process.argv.slice(2)
const home = await mkdtemp(join(parent, 'taxiway-bench-'))
// As durable as anywhere: the tests' server may forget what a power cut finds unwritten.
const postgres = await startPostgres('fsync=on', 'synchronous_commit=on')
const address = { host: '127.0.0.1', port: postgres.port, user: 'postgres' }
const urlOf = (database: string) => `postgresql://postgres@127.0.0.1:${postgres.port}/${database}`

/** One contender: how a round of it goes, and what came of each. */
interface Contender {
  readonly name: string
  /** @returns durable steps per second */
  readonly round: () => Promise<number>
  readonly close: () => Promise<unknown>
  readonly speeds: number[]
}

const journal = await openFileJournal(join(home, 'journal'))
const onFile = stepsOfEngine(journal, concurrency)
let toWrite: Promise<readonly JournalRecord[]> | undefined
const contenders = [
  {
    name: 'engine, file journal',
    round: () => onFile.drive(8 * concurrency),
    async close() {
      await onFile.close()
      await journal.close()
    },
    speeds: [],
  },
  { name: 'bare writer', round: writeBare, close: async () => {}, speeds: [] },
  await onPostgres(),
  ...(await peer('DBOS on PostgreSQL', async () => (await import('./peers/dbos.ts')).openDbos(urlOf('dbos'), hooksOfRelease))),
  ...(await peer('Restate', async () => (await import('./peers/restate.ts')).openRestate(join(home, 'restate'), hooksOfRelease))),
] satisfies Contender[]

/** Records of the engine through group commit and nothing else. */
async function writeBare(): Promise<number> {
  const path = join(home, 'bare.log')
  const file = await openBareWriter(path)
  toWrite ??= onFile.written(8 * concurrency)
  const records = await toWrite
  const begun = performance.now()
  let next = 0
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (next < records.length) await file.append(records[next++]!)
    }),
  )
  const speed = records.length / ((performance.now() - begun) / 1_000)
  await file.close()
  await rm(path)
  return speed
}

async function onPostgres(): Promise<Contender> {
  const pool = new pg.Pool({ ...address, database: 'postgres' })
  await migrate({ pool })
  const shared = await openPostgresJournal({ pool, clock: systemClock() })
  const engine = stepsOfEngine(shared, concurrency, shared.lease)
  return {
    name: 'engine, PostgreSQL with leases and fencing',
    round: () => engine.drive(4 * concurrency),
    async close() {
      await engine.close()
      await shared.close()
      await pool.end()
    },
    speeds: [],
  }
}

interface Peer {
  readonly release: () => Promise<unknown>
  readonly close: () => Promise<unknown>
}

/** Peers have packages of their own; without them the bench goes on. */
async function peer(name: string, open: () => Promise<Peer>): Promise<Contender[]> {
  try {
    const { release, close } = await open()
    const round = async () => {
      const begun = performance.now()
      await Promise.all(Array.from({ length: concurrency }, release))
      return (concurrency * hooksOfRelease) / ((performance.now() - begun) / 1_000)
    }
    return [{ name, round, close, speeds: [] }]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    console.log(`${name} is not installed: npm install --prefix bench/peers`)
    return []
  }
}

try {
  for (const { round } of contenders) for (const until = performance.now() + warmUpMs; performance.now() < until; ) await round()
  onFile.latencies.length = onFile.appends.length = 0
  for (let round = 0; round < rounds; round++) for (const contender of contenders) contender.speeds.push(await contender.round())
  for (const { name, speeds } of contenders)
    console.log(`${name.padEnd(44)} ${whole(median(speeds)).padStart(8)} durable steps/s, ${concurrency} at once`)
  console.log(
    `append to the file journal: p50 ${median(onFile.appends).toFixed(2)} ms, p99 ${quantile(onFile.appends, 0.99).toFixed(2)} ms`,
  )
  const [file, bare, shared] = contenders as [Contender, Contender, Contender]
  const of = (start: string) => contenders.find(({ name }) => name.startsWith(start))
  compare('durable steps/s on the file journal, to the bare writer', file, bare, 0.4)
  compare('durable steps/s on the file journal, to DBOS', file, of('DBOS'), 20)
  compare('durable steps/s on the file journal, to Restate', file, of('Restate'), 8)
  compare('durable steps/s on PostgreSQL with fencing, to DBOS', shared, of('DBOS'), 15)
  goal('step on the file journal, p99', quantile(onFile.latencies, 0.99), { atMost: 10 }, 'ms')
} finally {
  for (const { close } of contenders) await close()
  await postgres.stop()
  await rm(home, { recursive: true })
}

function compare(what: string, ours: Contender, theirs: Contender | undefined, atLeast: number): void {
  if (theirs) goal(what, median(ours.speeds.map((speed, round) => speed / theirs.speeds[round]!)), { atLeast }, 'x')
}
