import { expect, test } from 'vitest'
import { migrate } from '../../../adapters/postgres/index.js'
import { freshDatabase, poolFor } from '../../support/postgres.js'
import { record } from '../file/fixture.js'
import { freshSchema, hold, openForTest, poolForTest, sqlOfPage } from './fixture.js'

const address = await freshDatabase()
const pool = poolFor(address)

test('tables that are there stay as they are, and so does what is in them', async () => {
  const schema = await freshSchema(pool)
  const journal = await openForTest({ pool, schema })
  await hold(journal.lease, 'checkout')
  await journal.append(record('checkout', 1))
  await migrate({ pool, schema })
  expect(await journal.verify()).toMatchObject({ records: 1 })
})

test('many processes that start at once make the tables once', async () => {
  await Promise.all(Array.from({ length: 8 }, () => migrate({ pool, schema: 'rush' })))
  const { rows } = await pool.query('select version from rush.migrations')
  expect(rows).toEqual([{ version: 1 }, { version: 2 }])
})

test('tables of a newer taxiway are neither changed nor used', async () => {
  const schema = await freshSchema(pool)
  await pool.query(`insert into ${schema}.migrations (version) values (7)`)
  const refusal = { code: 'journal/version', details: { version: 7 } }
  await expect(migrate({ pool, schema })).rejects.toMatchObject(refusal)
  await expect(openForTest({ pool, schema })).rejects.toMatchObject(refusal)
})

test('a database without tables says what to do', async () => {
  await expect(openForTest({ pool, schema: 'nowhere' })).rejects.toMatchObject({
    code: 'journal/version',
    message: expect.stringContaining('Call migrate() first.'),
  })
})

test('a schema that is no plain name is refused before anything is sent', async () => {
  for (const schema of ['', 'A', 'x"; drop schema public', 'x'.repeat(42)])
    await expect(migrate({ pool, schema })).rejects.toMatchObject({ code: 'input/invalid' })
})

test('a role that confirms before it has stored is refused', async () => {
  const schema = await freshSchema(pool)
  const hasty = poolForTest(address, { options: '-c synchronous_commit=off' })
  await expect(openForTest({ pool: hasty, schema })).rejects.toMatchObject({
    code: 'journal/failed',
    message: expect.stringContaining('synchronous_commit'),
  })
})

test('a role with the permissions of the README can do everything, and one without is told where to look', async () => {
  const schema = await freshSchema(pool)
  await pool.query(`create role ${schema}_engine login; create role ${schema}_stranger login`)
  await pool.query(sqlOfPage(schema).grants.replaceAll('to engine', `to ${schema}_engine`))
  const stranger = poolForTest({ ...address, user: `${schema}_stranger` })
  await expect(openForTest({ pool: stranger, schema })).rejects.toMatchObject({
    code: 'journal/failed',
    message: expect.stringContaining('README'),
  })
  const engine = poolForTest({ ...address, user: `${schema}_engine` })
  const journal = await openForTest({ pool: engine, schema })
  const lease = await hold(journal.lease, 'checkout')
  await journal.append(record('checkout', 1))
  await lease.release()
  expect(await journal.verify()).toMatchObject({ records: 1 })
  expect(await journal.list()).toHaveLength(1)
  await expect(engine.query(`update ${schema}.records set body = '1'`)).rejects.toMatchObject({ code: '42501' })
  await expect(engine.query(`delete from ${schema}.records`)).rejects.toMatchObject({ code: '42501' })
})
