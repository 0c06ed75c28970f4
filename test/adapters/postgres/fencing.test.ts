import { expect, test } from 'vitest'
import { virtualClock } from '../../../src/testing/virtual-clock.js'
import { freshDatabase, poolFor } from '../../support/postgres.js'
import { readAll, record } from '../file/fixture.js'
import { freshSchema, hold, openForTest } from './fixture.js'

const pool = poolFor(await freshDatabase())

/** Two processes on the same tables. The clock of the first stands still unless it is told otherwise: it notices nothing. */
async function two() {
  const schema = await freshSchema(pool)
  const clock = virtualClock()
  const first = await openForTest({ pool, schema, clock, holder: 'first', leaseMs: 10_000 })
  const second = await openForTest({ pool, schema, holder: 'second', leaseMs: 10_000 })
  const expire = (holder: string) =>
    pool.query(`update ${schema}.sessions set expires_at = now() - interval '1 ms' where holder = $1`, [holder])
  return { schema, clock, first, second, expire }
}

test('who asks for a release that somebody drives is told who, and since when', async () => {
  const { first, second } = await two()
  const before = Date.now()
  await hold(first.lease, 'checkout')
  const found = await second.lease.acquire('checkout', { signal: new AbortController().signal })
  expect(found).toEqual({ heldBy: 'first', sinceAt: expect.any(Number) })
  expect(Math.abs((found as { sinceAt: number }).sinceAt - before)).toBeLessThan(60_000)
})

test('without the lease nothing is appended, and a release that was never held is no exception', async () => {
  const { first, second } = await two()
  await hold(first.lease, 'checkout')
  await first.append(record('checkout', 1))
  await expect(second.append(record('checkout', 2))).rejects.toMatchObject({ code: 'journal/locked' })
  await expect(second.append(record('search', 1))).rejects.toMatchObject({ code: 'journal/locked' })
})

test('who was taken over and has not noticed cannot append, and notices by that (I39)', async () => {
  const { first, second, expire } = await two()
  const stale = await hold(first.lease, 'checkout')
  await first.append(record('checkout', 1))
  await expire('first')
  const fresh = await hold(second.lease, 'checkout')
  expect(fresh.fencingToken).toBeGreaterThan(stale.fencingToken)
  expect(stale.lost.aborted).toBe(false)
  await expect(first.append(record('checkout', 2))).rejects.toMatchObject({
    code: 'journal/locked',
    message: expect.stringContaining('held by second'),
  })
  expect(stale.lost.aborted).toBe(true)
  await second.append(record('checkout', 2))
  expect(await readAll(second, 'checkout')).toHaveLength(2)
})

test('a lease that expired by the clock of the server ends appending, even if nobody has taken over and its holder\u2019s clock stands still (I40)', async () => {
  const { first, expire } = await two()
  await hold(first.lease, 'checkout')
  await first.append(record('checkout', 1))
  await expire('first')
  await expect(first.append(record('checkout', 2))).rejects.toMatchObject({
    code: 'journal/locked',
    message: expect.stringContaining('Nobody has taken it over yet.'),
  })
})

test('what a stale process had sent before it was taken over never comes between the records of the next', async () => {
  const { schema, first, second, expire } = await two()
  await hold(first.lease, 'checkout')
  await first.append(record('checkout', 1))
  // The row is locked while both want it: the append of the first, and the takeover by the second.
  const meddler = await pool.connect()
  await meddler.query('begin')
  await meddler.query(`select from ${schema}.releases for update`)
  const late = first.append(record('checkout', 2)).then(
    () => 2,
    ({ code }) => code,
  )
  const waiting = async () => (await pool.query('select from pg_locks where not granted')).rows.length
  await expect.poll(waiting).toBeGreaterThan(0)
  await expire('first')
  const taking = hold(second.lease, 'checkout')
  await meddler.query('rollback')
  meddler.release()
  await taking
  const outcome = await late
  const read = await readAll(second, 'checkout')
  expect(outcome).toBe(read.length === 2 ? 2 : 'journal/locked')
  await second.append(record('checkout', read.length + 1))
  expect(await second.verify()).toMatchObject({ records: read.length + 1 })
})

