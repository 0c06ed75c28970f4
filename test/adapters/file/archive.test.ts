import { appendFile, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type FileJournal, openFileJournal, verifyFileJournal } from '../../../adapters/file/index.js'
import { formatLine } from '../../../adapters/file/record-line.js'
import type { ReleaseError } from '../../../src/vocabulary/errors.js'
import { appendTurns, collect, logIn, openForTest, readAll, record, temporaryHome } from './fixture.js'
import { hastyDisk, mortalDisk, tappedNames } from './tapped-disk.js'

const byCount = { segment: { maxRecords: 10 }, now: () => 1_800_000_000_000 }
const expected = (release: string, turns: number) => Array.from({ length: turns }, (_, i) => record(release, i + 1))
const sizeOf = async (home: string) => {
  const names = (await readdir(home)).filter((name) => /^journal/.test(name))
  return (await Promise.all(names.map((name) => readFile(join(home, name))))).reduce((sum, { length }) => sum + length, 0)
}

/** Three releases of 15 records over five files; two of them archived. */
async function withArchive(home: string): Promise<FileJournal> {
  const journal = await openForTest(home, byCount)
  await appendTurns(journal, 15)
  await journal.archive(['checkout-7', 'a.b_c'])
  return journal
}

test('archived releases leave the log and the memory, and everything else stays where it was', async () => {
  const home = await temporaryHome()
  const journal = await openForTest(home, byCount)
  await appendTurns(journal, 15)
  const [before, size] = [await journal.verify(), await sizeOf(home)]
  const archive = await journal.archive(['checkout-7', 'a.b_c'])
  expect(archive).toMatchObject({ path: expect.stringContaining(home), releases: 2 })
  expect(await sizeOf(home)).toBeLessThan(size)
  expect(await readAll(journal, 'search-2')).toEqual(expected('search-2', 15))
  expect(await readAll(journal, 'checkout-7')).toEqual([])
  expect(await collect(journal.releases())).toEqual(['search-2'])
  await journal.append(record('search-2', 16))
  const after = await journal.verify()
  expect(after).toMatchObject({ records: 48, releases: 1, archivedReleases: 2, archivesElsewhere: [] })
  expect(after.archivesHere).toHaveLength(1)
  await expect(verifyFileJournal(home, { anchor: before })).resolves.toEqual(after)
  await journal.close()

  const again = await openForTest(home, byCount)
  expect(await readAll(again, 'search-2')).toEqual(expected('search-2', 16))
  expect(await collect(again.releases())).toEqual(['search-2'])
})

test('records shorter than what stands for them later may be archived from between others, which are read as before', async () => {
  const home = await temporaryHome()
  const journal = await openForTest(home, { segment: { maxRecords: 9 } })
  for (let seq = 1; seq <= 40; seq++) for (const release of ['a', 'b']) await journal.append({ release, seq, at: 0, body: 0 })
  const size = await sizeOf(home)
  await journal.archive(['a'])
  expect(await sizeOf(home)).toBeGreaterThan(size)
  const left = Array.from({ length: 40 }, (_, i) => ({ release: 'b', seq: i + 1, at: 0, body: 0 }))
  expect(await readAll(journal, 'b')).toEqual(left)
  expect(await collect(journal.readWanted!((_, seq) => seq > 1))).toEqual(left.slice(1))
  await journal.close()
  expect(await readAll(await openForTest(home), 'b')).toEqual(left)
})

test('the archive and the log together are the original chain, bit by bit', async () => {
  const home = await temporaryHome()
  const journal = await openForTest(home, byCount)
  await appendTurns(journal, 15)
  const linesIn = async (kind: RegExp) => {
    const names = (await readdir(home)).filter((name) => kind.test(name))
    return (await Promise.all(names.map((name) => readFile(join(home, name), 'utf8')))).join('').trimEnd().split('\n')
  }
  const original = await linesIn(/^journal/)
  await journal.archive(['checkout-7', 'a.b_c'])
  const now = new Set([...(await linesIn(/^journal/)), ...(await linesIn(/^archive/))])
  expect(original.filter((line) => !now.has(line))).toEqual([])
})

test('the name of an archived release is taken for ever, also for the next process', async () => {
  const home = await temporaryHome()
  const journal = await withArchive(home)
  const refusal = { code: 'journal/conflict', message: expect.stringContaining('name is taken') }
  await expect(journal.append(record('checkout-7', 1))).rejects.toMatchObject(refusal)
  await expect(journal.append(record('checkout-7', 16))).rejects.toMatchObject({ code: 'journal/conflict' })
  await journal.close()
  const again = await openForTest(home, byCount)
  await expect(again.append(record('a.b_c', 1))).rejects.toMatchObject(refusal)
  await again.append(record('new-1', 1))
})

