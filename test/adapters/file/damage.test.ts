import { hash } from 'node:crypto'
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { verifyFileJournal } from '../../../adapters/file/index.js'
import { emptyLog, type Log, scanLog } from '../../../adapters/file/log-scan.js'
import { formatLine, genesis } from '../../../adapters/file/record-line.js'
import { type ErrorDetails, ReleaseError } from '../../../src/vocabulary/errors.js'
import { appendTurns, logIn, openForTest, readAll, record, temporaryHome } from './fixture.js'
import { hastyDisk } from './tapped-disk.js'

/** One takeover, then 199 records of three releases. */
const lines: Buffer[] = []
/** The state before each line. */
const states: Log[] = []

beforeAll(async () => {
  let head = genesis
  const log = emptyLog()
  for (let n = 1; n <= 200; n++) {
    const turn = n - 2
    const content =
      n === 1 ? { opened: { token: 1, at: 0, host: 'tower', pid: 7 } } : record(`r-${turn % 3}`, Math.floor(turn / 3) + 1)
    const line = formatLine(head, content)
    head = line.head
    states.push(cloned(log))
    lines.push(line.bytes)
    await scanLog([line.bytes], 'log', log)
  }
})

/** Of what no line here changes, the same will do. */
function cloned({ archived, ...log }: Log): Log {
  return { ...structuredClone(log), archived }
}

/** A line of this text, with the hash it would have. */
const sealed = (text: string) => Buffer.from(`${text.slice(0, -1)},"hash":"sha256:${hash('sha256', text)}"}\n`)

const stateBefore = (n: number) => cloned(states[n - 1] ?? expect.fail())

/** What a scan of these lines says, starting in the state before line `n`. */
async function complaint(
  n: number,
  changed: Buffer[],
  isIndexOnly = false,
): Promise<{ code: string; details: ErrorDetails } | Log> {
  try {
    return await scanLog(changed, 'log', stateBefore(n), isIndexOnly)
  } catch (error) {
    if (ReleaseError.is(error)) return error
    throw error
  }
}

test('an untouched journal of 200 records verifies, also when it arrives in small pieces', async () => {
  const whole = Buffer.concat(lines)
  const pieces = Array.from({ length: Math.ceil(whole.length / 7) }, (_, i) => whole.subarray(i * 7, i * 7 + 7))
  expect(await scanLog(pieces, 'log')).toMatchObject({ head: { n: 200 }, length: whole.length, tornBytes: 0, fencingToken: 1 })
})

test('any flipped bit of 200 records is found at its record', async () => {
  let flips = 0
  for (let n = 1; n <= 200; n++) {
    const following = lines[n] ?? Buffer.alloc(0)
    const bytes = Buffer.concat([lines[n - 1] ?? expect.fail(), following])
    for (let i = 0; i < bytes.length - following.length; i++) {
      // Every bit of every tenth record, one bit of every byte of the others.
      for (const mask of n % 10 === 0 ? [1, 2, 4, 8, 16, 32, 64, 128] : [1 << (i % 8)]) {
        bytes.writeUInt8(bytes.readUInt8(i) ^ mask, i)
        const found = await complaint(n, [bytes])
        if (!(found instanceof ReleaseError) || found.details.record !== n) expect.fail(`bit ${mask} of byte ${i} of record ${n}`)
        bytes.writeUInt8(bytes.readUInt8(i) ^ mask, i)
        flips++
      }
    }
  }
  expect(flips).toBeGreaterThan(50_000)
}, 120_000)

test('an opening, which leaves unread what records say, knows the same of a log, and finds any flipped byte too', async () => {
  expect(await scanLog(lines, 'log', emptyLog(), true)).toEqual(await scanLog(lines, 'log'))
  let flips = 0
  for (let n = 1; n <= 200; n += 7) {
    const bytes = Buffer.concat(lines.slice(n - 1, n + 1))
    for (let i = 0; i < (lines[n - 1] ?? expect.fail()).length; i++) {
      bytes.writeUInt8(bytes.readUInt8(i) ^ (1 << (i % 8)), i)
      const found = await complaint(n, [bytes], true)
      if (!(found instanceof ReleaseError) || found.details.record !== n) expect.fail(`byte ${i} of record ${n}`)
      bytes.writeUInt8(bytes.readUInt8(i) ^ (1 << (i % 8)), i)
      flips++
    }
  }
  expect(flips).toBeGreaterThan(5_000)
})

