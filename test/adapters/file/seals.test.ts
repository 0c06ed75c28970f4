import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { openFileJournal, verifyFileJournal } from '../../../adapters/file/index.js'
import { formatLine, genesis } from '../../../adapters/file/record-line.js'
import { isFileSealed } from '../../../adapters/file/seals.js'
import { openForTest, readAll, record, temporaryHome } from './fixture.js'
import { hastyDisk } from './tapped-disk.js'

/** Lines of all lengths, most longer than what is read at once. */
const lengths = [10, 3 * 2 ** 20, 300, 2 ** 20, 2 ** 20 - 400, 5_000]

test('a file is sealed when each line has the hash it claims, and its end', async () => {
  let head = genesis
  const lines = lengths.map((length, i) => {
    const line = formatLine(head, record('checkout', i + 1, 'x'.repeat(length)))
    head = line.head
    return line.bytes
  })
  const path = join(await temporaryHome(), 'log')
  const whole = Buffer.concat(lines)
  const isSealedAs = async (bytes: Buffer) => {
    await writeFile(path, bytes)
    return isFileSealed(path)
  }
  expect(await isSealedAs(whole)).toBe(true)
  expect(await isSealedAs(Buffer.alloc(0))).toBe(true)
  let start = 0
  for (const { length } of lines) {
    for (const at of [start, start + 15, start + (length >> 1), start + length - 83, start + length - 20, start + length - 1]) {
      whole.writeUInt8(whole.readUInt8(at) ^ 4, at)
      expect(await isSealedAs(whole), `byte ${at}`).toBe(false)
      whole.writeUInt8(whole.readUInt8(at) ^ 4, at)
      expect(await isSealedAs(whole.subarray(0, at)), `up to byte ${at}`).toBe(at === start)
    }
    start += length
  }
  expect(await isSealedAs(Buffer.alloc(19 * 2 ** 20, 'x'))).toBe(false)
})

/** Of several files, together large enough for a thread; a line of each is far longer than a chunk. */
let large = ''
beforeAll(async () => {
  large = await mkdtemp(join(tmpdir(), 'taxiway-'))
  const journal = await openFileJournal(large, { disk: hastyDisk, segment: { maxRecords: 8 } })
  for (let seq = 1; seq <= 30; seq++)
    await journal.append(record('checkout', seq, 'x'.repeat(seq % 8 === 3 ? 12 * 2 ** 20 : 1_000)))
  await journal.close()
})
afterAll(() => rm(large, { recursive: true }))

async function largeLog(): Promise<string> {
  const home = await temporaryHome()
  await cp(large, home, { recursive: true })
  return home
}

/** One alone would only be slowed down by a thread, and starts none. */
const onTwoCores = test.skipIf(availableParallelism() === 1)

/** The threads that are started from now on; `meet` sees each of them. */
function threads(meet: (thread: Worker) => void = () => {}): Worker[] {
  const started: Worker[] = []
  const onWorker = (thread: Worker) => {
    started.push(thread)
    meet(thread)
  }
  process.on('worker', onWorker)
  onTestFinished(() => void process.off('worker', onWorker))
  return started
}

onTwoCores('a large log is opened with the help of a thread, which is gone then', async () => {
  const said: unknown[] = []
  const started = threads((thread) => thread.on('message', (message) => said.push(message)))
  const journal = await openForTest(await largeLog())
  expect(said).toEqual(['ready', 'sealed'])
  expect(started.map(({ threadId }) => threadId)).toEqual([-1])
  expect((await readAll(journal, 'checkout')).map(({ seq }) => seq)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1))
  expect(await journal.verify()).toMatchObject({ records: 32, takeovers: 2 })
})

onTwoCores.each([
  ['cannot be started', (thread: Worker) => void thread.terminate()],
  ['ends early', (thread: Worker) => void thread.once('message', () => thread.terminate())],
  ['fails', (thread: Worker) => void thread.once('message', () => thread.emit('error', new Error('out of memory')))],
])('a large log is opened as well when the thread %s', async (_, meet) => {
  const started = threads(meet)
  const journal = await openForTest(await largeLog())
  expect(started).toHaveLength(1)
  expect(await readAll(journal, 'checkout')).toHaveLength(30)
})

test('a small log is opened without a thread', async () => {
  const home = await temporaryHome()
  const first = await openForTest(home, { segment: { maxRecords: 3 } })
  for (let seq = 1; seq <= 10; seq++) await first.append(record('checkout', seq))
  await first.close()
  const started = threads()
  await openForTest(home)
  expect(started).toEqual([])
})

onTwoCores('a flipped byte of a large log is found at its record, whichever thread comes upon it', async () => {
  const home = await largeLog()
  const started = threads()
  const names = (await readdir(home)).filter((name) => /^journal\.\d/.test(name)).sort()
  expect(names).toHaveLength(3)
  let flips = 0
  for (const name of names.slice(1)) {
    const path = join(home, name)
    const bytes = await readFile(path)
    const first = JSON.parse(bytes.toString('utf8', 0, bytes.indexOf('\n'))).n
    const second = bytes.indexOf('\n') + 1
    const end = bytes.indexOf('\n', second)
    // Its content, its number, its name, its hash, and its line end.
    for (const at of [second + 40, bytes.indexOf('"n":', second) + 4, end - 100, end - 20, end]) {
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
      await writeFile(path, bytes)
      const refusal = { code: 'journal/corrupt', details: { path, record: first + 1 } }
      await expect(openForTest(home), `byte ${at} of ${name}`).rejects.toMatchObject(refusal)
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
      flips += 1
    }
    await writeFile(path, bytes)
  }
  expect(flips).toBe(10)
  expect(started).toHaveLength(flips)
  expect(await verifyFileJournal(home)).toMatchObject({ records: 31, takeovers: 1 })
})
