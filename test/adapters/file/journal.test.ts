import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openFileJournal, verifyFileJournal } from '../../../adapters/file/index.js'
import { jsonHash } from '../../../src/vocabulary/canonical-json.js'
import { appendTurns, collect, logIn, openForTest, readAll, record, temporaryHome, wrongRecords } from './fixture.js'

test('a release is read back in order, by the process that wrote it and by the next one', async () => {
  const home = await temporaryHome()
  const first = await openForTest(home)
  await appendTurns(first, 5)
  const expected = [1, 2, 3, 4, 5].map((seq) => record('search-2', seq))
  expect(await readAll(first, 'search-2')).toEqual(expected)
  await first.close()

  const second = await openForTest(home)
  expect(await readAll(second, 'search-2')).toEqual(expected)
  expect(await collect(second.releases())).toEqual(['checkout-7', 'search-2', 'a.b_c'])
  expect(await readAll(second, 'unknown')).toEqual([])
  expect(second.repaired).toBeUndefined()
  expect(second.isDegraded).toBe(false)
})

test('a release goes on where the last process left it', async () => {
  const home = await temporaryHome()
  const first = await openForTest(home)
  await first.append(record('checkout', 1))
  await first.close()
  const second = await openForTest(home)
  await expect(second.append(record('checkout', 1))).rejects.toMatchObject({ code: 'journal/conflict', details: { last: 1 } })
  await second.append(record('checkout', 2))
  expect(await readAll(second, 'checkout')).toHaveLength(2)
})

test('each opening has a higher fencing token, durable before it is told', async () => {
  const home = await temporaryHome()
  for (const token of [1, 2, 3]) {
    const journal = await openForTest(home, { now: () => 1_800_000_000_000 })
    expect(journal.fencingToken).toBe(token)
    expect((await verifyFileJournal(home)).takeovers).toBe(token)
    await journal.close()
  }
})

test('a gap, a repetition and a missing first record are conflicts, and do not harm what follows', async () => {
  const journal = await openForTest(await temporaryHome())
  await expect(journal.append(record('checkout', 2))).rejects.toMatchObject({ code: 'journal/conflict' })
  expect(await collect(journal.releases())).toEqual([])
  const outcomes = await Promise.allSettled([1, 1, 3, 2].map((seq) => journal.append(record('checkout', seq))))
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
  expect((await readAll(journal, 'checkout')).map(({ seq }) => seq)).toEqual([1, 2])
})

test.each(wrongRecords)('%s is refused, and the next record is not', async (_, wrong) => {
  const journal = await openForTest(await temporaryHome())
  await expect(journal.append({ ...record('checkout', 1), ...wrong })).rejects.toMatchObject({ code: 'input/invalid' })
  await journal.append(record('checkout', 1))
  expect(await journal.verify()).toMatchObject({ records: 2, releases: 1 })
})

test('any JSON comes back as it went in, and pollutes nothing', async () => {
  const home = await temporaryHome()
  const journal = await openForTest(home)
  const bodies = [
    JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
    null,
    [],
    'line\nfeed\u0000\u2028 \ud800 🚦',
    1e-7,
    { deep: { list: [1, [2, { z: 1, a: 2 }]] } },
  ]
  await Promise.all(bodies.map((body, i) => journal.append(record('odd', i + 1, body))))
  await journal.close()
  const again = await openForTest(home)
  expect(JSON.stringify((await readAll(again, 'odd')).map(({ body }) => body))).toBe(
    JSON.stringify(bodies).replace('{"deep":{"list":[1,[2,{"z":1,"a":2}]]}}', '{"deep":{"list":[1,[2,{"a":2,"z":1}]]}}'),
  )
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
})

test('a stranger can check the log with a hash function alone', async () => {
  const home = await temporaryHome()
  const journal = await openForTest(home)
  await appendTurns(journal, 3)
  let prev = `sha256:${'0'.repeat(64)}`
  for (const [i, line] of (await readFile(logIn(home), 'utf8')).trimEnd().split('\n').entries()) {
    const { hash, ...rest } = JSON.parse(line)
    expect(rest).toMatchObject({ v: 2, n: i + 1, prev })
    expect(jsonHash(rest)).toBe(hash)
    prev = hash
  }
})

test('only the owner can read the files', async () => {
  const home = join(await temporaryHome(), 'new', 'journal')
  await openForTest(home)
  expect((await stat(home)).mode & 0o777).toBe(0o700)
  for (const name of ['journal.jsonl', 'lock', 'reserve']) expect((await stat(join(home, name))).mode & 0o777).toBe(0o600)
})

test('closing waits for what was accepted, can be repeated, and ends appending but not reading', async () => {
  const home = await temporaryHome()
  const journal = await openFileJournal(home)
  const accepted = [1, 2, 3].map((seq) => journal.append(record('checkout', seq)))
  await Promise.all([journal.close(), journal.close()])
  await Promise.all(accepted)
  await journal.close()
  await expect(journal.append(record('checkout', 4))).rejects.toMatchObject({ code: 'journal/failed' })
  expect(await readAll(journal, 'checkout')).toHaveLength(3)
  await expect(stat(join(home, 'lock'))).rejects.toMatchObject({ code: 'ENOENT' })
})