test('a removed, swapped, doubled or invented record is found at its place', async () => {
  for (let n = 1; n < 200; n++) {
    const [a, b, c] = lines.slice(n - 1, n + 2).concat(Buffer.alloc(0)) as [Buffer, Buffer, Buffer]
    const stranger = formatLine(stateBefore(n).head, record('stranger', 1)).bytes
    expect(await complaint(n, [b, c]), 'removed').toMatchObject({ code: 'journal/corrupt', details: { record: n } })
    expect(await complaint(n, [b, a, c]), 'swapped').toMatchObject({ code: 'journal/corrupt', details: { record: n } })
    expect(await complaint(n, [a, a, b]), 'doubled').toMatchObject({ code: 'journal/corrupt', details: { record: n + 1 } })
    expect(await complaint(n, [stranger, a, b]), 'invented').toMatchObject({
      code: 'journal/corrupt',
      details: { record: n + 1 },
    })
  }
})

test('a record with a good hash is refused when its chain, its sequence, its token or its shape is not', async () => {
  const before = stateBefore(200)
  const seal = (content: object, head = before.head) => formatLine(head, content as ReturnType<typeof record>).bytes
  for (const [reason, line] of [
    ['has the number 205', seal(record('new', 1), { ...before.head, n: 204 })],
    ['does not continue', seal(record('new', 1), { ...before.head, hash: genesis.hash })],
    ['is number 3 of', seal(record('new', 3))],
    ['token 3 out of order', seal({ opened: { token: 3, at: 0, host: 'tower', pid: 7 } })],
    [
      'breaks the schema',
      sealed(`{"at":0,"body":1,"extra":1,"n":200,"prev":"${before.head.hash}","release":"new","seq":1,"v":2}`),
    ],
    ['breaks the schema', seal(record('..', 1))],
    ['breaks the schema', seal({ release: 'new', seq: 1, at: 0 })],
  ] as const)
    expect(await complaint(200, [line])).toMatchObject({ code: 'journal/corrupt', message: expect.stringContaining(reason) })
})

test('a journal cut at any byte of its last three records opens with the whole ones, and says what it cut', async () => {
  const home = await temporaryHome()
  const whole = Buffer.concat(lines.slice(0, 20))
  const starts = [18, 19, 20].map((n) => Buffer.concat(lines.slice(0, n - 1)).length)
  for (let length = starts[0] ?? expect.fail(); length < whole.length; length++) {
    await writeFile(logIn(home), whole.subarray(0, length), { mode: 0o600 })
    const offset = starts.findLast((start) => start <= length) ?? expect.fail()
    const torn = length - offset
    expect(await verifyFileJournal(home)).toMatchObject({ bytes: offset, tornBytes: torn })
    const journal = await openForTest(home, { disk: hastyDisk })
    expect(journal.repaired).toEqual(torn > 0 ? { bytes: torn, offset } : undefined)
    await journal.append(record('after-the-crash', 1))
    expect(await journal.verify()).toMatchObject({ records: starts.indexOf(offset) + 17 + 2, takeovers: 2, tornBytes: 0 })
    await journal.close()
  }
}, 120_000)

test('zeros after the last record, or after a part of one, are a torn tail', async () => {
  const home = await temporaryHome()
  const whole = Buffer.concat(lines.slice(0, 9))
  for (const part of ['', '{', '{"at":1800', lines[9]?.subarray(0, 150) ?? expect.fail()]) {
    const tail = Buffer.concat([Buffer.from(part), Buffer.alloc(5000)])
    await writeFile(logIn(home), Buffer.concat([whole, tail]), { mode: 0o600 })
    const journal = await openForTest(home)
    expect(journal.repaired).toEqual({ bytes: tail.length, offset: whole.length })
    await journal.close()
  }
})

test.each([
  ['a last line that is whole and wrong', (last: string) => last.replace('r-', 's-')],
  ['a last record whose newline became something else', (last: string) => last.replace('\n', '\v')],
  ['words that are not ours', (last: string) => `${last}hello`],
  ['a Windows line end', (last: string) => last.replace('\n', '\r\n')],
  ['an empty line', (last: string) => `${last}\n`],
])('%s is never cut away: nothing is opened, and the file stays as it is', async (_, change) => {
  const home = await temporaryHome()
  await writeFile(logIn(home), Buffer.concat([...lines.slice(0, 3), Buffer.from(change(String(lines[3])))]), { mode: 0o600 })
  const before = await readFile(logIn(home))
  await expect(openForTest(home)).rejects.toMatchObject({ code: 'journal/corrupt', details: { offset: expect.any(Number) } })
  expect(await readFile(logIn(home))).toEqual(before)
})