test('an unknown release is not archived, and nothing is', async () => {
  const home = await temporaryHome()
  const journal = await openForTest(home, byCount)
  await appendTurns(journal, 2)
  await expect(journal.archive(['search-2', 'who'])).rejects.toMatchObject({ code: 'release/unknown' })
  expect(await journal.archive([])).toBeUndefined()
  expect(await journal.verify()).toMatchObject({ records: 7, releases: 3, archivedReleases: 0 })
})

test('a release that is appended to meanwhile is not archived', async () => {
  const home = await temporaryHome()
  const journal = await openForTest(home, byCount)
  await appendTurns(journal, 5)
  const [archive] = await Promise.allSettled([journal.archive(['search-2']), journal.append(record('search-2', 6))])
  expect(archive).toMatchObject({ status: 'rejected', reason: { code: 'journal/conflict' } })
  expect(await readAll(journal, 'search-2')).toHaveLength(6)
})

test('what was in the newest file leaves it later, and archives of several days stand side by side', async () => {
  const home = await temporaryHome()
  const journal = await openForTest(home, byCount)
  for (let day = 0; day < 12; day++) {
    for (let seq = 1; seq <= 7; seq++) await journal.append(record(`day-${day}`, seq))
    await journal.append(record('long', day + 1))
    if (day > 0) await journal.archive([`day-${day - 1}`])
  }
  expect(await journal.verify()).toMatchObject({ releases: 2, archivedReleases: 11 })
  expect(await readAll(journal, 'long')).toEqual(expected('long', 12))
  expect(await sizeOf(home)).toBeLessThan(18_000)
  await journal.close()
  const again = await openForTest(home, byCount)
  await again.archive(['day-11'])
  expect(await again.verify()).toMatchObject({ releases: 1, archivedReleases: 12 })
})

test('releases are read while others are taken out from between their records', async () => {
  const home = await temporaryHome()
  const journal = await openForTest(home, byCount)
  await appendTurns(journal, 40)
  const reader = journal.read('search-2')[Symbol.asyncIterator]()
  const seqs = [(await reader.next()).value.seq, (await reader.next()).value.seq]
  const archiving = journal.archive(['checkout-7', 'a.b_c'])
  for (let next = await reader.next(); !next.done; next = await reader.next()) seqs.push(next.value.seq)
  await archiving
  expect(seqs).toEqual(Array.from({ length: 40 }, (_, i) => i + 1))
})

test('an archive may be taken elsewhere; one that was altered is found, at its record where one can be told', async () => {
  const home = await temporaryHome()
  const journal = await withArchive(home)
  const { archivesHere } = await journal.verify()
  const path = join(home, archivesHere[0]!)
  const text = await readFile(path, 'utf8')
  await rename(path, `${path}.away`)
  expect(await journal.verify()).toMatchObject({ archivesHere: [], archivesElsewhere: archivesHere })
  const lines = text.trimEnd().split('\n')
  for (const altered of [
    text.replace('"weight":3', '"weight":4'),
    text.slice(0, -1),
    `${lines.slice(1).join('\n')}\n`,
    text + lines[0],
  ]) {
    await writeFile(path, altered)
    await expect(journal.verify()).rejects.toMatchObject({ code: 'journal/corrupt', details: { path } })
  }
})

test('records cannot be passed off as archived: a stand-in that no archive covers is found at its record', async () => {
  const home = await temporaryHome()
  const journal = await openForTest(home)
  await appendTurns(journal, 3)
  await journal.close()
  const lines = (await readFile(logIn(home), 'utf8')).trimEnd().split('\n')
  const [before, gone] = [JSON.parse(lines[2]!), JSON.parse(lines[3]!)]
  const standIn = formatLine(before, { moved: { through: 4, hash: gone.hash } }).bytes
  await writeFile(logIn(home), `${lines.slice(0, 3).join('\n')}\n${standIn}${lines.slice(4).join('\n')}\n`)
  const refusal = { code: 'journal/corrupt', details: { record: 4 } }
  await expect(verifyFileJournal(home)).rejects.toMatchObject({ ...refusal, message: expect.stringContaining('in no archive') })
})

