import { chmod, copyFile, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { verifyFileJournal } from '../../../adapters/file/index.js'
import { formatLine, genesis } from '../../../adapters/file/record-line.js'
import { collect, logIn, openForTest, readAll, record, temporaryHome } from './fixture.js'

/** Three lives of three releases, five records each in every life; written by the version before there were several files. */
const version1 = resolve(import.meta.dirname, '../../fixtures/journal-v1/journal.jsonl')

async function homeWithVersion1(): Promise<string> {
  const home = await temporaryHome()
  await copyFile(version1, logIn(home))
  await chmod(logIn(home), 0o600)
  return home
}

test('a journal of version 1 is read, goes on in version 2, and is one chain', async () => {
  const home = await homeWithVersion1()
  const before = await verifyFileJournal(home)
  expect(before).toMatchObject({ records: 48, releases: 3, takeovers: 3, bytes: 13_770 })
  const journal = await openForTest(home, { segment: { maxRecords: 20 } })
  expect(await collect(journal.releases())).toEqual(['checkout-7', 'search-2', 'a.b_c'])
  const found = await readAll(journal, 'search-2')
  expect(found.map(({ seq }) => seq)).toEqual(Array.from({ length: 15 }, (_, i) => i + 1))
  expect(found[6]?.body).toMatchObject({ note: 'line\nfeed \u2028 =1+1 "quoted", ü 🚦' })
  await journal.append(record('search-2', 16))
  await journal.archive(['checkout-7'])
  expect(await verifyFileJournal(home, { anchor: before })).toMatchObject({ records: 51, takeovers: 4, archivedReleases: 1 })
  const [old] = (await readFile(join(home, 'journal.000000000001.jsonl'), 'utf8')).split('\n')
  expect(JSON.parse(old!)).toMatchObject({ v: 1, n: 1 })
})

test('a record of a newer version is refused wherever it stands, and named', async () => {
  const home = await homeWithVersion1()
  const newer = formatLine(genesis, record('search-2', 16)).bytes.toString().replace('"v":2', '"v":3')
  await writeFile(logIn(home), newer, { flag: 'a' })
  const refusal = { code: 'journal/version', details: { record: 49, version: 3 } }
  await expect(openForTest(home)).rejects.toMatchObject(refusal)
  await expect(verifyFileJournal(home)).rejects.toMatchObject(refusal)
})
