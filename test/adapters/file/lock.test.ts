import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { realDisk } from '../../../adapters/file/disk.js'
import { openFileJournal, verifyFileJournal } from '../../../adapters/file/index.js'
import { claimLock } from '../../../adapters/file/lock.js'
import { isCertainlyDead, type LockHolder, thisProcess } from '../../../adapters/file/lock-holder.js'
import { runTs } from '../../support/run-ts.js'
import { collect, openForTest, readAll, record, temporaryHome } from './fixture.js'
import { tappedDisk } from './tapped-disk.js'

function startWriter(...args: string[]) {
  const writer = runTs(new URL('./writer-process.ts', import.meta.url), ...args)
  onTestFinished(() => writer.kill())
  return writer
}

/** A process that is gone for certain: it has this one's pid, and started at another time. */
async function deadProcess(): Promise<LockHolder> {
  return { ...(await thisProcess(0)), startTicks: 1 }
}

const putLock = (home: string, holder: LockHolder, name = 'lock') => writeFile(join(home, name), JSON.stringify(holder))
const locksIn = async (home: string) => (await readdir(home)).filter((name) => name.startsWith('lock'))

test('a second process is refused, told by whom, and gets in once the first was killed', async () => {
  const home = await temporaryHome()
  const writer = startWriter(home)
  expect(await writer.nextLine()).toBe('opened 1')
  const refusal = { code: 'journal/locked', details: { pid: writer.child.pid } }
  await expect(openFileJournal(home)).rejects.toMatchObject(refusal)
  await writer.kill()
  expect((await openForTest(home)).fencingToken).toBe(2)
})

test('a stopped process keeps its lock', async () => {
  const home = await temporaryHome()
  const writer = startWriter(home)
  await writer.nextLine()
  writer.child.kill('SIGSTOP')
  await expect(openFileJournal(home)).rejects.toMatchObject({ code: 'journal/locked' })
  writer.child.kill('SIGCONT')
  for (let i = 0; i < 10; i++) expect(await writer.nextLine()).toMatch(/^[abcd] \d+$/)
})

test('a process that was stopped while its lock was taken by force appends nothing after it wakes', async () => {
  const home = await temporaryHome()
  const writer = startWriter(home, 'stopped')
  await writer.nextLine()
  writer.child.stdin.write('go on\n')
  expect(await writer.nextLine()).toBe('stopped 1')
  writer.child.kill('SIGSTOP')
  await rm(join(home, 'lock'))
  const journal = await openForTest(home)
  expect(journal.fencingToken).toBe(2)
  writer.child.kill('SIGCONT')
  writer.child.stdin.write('go on\n')
  await expect(writer.nextLine()).rejects.toThrow('journal/locked')
  await journal.append(record('stopped', 2))
  expect(await journal.verify()).toMatchObject({ records: 4, tornBytes: 0 })
})

test('a stopped process is overruled on request, and after it wakes its journal is its successor’s alone', async () => {
  const home = await temporaryHome()
  const writer = startWriter(home)
  for (let i = 0; i < 20; i++) await writer.nextLine()
  writer.child.kill('SIGSTOP')
  await expect(openFileJournal(home)).rejects.toMatchObject({ message: expect.stringContaining('takeOver: true') })
  const journal = await openForTest(home, { takeOver: true })
  expect(journal.fencingToken).toBe(2)
  const before = await collect(journal.read('a'))
  writer.child.kill('SIGCONT')
  const last: string[] = []
  await expect(
    (async () => {
      for (;;) last.push(await writer.nextLine())
    })(),
  ).rejects.toThrow(/journal\/(locked|conflict)/)
  // Printed before it was stopped, or acknowledged by then: it is all there.
  for (const line of last.filter((line) => line.startsWith('a ')))
    expect(before.length).toBeGreaterThanOrEqual(Number(line.split(' ')[1]))
  await journal.append(record('a', before.length + 1))
  expect(await journal.verify()).toMatchObject({ takeovers: 2, tornBytes: 0 })
  expect(await collect(journal.read('a'))).toHaveLength(before.length + 1)
})

