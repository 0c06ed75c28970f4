import { expect, test } from 'vitest'
import { freshDatabase, poolFor } from '../../support/postgres.js'
import { readAll, record } from '../file/fixture.js'
import { freshSchema, hold, openForTest, sqlOfPage } from './fixture.js'

const pool = poolFor(await freshDatabase())

/** Two releases of six records. */
async function two() {
  const schema = await freshSchema(pool)
  const journal = await openForTest({ pool, schema })
  for (const release of ['checkout', 'search']) {
    await hold(journal.lease, release)
    for (let seq = 1; seq <= 6; seq++) await journal.append(record(release, seq))
  }
  return { schema, journal }
}

const at = (seq: number) => `where release = 'checkout' and seq = ${seq}`
test.each<[string, (schema: string) => string, number]>([
  ['a body that was altered', (s) => `update ${s}.records set body = replace(body, '3', '4') ${at(3)}`, 3],
  ['a body that says the same in other bytes', (s) => `update ${s}.records set body = body || ' ' ${at(3)}`, 3],
  ['a time that was altered', (s) => `update ${s}.records set at = at + 1 ${at(3)}`, 3],
  ['a token that was altered', (s) => `update ${s}.records set token = token + 1 ${at(3)}`, 3],
  ['a hash that was altered', (s) => `update ${s}.records set hash = 'sha256:${'0'.repeat(64)}' ${at(3)}`, 3],
  ['a record that is gone', (s) => `delete from ${s}.records ${at(3)}`, 3],
  ['the first record gone', (s) => `delete from ${s}.records ${at(1)}`, 1],
  ['the last record gone', (s) => `delete from ${s}.records ${at(6)}`, 6],
  ['a record in the place of the next', (s) => `delete from ${s}.records ${at(4)}; update ${s}.records set seq = 4 ${at(3)}`, 3],
  [
    'two records swapped',
    (s) =>
      `update ${s}.records set seq = 7 ${at(3)}; update ${s}.records set seq = 3 ${at(4)}; update ${s}.records set seq = 4 ${at(7)}`,
    3,
  ],
  [
    'a record of another release',
    (s) => `update ${s}.records c set body = o.body, hash = o.hash
    from ${s}.records o where o.release = 'search' and o.seq = 3 and c.release = 'checkout' and c.seq = 3`,
    3,
  ],
  [
    'a record doubled at the end',
    (s) => `insert into ${s}.records select release, 7, at, token, body, hash from ${s}.records ${at(6)}`,
    7,
  ],
  ['a newest record that is another', (s) => `update ${s}.releases set hash = 'x' where release = 'checkout'`, 6],
])('%s is found at its record, and none from there on is handed out', async (_, tamper, record) => {
  const { schema, journal } = await two()
  await pool.query(tamper(schema))
  const found = { code: 'journal/corrupt', details: { release: 'checkout', record } }
  await expect(journal.verify()).rejects.toMatchObject(found)
  const seen: number[] = []
  await expect(
    (async () => {
      for await (const { seq } of journal.read('checkout')) seen.push(seq)
    })(),
  ).rejects.toMatchObject(found)
  expect(seen).toEqual(Array.from({ length: record - 1 }, (_, i) => i + 1))
  expect(await readAll(journal, 'search')).toHaveLength(6)
})

test('the SQL of the page finds what was altered without this library, and nothing where nothing was', async () => {
  const { schema, journal } = await two()
  await journal.append(record('search', 7, { note: 'line\nfeed \u2028 "quoted", ü 🚦' }))
  const { check } = sqlOfPage(schema)
  expect((await pool.query(check)).rows).toEqual([])
  await pool.query(`update ${schema}.records set body = replace(body, '3', '4') ${at(3)}`)
  expect((await pool.query(check)).rows).toEqual([{ release: 'checkout', seq: '3' }])
})

test('records whose release is gone are found', async () => {
  const { schema, journal } = await two()
  await pool.query(`delete from ${schema}.releases where release = 'checkout'`)
  const found = { code: 'journal/corrupt', details: { release: 'checkout', record: 1 } }
  await expect(journal.verify()).rejects.toMatchObject(found)
  await expect(readAll(journal, 'checkout')).rejects.toMatchObject(found)
})

test('an end that was cut off with all that speaks of it is found by the last verification', async () => {
  const { schema, journal } = await two()
  const anchor = (await journal.verify()).heads
  expect(anchor).toMatchObject({ checkout: { seq: 6 }, search: { seq: 6 } })
  await pool.query(`delete from ${schema}.records ${at(6)};
    update ${schema}.releases r set seq = 5, hash = c.hash from ${schema}.records c where c.release = 'checkout' and c.seq = 5
      and r.release = 'checkout'`)
  expect(await journal.verify()).toMatchObject({ records: 11 })
  await expect(journal.verify({ anchor })).rejects.toMatchObject({
    code: 'journal/corrupt',
    details: { release: 'checkout', record: 6 },
  })
  await pool.query(
    `delete from ${schema}.records where release = 'checkout'; delete from ${schema}.releases where release = 'checkout'`,
  )
  await expect(journal.verify({ anchor })).rejects.toMatchObject({ details: { release: 'checkout', record: 1 } })
})

test('a chain that was written anew is not the one of the last verification', async () => {
  const { journal } = await two()
  const { heads } = await journal.verify()
  const anchor = { ...heads, checkout: { seq: 4, hash: heads.checkout!.hash } }
  await expect(journal.verify({ anchor })).rejects.toMatchObject({ details: { release: 'checkout', record: 4 } })
})