test('a stand-in that was altered, or sealed anew with another hash, is found', async () => {
  const home = await temporaryHome()
  await (await withArchive(home)).close()
  const name = (await readdir(home)).filter((name) => /^journal\.\d/.test(name)).sort()[1]!
  const path = join(home, name)
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n')
  const at = lines.findIndex((line) => line.includes('"moved"'))
  const { n, prev, moved } = JSON.parse(lines[at]!)
  for (const [line, record] of [
    [lines[at]!.replace('"through":', '"thruogh":'), n],
    [
      formatLine({ n: n - 1, hash: prev }, { moved: { ...moved, hash: prev } })
        .bytes.toString()
        .trimEnd(),
      moved.through + 1,
    ],
    [
      formatLine({ n: n - 1, hash: prev }, { moved: { ...moved, through: moved.through + 1 } })
        .bytes.toString()
        .trimEnd(),
      moved.through + 2,
    ],
  ] as const) {
    await writeFile(path, `${lines.with(at, line).join('\n')}\n`)
    await expect(verifyFileJournal(home)).rejects.toMatchObject({ code: 'journal/corrupt', details: { record } })
  }
})

test('a process may die at any moment of an archiving: no record is lost, none is there twice', async () => {
  let deaths = 0
  const ends = new Map<string, number>()
  for (const moment of ['before', 'middle', 'after'] as const)
    for (let at = 1; ; at++) {
      const home = await temporaryHome()
      const first = await openForTest(home, { ...byCount, disk: hastyDisk })
      await appendTurns(first, 12)
      const before = await first.verify()
      await first.close()

      const { disk, isDead } = mortalDisk(at, moment)
      let doomed: FileJournal | undefined
      try {
        doomed = await openFileJournal(home, { ...byCount, disk })
        await doomed.archive(['checkout-7', 'a.b_c'])
      } catch (error) {
        expect((error as ReleaseError).code).toMatch(/^journal\/(failed|locked)$/)
      }
      await doomed?.close().catch(() => {})
      if (!isDead()) break
      deaths += 1
      await rm(join(home, 'lock'), { force: true })
      const heir = await openForTest(home, { ...byCount, disk: hastyDisk })
      expect(await readAll(heir, 'search-2'), `died ${moment} change ${at}`).toEqual(expected('search-2', 12))
      const releases = (await collect(heir.releases())).sort().join()
      ends.set(releases, (ends.get(releases) ?? 0) + 1)
      expect(await verifyFileJournal(home, { anchor: before })).toMatchObject({ tornBytes: 0 })
      if (releases !== 'search-2') {
        expect(await readAll(heir, 'a.b_c')).toEqual(expected('a.b_c', 12))
        await heir.archive(['checkout-7', 'a.b_c'])
      } else await heir.archive([])
      expect(await verifyFileJournal(home, { anchor: before })).toMatchObject({ releases: 1, archivedReleases: 2 })
      await heir.close()
    }
  console.log(`${deaths} deaths while releases were archived:`, Object.fromEntries(ends))
  expect(ends.size).toBe(2)
  expect(deaths).toBeGreaterThan(60)
}, 180_000)

test('an archive is durable before the log tells of it, and a file without its records before it takes the place of the old one', async () => {
  const home = await temporaryHome()
  const first = await openForTest(home, byCount)
  await appendTurns(first, 15)
  await first.close()
  const calls: string[] = []
  const disk = tappedNames((call, proceed, args) => {
    calls.push(call)
    return proceed(...args)
  })
  const journal = await openForTest(home, { ...byCount, disk })
  calls.length = 0
  await journal.archive(['checkout-7'])
  const [name] = (await journal.verify()).archivesHere
  const told = calls.findIndex((call) => call.startsWith('write journal.jsonl'))
  const durable = calls.indexOf(`sync ${name}`)
  expect(durable).toBeGreaterThan(calls.lastIndexOf(`write ${name}`))
  expect(told).toBeGreaterThan(durable)
  const renamed = calls.filter((call) => call.startsWith('rename '))
  expect(renamed.length).toBeGreaterThan(2)
  for (const call of renamed) expect(calls.slice(0, calls.indexOf(call)), call).toContain(call.replace('rename', 'sync'))
})

test('what is not named as an archive is left alone', async () => {
  const home = await temporaryHome()
  const journal = await withArchive(home)
  await appendFile(join(home, 'archive.000000000999.jsonl'), 'from elsewhere')
  expect(await journal.verify()).toMatchObject({ archivesElsewhere: [] })
})