test('a process that is stopped between its look at the lock and its write neither acknowledges that write nor harms its successor', async () => {
  const home = await temporaryHome()
  const [atWrite, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let isArmed = false
  const disk = tappedDisk(async (call, proceed, args) => {
    if (isArmed && call === 'write journal.jsonl') {
      atWrite.resolve()
      await goOn.promise
    }
    return proceed(...args)
  })
  const stopped = await openFileJournal(home, { disk })
  await stopped.append(record('checkout', 1))
  isArmed = true
  const late = expect(stopped.append(record('checkout', 2))).rejects.toMatchObject({ code: 'journal/locked' })
  await atWrite.promise
  const heir = await openForTest(home, { takeOver: true })
  await heir.append(record('checkout', 2, 'mine'))
  goOn.resolve()
  await late
  await heir.append(record('checkout', 3))
  expect(await readAll(heir, 'checkout')).toEqual([record('checkout', 1), record('checkout', 2, 'mine'), record('checkout', 3)])
  expect(await heir.verify()).toMatchObject({ records: 5, takeovers: 2, tornBytes: 0 })
  await stopped.close()
})

test('of several that overrule a stopped process at once, one succeeds', async () => {
  const home = await temporaryHome()
  const writer = startWriter(home)
  await writer.nextLine()
  writer.child.kill('SIGSTOP')
  const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => openForTest(home, { takeOver: true })))
  const codes = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? 'held' : outcome.reason.code)).sort()
  expect(codes).toEqual(['held', ...Array(5).fill('journal/locked')])
})

test.each([
  ['another host', { host: 'elsewhere' }],
  ['another container', { pidNamespace: 'pid:[1]' }],
])('a lock from %s is overruled on request', async (_, difference) => {
  const home = await temporaryHome()
  await putLock(home, { ...(await deadProcess()), ...difference })
  await (await openForTest(home, { takeOver: true })).append(record('checkout', 1))
  expect(await locksIn(home)).toEqual(['lock'])
})

test('no acknowledged record is lost in twenty kills of a process that appends', async () => {
  const home = await temporaryHome()
  const acknowledged = new Map<string, number>()
  for (let life = 1; life <= 20; life++) {
    const writer = startWriter(home)
    expect(await writer.nextLine()).toBe(`opened ${life}`)
    for (let i = 0; i < life * 7; i++) note(await writer.nextLine())
    await writer.kill()
    for await (const line of writer.lines) note(line)
    const { tornBytes } = await verifyFileJournal(home)
    expect(tornBytes).toBeLessThan(4 * 1000)
  }
  const journal = await openForTest(home)
  for (const release of ['a', 'b', 'c', 'd']) {
    const seqs = (await readAll(journal, release)).map(({ seq }) => seq)
    expect(seqs).toEqual(seqs.map((_, i) => i + 1))
    expect(seqs.length).toBeGreaterThanOrEqual(acknowledged.get(release) ?? expect.fail())
  }
  expect(await locksIn(home)).toEqual(['lock'])

  function note(line: string) {
    const [release = '', seq] = line.split(' ')
    acknowledged.set(release, Math.max(Number(seq), acknowledged.get(release) ?? 0))
  }
}, 180_000)

test('one process cannot open a directory twice', async () => {
  const home = await temporaryHome()
  const [first, ...others] = await Promise.allSettled([1, 2, 3, 4].map(() => openFileJournal(home)))
  const winners = [first, ...others].flatMap((outcome) => (outcome?.status === 'fulfilled' ? [outcome.value] : []))
  expect(winners).toHaveLength(1)
  await expect(openFileJournal(home)).rejects.toMatchObject({ message: expect.stringContaining('this process itself') })
  await winners[0]?.close()
  await openForTest(home)
})

test.each([
  ['removed', (lock: string) => rm(lock)],
  [
    'replaced by an identical one',
    async (lock: string) => {
      await writeFile(`${lock}.copy`, await readFile(lock))
      await rename(`${lock}.copy`, lock)
    },
  ],
])('a journal whose lock was %s appends nothing more', async (_, change) => {
  const home = await temporaryHome()
  const journal = await openForTest(home)
  await change(join(home, 'lock'))
  await expect(journal.append(record('checkout', 1))).rejects.toMatchObject({ code: 'journal/locked' })
  await expect(journal.append(record('checkout', 1))).rejects.toMatchObject({ code: 'journal/locked' })
  expect(await verifyFileJournal(home)).toMatchObject({ records: 1 })
})