test('a journal of a newer format is refused before anything is changed, even with a torn tail', async () => {
  const home = await temporaryHome()
  const newer = '{"v":3,"kind":"header","seal":"sha512:…"}\n{"torn'
  await writeFile(logIn(home), newer, { mode: 0o600 })
  const refusal = { code: 'journal/version', details: { version: 3, record: 1 } }
  await expect(openForTest(home)).rejects.toMatchObject(refusal)
  await expect(verifyFileJournal(home)).rejects.toMatchObject(refusal)
  expect(await readFile(logIn(home), 'utf8')).toBe(newer)
})

test('a line without an end is refused before it fills the memory', async () => {
  const home = await temporaryHome()
  await writeFile(logIn(home), lines[0] ?? expect.fail(), { mode: 0o600 })
  await truncate(logIn(home), 10 * 2 ** 30)
  const before = process.memoryUsage().rss
  await expect(openForTest(home)).rejects.toMatchObject({
    code: 'journal/corrupt',
    message: expect.stringContaining('longer than'),
  })
  expect(process.memoryUsage().rss - before).toBeLessThan(500 * 2 ** 20)
})

test('a journal whose end was cut off between two records is found out by the last verification', async () => {
  const home = await temporaryHome()
  const journal = await openForTest(home)
  await journal.append(record('checkout', 1))
  const early = await journal.verify()
  await journal.append(record('checkout', 2))
  const late = await journal.verify()
  await journal.close()
  expect(await verifyFileJournal(home, { anchor: early })).toEqual(late)
  expect(await verifyFileJournal(home, { anchor: late })).toEqual(late)

  await truncate(logIn(home), early.bytes)
  expect(await verifyFileJournal(home)).toMatchObject({ records: 2 })
  await expect(verifyFileJournal(home, { anchor: late })).rejects.toMatchObject({
    code: 'journal/corrupt',
    details: { record: 3 },
  })
  const rewritten = { anchor: { ...early, headHash: genesis.hash } }
  await expect(verifyFileJournal(home, rewritten)).rejects.toMatchObject({ code: 'journal/corrupt', details: { record: 2 } })
})

test('a record that changes on the disk while the journal is open is not handed out', async () => {
  const home = await temporaryHome()
  const journal = await openForTest(home)
  for (const seq of [1, 2, 3]) await journal.append(record('checkout', seq))
  const good = await readFile(logIn(home))
  await writeFile(logIn(home), String(good).replace('"weight":2', '"weight":9'))
  await expect(readAll(journal, 'checkout')).rejects.toMatchObject({ code: 'journal/corrupt' })
  await expect(journal.verify()).rejects.toMatchObject({ code: 'journal/corrupt', details: { record: 3 } })
  await writeFile(logIn(home), good.subarray(0, good.lastIndexOf('{"at"')))
  await expect(readAll(journal, 'checkout')).rejects.toMatchObject({ code: 'journal/corrupt' })
})

test('a flipped byte of a journal of several files is found at its record, also where records went into archives', async () => {
  const home = await temporaryHome()
  const journal = await openForTest(home, { segment: { maxRecords: 8 } })
  await appendTurns(journal, 8)
  await journal.archive(['checkout-7', 'a.b_c'])
  await journal.close()
  const kinds = { archive: 0, log: 0 }
  for (const name of (await readdir(home)).filter((name) => /^(archive|journal)\./.test(name))) {
    const path = join(home, name)
    const bytes = await readFile(path)
    const kind = name.startsWith('archive') ? 'archive' : 'log'
    let start = 0
    for (const line of bytes.toString().trimEnd().split('\n')) {
      const end = start + line.length + 1
      for (let i = start; i < end; i += i === end - 1 ? 1 : Math.min(11, end - 1 - i)) {
        bytes.writeUInt8(bytes.readUInt8(i) ^ (1 << (i % 8)), i)
        await writeFile(path, bytes)
        const found = { path, ...(kind === 'log' && { record: JSON.parse(line).n }) }
        const says = `byte ${i} of ${name}`
        await expect(verifyFileJournal(home), says).rejects.toMatchObject({ details: found })
        bytes.writeUInt8(bytes.readUInt8(i) ^ (1 << (i % 8)), i)
        kinds[kind] += 1
      }
      start = end
    }
    await writeFile(path, bytes)
  }
  expect(await verifyFileJournal(home)).toMatchObject({ records: 26, archivedReleases: 2 })
  expect(Math.min(kinds.archive, kinds.log)).toBeGreaterThan(200)
}, 120_000)
