import { expect, test } from 'vitest'
import { freshDatabase, poolFor } from '../../support/postgres.js'
import { record, wrongRecords } from '../file/fixture.js'
import { freshSchema, hold, openForTest } from './fixture.js'

const pool = poolFor(await freshDatabase())

async function opened() {
  const schema = await freshSchema(pool)
  const journal = await openForTest({ pool, schema })
  return { schema, journal }
}

test('records of several releases that are appended at once go to the server together', async () => {
  const { schema, journal } = await opened()
  const releases = Array.from({ length: 64 }, (_, i) => `checkout-${i}`)
  await Promise.all(releases.map((release) => hold(journal.lease, release)))
  await Promise.all(releases.flatMap((release) => [1, 2, 3].map((seq) => journal.append(record(release, seq)))))
  // Rows that one transaction wrote have its id in common.
  const { rows } = await pool.query(`select count(distinct xmin::text)::int as n from ${schema}.records`)
  expect(rows[0].n, 'two statements for each round').toBe(6)
  expect(await journal.verify()).toMatchObject({ releases: 64, records: 192 })
})

test.each(wrongRecords)('%s is refused, and the next record is not', async (_, wrong) => {
  const { journal } = await opened()
  await hold(journal.lease, 'checkout')
  await expect(journal.append({ ...record('checkout', 1), ...wrong })).rejects.toMatchObject({ code: 'input/invalid' })
  await journal.append(record('checkout', 1))
  expect(await journal.verify()).toMatchObject({ records: 1, releases: 1 })
})

test('a release id or a body that looks like SQL is text, and nothing else', async () => {
  const { journal } = await opened()
  const evil = `'; drop schema public cascade; -- $1 \\' "`
  expect(await journal.list({ plan: evil })).toEqual([])
  await expect(hold(journal.lease, evil)).resolves.toBeDefined()
  await hold(journal.lease, 'checkout')
  const plan = { name: evil, units: { [evil]: {} } }
  await journal.append(record('checkout', 1, { event: { type: 'release.proposed', plan }, moves: [] }))
  expect(await journal.list({ plan: evil, unit: evil })).toMatchObject([{ release: 'checkout', plan: evil, units: [evil] }])
})

test('a record that the server refuses for good does not take along those that were sent with it', async () => {
  const { schema, journal } = await opened()
  for (const release of ['good', 'bad']) await hold(journal.lease, release)
  await pool.query(`alter table ${schema}.records add check (release <> 'bad')`)
  const outcomes = await Promise.allSettled(['good', 'bad', 'good'].map((id, i) => journal.append(record(id, i === 2 ? 2 : 1))))
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(outcomes[1]).toMatchObject({ reason: { code: 'journal/failed', details: { code: '23514' } } })
  await pool.query(`alter table ${schema}.records drop constraint records_release_check`)
  await journal.append(record('bad', 1))
})

test('a journal that was closed gives its releases free, and acquires no more', async () => {
  const { schema, journal } = await opened()
  const held = await hold(journal.lease, 'checkout')
  await journal.close()
  expect(held.lost.aborted).toBe(true)
  await expect(hold(journal.lease, 'search')).rejects.toMatchObject({ code: 'journal/failed' })
  const next = await openForTest({ pool, schema })
  await hold(next.lease, 'checkout')
})