test('closing leaves the lock of a successor alone', async () => {
  const home = await temporaryHome()
  const first = await openForTest(home)
  await rm(join(home, 'lock'))
  const second = await openForTest(home)
  await first.close()
  await second.append(record('checkout', 1))
})

test('of many that find a dead holder, exactly one succeeds it, and nothing is left behind', async () => {
  for (let round = 0; round < 30; round++) {
    const home = await temporaryHome()
    await putLock(home, await deadProcess())
    const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => claimLock(home, realDisk, 0)))
    const winners = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    expect(winners).toHaveLength(1)
    await winners[0]?.assertOurs()
    await winners[0]?.release()
    expect(await locksIn(home)).toEqual([])
  }
})

test('who died while it succeeded a dead holder is succeeded in turn', async () => {
  const home = await temporaryHome()
  const [holder, heir, draft] = [await deadProcess(), await deadProcess(), await deadProcess()]
  await putLock(home, holder)
  await putLock(home, heir, `lock.after-${holder.token}`)
  await putLock(home, draft, `lock.${draft.token}`)
  await openForTest(home)
  expect(await locksIn(home)).toEqual(['lock'])
})

test('who is succeeding a dead holder keeps others out', async () => {
  const home = await temporaryHome()
  const holder = await deadProcess()
  await putLock(home, holder)
  await putLock(home, await thisProcess(0), `lock.after-${holder.token}`)
  await expect(openFileJournal(home)).rejects.toMatchObject({ code: 'journal/locked' })
  expect(await locksIn(home)).toHaveLength(2)
})

test.each([
  ['another host', { host: 'elsewhere' }],
  ['another container', { pidNamespace: 'pid:[1]' }],
])('a lock from %s is never taken over, and the error says what to do', async (_, difference) => {
  const home = await temporaryHome()
  await putLock(home, { ...(await deadProcess()), ...difference })
  const message = expect.stringMatching(/since 1970-01-01T00:00:00.000Z.*take it over by force/)
  await expect(openFileJournal(home)).rejects.toMatchObject({ code: 'journal/locked', message })
})

test.each(['', '{"token":', '{}', 'null', '{"__proto__":{"token":"x"}}', 'x'.repeat(10_000)])(
  'a lock file that says %j is never taken over',
  async (text) => {
    const home = await temporaryHome()
    await writeFile(join(home, 'lock'), text)
    await expect(openFileJournal(home)).rejects.toMatchObject({
      code: 'journal/locked',
      message: expect.stringContaining('cannot be read as a lock'),
    })
  },
)

const self: LockHolder = {
  token: '7c0e5f2e-7a52-4d5c-a1b3-0a8f9e2d4c11',
  pid: 42,
  startTicks: 1000,
  bootId: 'boot-1',
  host: 'tower',
  pidNamespace: 'pid:[4026531836]',
  sinceAt: 0,
}
const alive = { isZombie: false, threads: 11, startTicks: 1000 }
const container = { pidNamespace: 'pid:[4026532501]' }
test.each([
  ['the same process', {}, alive, {}, false],
  ['no process of that pid', {}, undefined, {}, true],
  ['a later process with its pid', {}, { ...alive, startTicks: 2000 }, {}, true],
  ['a zombie', {}, { ...alive, isZombie: true, threads: 1 }, {}, true],
  ['a zombie with a thread that still writes', {}, { ...alive, isZombie: true }, {}, false],
  ['a process whose start nobody tells', {}, { ...alive, startTicks: null }, {}, false],
  ['a lock without a start', { startTicks: null }, alive, {}, false],
  ['a lock from before the reboot', { bootId: 'boot-0' }, alive, {}, true],
  ['a lock without a boot', { bootId: null }, alive, {}, false],
  ['another host after its reboot', { bootId: 'boot-0', host: 'elsewhere' }, undefined, {}, false],
  ['a container of the same name on another machine', { bootId: 'boot-0', ...container }, undefined, container, false],
  ['another container', container, undefined, {}, false],
] as const)('%s is told to be dead or not', async (_, holder, facts, me, isDead) => {
  expect(await isCertainlyDead({ ...self, ...holder }, { ...self, ...me }, async () => facts)).toBe(isDead)
})
