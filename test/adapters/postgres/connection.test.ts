import { expect, onTestFinished, test } from 'vitest'
import { migrate } from '../../../adapters/postgres/index.js'
import { systemClock } from '../../../src/engine/system-clock.js'
import { virtualClock } from '../../../src/testing/virtual-clock.js'
import { type Cut, cuttingProxy } from '../../support/cutting-proxy.js'
import { createDatabase, freshDatabase, poolFor } from '../../support/postgres.js'
import { startPostgres } from '../../support/start-postgres.js'
import { readAll, record } from '../file/fixture.js'
import { freshSchema, hold, openForTest, poolForTest } from './fixture.js'

const address = await freshDatabase()
const pool = poolFor(address)

/** Says `cut` to the first statement that appends, and lets the others pass. */
function firstAppend(cut: Cut) {
  const seen: string[] = []
  return {
    seen,
    rule(asked: string): Cut {
      if (!/taxiway \w+ append/.test(asked)) return 'pass'
      seen.push(asked)
      return seen.length === 1 ? cut : 'pass'
    },
  }
}

async function behindProxy() {
  const schema = await freshSchema(pool)
  const proxy = await cuttingProxy(address.port)
  const journal = await openForTest({ pool: poolForTest({ ...address, port: proxy.port }), schema })
  return { schema, proxy, journal }
}

test.each(['cut before', 'cut after'] as const)('a connection that is %s the commit: the record is there once', async (cut) => {
  const { schema, proxy, journal } = await behindProxy()
  await hold(journal.lease, 'checkout')
  await journal.append(record('checkout', 1))
  const { rule, seen } = firstAppend(cut)
  proxy.decide(rule)
  await journal.append(record('checkout', 2))
  await journal.append(record('checkout', 3))
  expect(seen).toHaveLength(3)
  expect((await readAll(journal, 'checkout')).map(({ seq }) => seq)).toEqual([1, 2, 3])
  const { rows } = await pool.query(`select count(*)::int as n from ${schema}.records`)
  expect(rows[0].n).toBe(3)
})

test('every second statement breaks off, and of eight releases no record is lost, doubled or out of order', async () => {
  const { proxy, journal } = await behindProxy()
  const releases = Array.from({ length: 8 }, (_, i) => `checkout-${i}`)
  for (const release of releases) await hold(journal.lease, release)
  let statements = 0
  let cuts = 0
  proxy.decide((asked) => {
    if (!/taxiway \w+ append/.test(asked) || ++statements % 2 > 0) return 'pass'
    return ++cuts % 2 > 0 ? 'cut before' : 'cut after'
  })
  await Promise.all(
    releases.map(async (release) => {
      for (let seq = 1; seq <= 20; seq++) await journal.append(record(release, seq))
    }),
  )
  expect(cuts).toBeGreaterThan(10)
  expect(await journal.verify()).toMatchObject({ releases: 8, records: 160 })
})

test('a statement whose answer was lost, and the lease too: the record counts because it is there, and is the last', async () => {
  const { schema, proxy, journal } = await behindProxy()
  await hold(journal.lease, 'checkout')
  let isAppended = false
  proxy.decide((asked) => {
    isAppended ||= /taxiway \w+ append/.test(asked)
    return isAppended ? 'cut after' : 'pass'
  })
  const appending = journal.append(record('checkout', 1))
  await expect.poll(async () => (await pool.query(`select seq from ${schema}.releases`)).rows[0].seq).toBe('1')
  await pool.query(`delete from ${schema}.sessions`)
  const next = await openForTest({ pool, schema })
  await hold(next.lease, 'checkout')
  proxy.decide(() => 'pass')
  await appending
  await expect(journal.append(record('checkout', 2))).rejects.toMatchObject({ code: 'journal/locked' })
  expect(await readAll(next, 'checkout')).toHaveLength(1)
  await next.append(record('checkout', 2))
})

test('a cable that is pulled: the lease is lost before others may take it, and what waits to be appended is told so', async () => {
  const schema = await freshSchema(pool)
  const proxy = await cuttingProxy(address.port)
  const clock = virtualClock()
  const journal = await openForTest({ pool: poolForTest({ ...address, port: proxy.port }), schema, clock, leaseMs: 10_000 })
  const held = await hold(journal.lease, 'checkout')
  proxy.silence()
  const refused = expect(journal.append(record('checkout', 1))).rejects.toMatchObject({ code: 'journal/locked' })
  await clock.advance(8_999)
  expect(held.lost.aborted).toBe(false)
  await clock.advance(1)
  expect(held.lost.aborted).toBe(true)
  await refused
  proxy.cut()
})

test('the server says no to idle connections, and neither process nor lease ends by it', async () => {
  const schema = await freshSchema(pool)
  const name = `idle-${schema}`
  const journal = await openForTest({ pool: poolForTest(address, { application_name: name }), schema })
  const held = await hold(journal.lease, 'checkout')
  await pool.query('select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1', [name])
  await journal.append(record('checkout', 1))
  expect(held.lost.aborted).toBe(false)
})

test('no connection of the pool comes free: the error says where to look, and the next try succeeds', async () => {
  const schema = await freshSchema(pool)
  const small = poolForTest(address, { max: 1, connectionTimeoutMillis: 50 })
  const journal = await openForTest({ pool: small, schema })
  const client = await small.connect()
  await expect(hold(journal.lease, 'checkout')).rejects.toMatchObject({
    code: 'adapter/unavailable',
    message: expect.stringMatching(/timeout exceeded.*pool size/),
  })
  client.release()
  await hold(journal.lease, 'checkout')
  const busy = await small.connect()
  const appending = journal.append(record('checkout', 1))
  setTimeout(() => busy.release(), 200)
  await appending
})

test('a row that somebody else locks, and a deadlock with him: the append waits, is repeated, and goes through', async () => {
  const schema = await freshSchema(pool)
  const journal = await openForTest({ pool, schema })
  for (const release of ['a', 'b']) await hold(journal.lease, release)
  const meddler = await pool.connect()
  await meddler.query('begin')
  await meddler.query(`select from ${schema}.releases where release = 'b' for update`)
  const appending = Promise.all(['a', 'b'].map((release) => journal.append(record(release, 1))))
  // Now the append waits for b, and holds a or comes to it later: a deadlock in the one case, a wait in the other.
  await expect.poll(async () => (await pool.query(`select from pg_locks where not granted`)).rows.length).toBeGreaterThan(0)
  await meddler.query(`select from ${schema}.releases where release = 'a' for update`).catch(() => {})
  await meddler.query('rollback')
  meddler.release()
  await appending
  expect(await journal.verify()).toMatchObject({ records: 2 })
})

test('the server is killed and comes back while releases append: everything acknowledged is there, and all go on', async () => {
  const server = await startPostgres()
  onTestFinished(() => server.stop())
  const own = poolForTest(await createDatabase(server.port))
  await migrate({ pool: own })
  const journal = await openForTest({ pool: own, clock: systemClock(), leaseMs: 60_000 })
  const releases = Array.from({ length: 8 }, (_, i) => `checkout-${i}`)
  for (const release of releases) await hold(journal.lease, release)
  let acknowledged = 0
  let crash: Promise<void> | undefined
  await Promise.all(
    releases.map(async (release) => {
      for (let seq = 1; seq <= 50; seq++) {
        await journal.append(record(release, seq))
        acknowledged += 1
        if (acknowledged === 100) crash = server.crash()
      }
    }),
  )
  await crash
  expect(await journal.verify()).toMatchObject({ releases: 8, records: 400 })
}, 60_000)
