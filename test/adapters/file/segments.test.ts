import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type FileJournal, openFileJournal, verifyFileJournal } from '../../../adapters/file/index.js'
import type { ReleaseError } from '../../../src/vocabulary/errors.js'
import { appendTurns, openForTest, readAll, record, temporaryHome } from './fixture.js'
import { diskError, hastyDisk, mortalDisk, tappedNames } from './tapped-disk.js'

const byCount = { segment: { maxRecords: 10 } }
const logsIn = async (home: string) => (await readdir(home)).filter((name) => /^journal.*jsonl$/.test(name)).sort()

test('a journal goes on in a new file when one has enough records, and is one chain over all of them', async () => {
  const home = await temporaryHome()
  const journal = await openForTest(home, byCount)
  await appendTurns(journal, 15)
  expect((await logsIn(home)).length).toBeGreaterThan(3)
  expect(await journal.verify()).toMatchObject({ records: 46, releases: 3, tornBytes: 0 })
  const before = await readAll(journal, 'search-2')
  expect(before).toEqual(Array.from({ length: 15 }, (_, i) => record('search-2', i + 1)))
  await journal.close()

  const again = await openForTest(home, byCount)
  expect(await readAll(again, 'search-2')).toEqual(before)
  await again.append(record('search-2', 16))
  expect(await again.verify()).toMatchObject({ records: 48, takeovers: 2 })
})

test('a journal goes on in a new file when one has enough bytes', async () => {
  const home = await temporaryHome()
  const journal = await openForTest(home, { segment: { maxBytes: 4000 } })
  await appendTurns(journal, 20)
  const sizes = await Promise.all((await logsIn(home)).map(async (name) => (await readFile(join(home, name))).length))
  expect(sizes.length).toBeGreaterThan(3)
  // The batch that reaches the limit is still written.
  expect(Math.max(...sizes)).toBeLessThan(4000 + 3 * 400)
  expect(await journal.verify()).toMatchObject({ records: 61 })
})

test.each([0, -1, Number.NaN])('a limit of %d records for one file is refused', async (maxRecords) => {
  await expect(openFileJournal(await temporaryHome(), { segment: { maxRecords } })).rejects.toMatchObject({
    code: 'input/invalid',
  })
})

test('whoever reads or verifies while files are changed reads every record once', async () => {
  const home = await temporaryHome()
  const journal = await openForTest(home, byCount)
  await appendTurns(journal, 1)
  const writing = appendTurns(
    { ...journal, append: (given) => journal.append({ ...given, seq: given.seq + 1 }) } as typeof journal,
    60,
  )
  let rounds = 0
  for (let isDone = false; !isDone; rounds++) {
    isDone = await Promise.race([writing.then(() => true), new Promise<false>((resolve) => setImmediate(() => resolve(false)))])
    const seqs = (await readAll(journal, 'search-2')).map(({ seq }) => seq)
    expect(seqs).toEqual(seqs.map((_, i) => i + 1))
    expect((await verifyFileJournal(home)).records).toBeGreaterThanOrEqual(4)
  }
  expect(rounds).toBeGreaterThan(5)
  expect(await readAll(journal, 'search-2')).toHaveLength(61)
})

test('a process may die at any moment of a rotation: what was acknowledged is there, and the journal goes on', async () => {
  let deaths = 0
  for (const moment of ['before', 'middle', 'after'] as const)
    for (let at = 1; ; at++) {
      const home = await temporaryHome()
      const first = await openForTest(home, { ...byCount, disk: hastyDisk })
      await appendTurns(first, 4)
      await first.close()

      const { disk, isDead } = mortalDisk(at, moment)
      let acknowledged = 4
      let doomed: FileJournal | undefined
      try {
        doomed = await openFileJournal(home, { ...byCount, disk })
        for (let seq = 5; seq <= 16; seq++) {
          await doomed.append(record('search-2', seq))
          acknowledged = seq
        }
      } catch (error) {
        expect((error as ReleaseError).code).toMatch(/^journal\/(failed|locked)$/)
      }
      await doomed?.close().catch(() => {})
      if (!isDead()) break
      deaths += 1
      await rm(join(home, 'lock'), { force: true })
      const heir = await openForTest(home, { ...byCount, disk: hastyDisk })
      const seqs = (await readAll(heir, 'search-2')).map(({ seq }) => seq)
      expect(seqs, `died ${moment} change ${at}`).toEqual(seqs.map((_, i) => i + 1))
      expect(seqs.length, `died ${moment} change ${at}`).toBeGreaterThanOrEqual(acknowledged)
      await heir.append(record('search-2', seqs.length + 1))
      expect(await heir.verify()).toMatchObject({ releases: 3, tornBytes: 0 })
      expect((await readdir(home)).filter((name) => name.endsWith('.new'))).toEqual([])
      await heir.close()
    }
  console.log(`${deaths} deaths while a journal of 10 records a file was opened and written`)
  expect(deaths).toBeGreaterThan(60)
}, 180_000)

test('a disk that is full when a new file begins gives the reserve for it', async () => {
  const home = await temporaryHome()
  let left = 1
  const disk = tappedNames(async (call, proceed, args) => {
    if (call === 'link journal.jsonl' && left-- > 0) throw diskError('ENOSPC')
    return proceed(...args)
  })
  const journal = await openForTest(home, { ...byCount, disk })
  await appendTurns(journal, 8)
  expect(journal.isDegraded).toBe(true)
  expect(await journal.verify()).toMatchObject({ records: 25 })
})

test('a file of a journal that is gone, emptied, cut or doubled is found at the record where it was', async () => {
  const home = await temporaryHome()
  const journal = await openForTest(home, byCount)
  await appendTurns(journal, 15)
  await journal.close()
  const names = await logsIn(home)
  const contents = await Promise.all(names.map((name) => readFile(join(home, name))))
  for (const [i, name] of names.slice(0, -1).entries()) {
    const path = join(home, name)
    const [here, next] = [contents[i]!, contents[i + 1]!]
    const first = Number(name.split('.')[1])
    const after = first + String(here).trimEnd().split('\n').length
    for (const [change, n] of [
      [() => rm(path), first],
      [() => writeFile(path, ''), first],
      [() => writeFile(path, here.subarray(0, here.lastIndexOf('\n{') + 1)), after - 1],
      [() => writeFile(path, here.subarray(0, -1)), after - 1],
      [() => writeFile(path, Buffer.concat([here, next])), after + String(next).trimEnd().split('\n').length],
      [() => writeFile(path, next), first],
    ] as const) {
      await change()
      await expect(verifyFileJournal(home)).rejects.toMatchObject({ code: 'journal/corrupt', details: { record: n } })
      await expect(openFileJournal(home)).rejects.toMatchObject({ code: 'journal/corrupt', details: { record: n } })
      await writeFile(path, here)
    }
  }
  expect(await verifyFileJournal(home)).toMatchObject({ records: 46 })
})