test('a record under way when its release was given back and taken by another is not appended, though its process lives', async () => {
  const { schema, first, second } = await two()
  await hold(second.lease, 'search')
  await hold(first.lease, 'checkout')
  await first.append(record('checkout', 1))
  const meddler = await pool.connect()
  await meddler.query('begin')
  await meddler.query(`select from ${schema}.releases where release = 'checkout' for update`)
  const late = expect(first.append(record('checkout', 2))).rejects.toMatchObject({
    code: 'journal/locked',
    message: expect.stringContaining('held by second'),
  })
  await expect.poll(async () => (await pool.query('select from pg_locks where not granted')).rows.length).toBeGreaterThan(0)
  await meddler.query(`update ${schema}.releases set token = nextval('${schema}.fencing_tokens'),
    session = (select id from ${schema}.sessions where holder = 'second') where release = 'checkout'`)
  await meddler.query('commit')
  meddler.release()
  await late
  expect(await readAll(second, 'checkout')).toHaveLength(1)
})

test('a lease that is renewed lives on, and one that is not confirmed is lost before others may take it', async () => {
  const { schema, clock, first } = await two()
  const { rows } = await pool.query('select now() as now')
  const expiry = async () => (await pool.query(`select expires_at as at from ${schema}.sessions`)).rows[0]?.at
  const held = await hold(first.lease, 'checkout')
  const begun = await expiry()
  await clock.advance(2_500)
  await expect.poll(async () => (await expiry()) > begun).toBe(true)
  expect(begun.getTime() - rows[0].now.getTime()).toBeLessThanOrEqual(11_000)
  await pool.query(`delete from ${schema}.sessions`)
  await clock.advance(2_500)
  await expect.poll(() => held.lost.aborted).toBe(true)
})

test('a process that has lost its session begins another one, under higher tokens', async () => {
  const { first, expire } = await two()
  const before = await hold(first.lease, 'checkout')
  await expire('first')
  await expect(first.append(record('checkout', 1))).rejects.toMatchObject({ code: 'journal/locked' })
  await expect.poll(() => hold(first.lease, 'checkout').catch(() => undefined)).toBeDefined()
  await first.append(record('checkout', 1))
  expect(before.lost.aborted).toBe(true)
})

test('a server that lost the last record in a failover is noticed, and nothing is appended on top of what is gone', async () => {
  const { schema, first } = await two()
  await hold(first.lease, 'checkout')
  await first.append(record('checkout', 1))
  const { rows } = await pool.query(`select * from ${schema}.releases`)
  await first.append(record('checkout', 2))
  await pool.query(`delete from ${schema}.records where seq = 2`)
  await pool.query(`update ${schema}.releases set seq = $1, hash = $2`, [rows[0].seq, rows[0].hash])
  await expect(first.append(record('checkout', 3))).rejects.toMatchObject({ code: 'journal/conflict', details: { last: 1 } })
})

test('nothing is appended on top of a record that is another one than was appended here', async () => {
  const { schema, first } = await two()
  await hold(first.lease, 'checkout')
  await first.append(record('checkout', 1))
  await pool.query(`update ${schema}.releases set hash = 'sha256:another'`)
  await expect(first.append(record('checkout', 2))).rejects.toMatchObject({ code: 'journal/conflict', details: { last: 1 } })
  expect((await pool.query(`select count(*)::int as n from ${schema}.records`)).rows).toEqual([{ n: 1 }])
})

test('a takeover that nobody waits for any more is given back', async () => {
  const { schema, first, second } = await two()
  await hold(second.lease, 'search')
  const meddler = await pool.connect()
  await meddler.query('begin')
  await meddler.query(`insert into ${schema}.releases (release, taken_at, token) values ('checkout', now(), 1)`)
  const giveUp = new AbortController()
  const acquiring = first.lease.acquire('checkout', { signal: giveUp.signal })
  await expect.poll(async () => (await pool.query('select from pg_locks where not granted')).rows.length).toBeGreaterThan(0)
  giveUp.abort(new Error('No longer wanted.'))
  await expect(acquiring).rejects.toThrow('No longer wanted.')
  await meddler.query('commit')
  meddler.release()
  await expect.poll(() => hold(second.lease, 'checkout').catch(() => undefined)).toBeDefined()
})
