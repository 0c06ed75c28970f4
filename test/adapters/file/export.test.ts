import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type ExportOptions, exportJournal } from '../../../adapters/file/index.js'
import { appendTurns, collect, logIn, openForTest, record, temporaryHome } from './fixture.js'

const exported = async (home: string, format: ExportOptions['format']) =>
  (await collect(exportJournal(home, { format }))).join('')

/** RFC 4180, as a spreadsheet reads it. */
function table(text: string): string[][] {
  const rows = text.split('\r\n').slice(0, -1)
  return rows.map((row) =>
    [...row.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, a, b]) => a?.replaceAll('""', '"') ?? b!),
  )
}

test('a journal in use is exported line by line, as it is', async () => {
  const home = await temporaryHome()
  const journal = await openForTest(home, { segment: { maxRecords: 10 } })
  await appendTurns(journal, 10)
  const text = await exported(home, 'jsonl')
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines.map(({ n }) => n)).toEqual(Array.from({ length: 31 }, (_, i) => i + 1))
  expect(text.endsWith(await readFile(logIn(home), 'utf8'))).toBe(true)
})

test('a table has a row for each record, and says what it holds', async () => {
  const home = await temporaryHome()
  const journal = await openForTest(home, { now: () => 1_800_000_000_000 })
  await journal.append(record('checkout', 1, { note: 'says "no", twice' }))
  const [head, opened, first] = table(await exported(home, 'csv'))
  expect(head).toEqual(['record', 'kind', 'release', 'seq', 'at', 'content', 'prev', 'hash'])
  expect(opened?.slice(0, 5)).toEqual(['1', 'opened', '', '', '2027-01-15T08:00:00.000Z'])
  expect(first?.slice(0, 5)).toEqual(['2', 'record', 'checkout', '1', '2027-01-15T08:00:00.001Z'])
  expect(JSON.parse(first![5]!)).toEqual({ note: 'says "no", twice' })
  expect(first?.[6]).toBe(opened?.[7])
})

test('a time that no calendar has is exported as its number', async () => {
  const home = await temporaryHome()
  const journal = await openForTest(home)
  for (const [i, at] of [8.64e15, 8.64e15 + 1, Number.MIN_SAFE_INTEGER].entries())
    await journal.append({ ...record('checkout', i + 1), at })
  const times = table(await exported(home, 'csv')).map(([, , , , at]) => at)
  expect(times.slice(2)).toEqual(["'+275760-09-13T00:00:00.000Z", '8640000000000001', "'-9007199254740991"])
})

test.each([-1, '=1+1', '=cmd|x!A1', '@SUM(A1)', '\t=1', [1, '=2'], { '=HYPERLINK("x")': '+1' }])(
  'a spreadsheet takes no body for a formula: %j',
  async (body) => {
    const home = await temporaryHome()
    const journal = await openForTest(home)
    await journal.append(record('checkout', 1, body))
    const text = await exported(home, 'csv')
    const cells = table(text).flat()
    expect(cells).toHaveLength(24)
    expect(cells.filter((cell) => /^[=+\-@\t\r|%]/.test(cell))).toEqual([])
    expect(JSON.parse(table(text)[2]![5]!.replace(/^'/, ''))).toEqual(body)
  },
)

test('archived records are exported in their old places; without their archive, a row says what is elsewhere', async () => {
  const home = await temporaryHome()
  const journal = await openForTest(home, { segment: { maxRecords: 10 } })
  await appendTurns(journal, 12)
  const before = await exported(home, 'jsonl')
  await journal.archive(['checkout-7'])
  await journal.archive(['a.b_c'])
  expect((await exported(home, 'jsonl')).startsWith(before)).toBe(true)
  const { archivesHere } = await journal.verify()
  for (const name of archivesHere) await rename(join(home, name), join(home, `${name}.away`))
  const rows = table(await exported(home, 'csv'))
  expect(rows.filter(([, kind]) => kind === 'moved').length).toBeGreaterThan(3)
  expect(rows.filter(([, , release]) => release === 'search-2')).toHaveLength(12)
})

test('nothing is exported from a journal that was altered', async () => {
  const home = await temporaryHome()
  const journal = await openForTest(home)
  await appendTurns(journal, 3)
  await writeFile(logIn(home), (await readFile(logIn(home), 'utf8')).replace('"weight":2', '"weight":3'))
  await expect(exported(home, 'jsonl')).rejects.toMatchObject({ code: 'journal/corrupt', details: { record: 5 } })
})
