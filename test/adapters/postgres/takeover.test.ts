import { expect, onTestFinished, test } from 'vitest'
import { migrate } from '../../../adapters/postgres/index.js'
import { createDatabase, freshDatabase } from '../../support/postgres.js'
import { type RunningScript, runTs } from '../../support/run-ts.js'
import type { Settings } from './engine-process.js'
import { openForTest, poolForTest } from './fixture.js'
import { createSharedWorld } from './shared-world.js'

const { port } = await freshDatabase()
const names = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}-${i}`)

/** A database with a world in it, and engine processes that share both. */
async function set() {
  const address = await createDatabase(port)
  const pool = poolForTest(address)
  await migrate({ pool })
  await pool.query(createSharedWorld)
  return {
    pool,
    engine: (name: string, releases: readonly string[], { bakeFor = '3s', leaseMs = 1_000 } = {}) =>
      engine({ address, name, releases, bakeFor, leaseMs }),
  }
}

/** Twenty releases under way in one process, and another one that stands by. */
async function midway() {
  const { pool, engine } = await set()
  const releases = names('release', 20)
  const first = engine('first', releases)
  const heir = engine('heir', [])
  await Promise.all([first.heard('ready', 1), heir.heard('ready', 1)])
  return { pool, releases, first, heir, since: await nowAt(pool) }
}

function engine(settings: Settings) {
  const script = runTs(new URL('./engine-process.ts', import.meta.url), JSON.stringify(settings))
  onTestFinished(() => script.kill())
  return { ...script, heard: listen(script) }
}

/** Resolves once the process has said a word of that many releases. */
function listen(script: RunningScript) {
  const said = new Map<string, Set<string>>()
  return async (word: string, count: number): Promise<void> => {
    while ((said.get(word)?.size ?? 0) < count) {
      const [release = '', about = ''] = (await script.nextLine()).split(' ')
      said.set(about, (said.get(about) ?? new Set()).add(release))
    }
  }
}

/** Prints how long after that instant of the server's clock the last release had another driver. */
async function tellTakeover(pool: ReturnType<typeof poolForTest>, after: string, since: Date): Promise<void> {
  const { rows } = await pool.query(
    'select count(*)::int, extract(epoch from max(taken_at) - $1::timestamptz)::float8 as seconds from taxiway.releases where taken_at > $1',
    [since],
  )
  const { count, seconds } = rows[0]
  const refused = await pool.query('select count(*)::int from calls where not admitted')
  console.log(`${after}: ${count} releases taken over within ${seconds.toFixed(2)} s, with a lease of 1 s and a look every 0.2 s; \
${refused.rows[0].count} late calls refused`)
}

const nowAt = async (pool: ReturnType<typeof poolForTest>): Promise<Date> =>
  (await pool.query('select clock_timestamp() as now')).rows[0].now

const unfinished = async (pool: Parameters<typeof openForTest>[0]['pool']) =>
  (await (await openForTest({ pool })).list()).filter(({ phase }) => phase !== 'promoted').length

/** Whatever processes did, every unit must be where its release says, and nothing undone by somebody who was late. */
async function expectPromotedOnce(pool: ReturnType<typeof poolForTest>, releases: readonly string[]): Promise<void> {
  const journal = await openForTest({ pool })
  const listed = await journal.list()
  expect(listed.map(({ release, phase }) => `${release} ${phase}`).sort()).toEqual(releases.map((id) => `${id} promoted`).sort())
  expect(await journal.verify()).toMatchObject({ releases: releases.length })
  const units = await pool.query('select unit, stable, running, weight from units')
  for (const unit of units.rows) expect(unit).toMatchObject({ stable: '2', running: ['2'], weight: 100 })
  for (const [table, what] of [
    ['(select unit as release, id as seq, token from calls where admitted) as acts', 'calls'],
    ['taxiway.records', 'records'],
  ]) {
    const { rows } = await pool.query(
      `select * from (select release, seq, token, lag(token) over (partition by release order by seq) as before from ${table}) as pairs
       where token < before`,
    )
    expect(rows, `${what} under a token lower than the one before`).toEqual([])
  }
}

test('a process is killed in the middle of twenty releases, and another one ends them all', async () => {
  const { pool, releases, first, heir, since } = await midway()
  await first.kill()
  const left = await unfinished(pool)
  expect(left).toBeGreaterThan(10)
  await heir.heard('driven', left)
  await heir.heard('promoted', left)
  await expectPromotedOnce(pool, releases)
  await tellTakeover(pool, 'killed', since)
}, 120_000)

test('a process that sleeps past its lease loses its releases, and changes nothing when it wakes up (I39, I40)', async () => {
  const { pool, releases, first, heir, since } = await midway()
  first.child.kill('SIGSTOP')
  const left = await unfinished(pool)
  expect(left).toBeGreaterThan(10)
  await heir.heard('driven', left)
  const { rows } = await pool.query('select max(id) as last from calls')
  first.child.kill('SIGCONT')
  await first.heard('journal/locked', left)
  await heir.heard('promoted', left)
  await expectPromotedOnce(pool, releases)
  const late = await pool.query(`select * from calls where process = 'first' and admitted and id > $1`, [rows[0].last])
  expect(late.rows).toEqual([])
  await tellTakeover(pool, 'stopped', since)
}, 120_000)

test('while both are alive, no release is driven twice, however often each looks for work', async () => {
  const { pool, engine } = await set()
  const [left, right] = [names('left', 10), names('right', 10)]
  // Long enough that a busy machine does not make one of them look dead.
  const setting = { bakeFor: '1s', leaseMs: 30_000 }
  const engines = [engine('one', left, setting), engine('other', right, setting)]
  await Promise.all(engines.map(({ heard }) => heard('promoted', 10)))
  await expectPromotedOnce(pool, [...left, ...right])
  const { rows } = await pool.query(
    'select unit, method, detail, count(*)::int, array_agg(distinct process) as by from calls group by 1, 2, 3',
  )
  const wrong = rows.filter(({ unit, count, by }) => count !== 1 || by.join() !== (unit.startsWith('left') ? 'one' : 'other'))
  expect(wrong).toEqual([])
  expect(rows.length).toBeGreaterThan(20 * 4)
}, 120_000)
