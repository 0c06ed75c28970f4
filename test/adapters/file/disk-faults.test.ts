import { rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { verifyFileJournal } from '../../../adapters/file/index.js'
import { logIn, openForTest, readAll, record, temporaryHome } from './fixture.js'
import { diskError, type Tap, tappedDisk } from './tapped-disk.js'

/** A journal with one record, whose disk from then on does what the test says; and all calls from then on. */
async function openWithFault(home: string, fault: Tap) {
  const calls: string[] = []
  let isArmed = false
  const disk = tappedDisk((call, proceed, args) => {
    if (!isArmed) return proceed(...args)
    if (!call.startsWith('stat')) calls.push(call)
    return fault(call, proceed, args)
  })
  const journal = await openForTest(home, { disk })
  await journal.append(record('checkout', 1))
  isArmed = true
  return { journal, calls }
}

const writeLog = 'write journal.jsonl'
const syncLog = 'datasync journal.jsonl'

test('appends that wait together go out with one write and one sync', async () => {
  const home = await temporaryHome()
  const { journal, calls } = await openWithFault(home, (_, proceed, args) => proceed(...args))
  await Promise.all(Array.from({ length: 50 }, (_, i) => journal.append(record('checkout', i + 2))))
  expect(calls).toEqual([writeLog, syncLog])
})

test('nothing is acknowledged before its sync returned', async () => {
  const release = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  const { journal } = await openWithFault(await temporaryHome(), async (call, proceed, args) => {
    if (call === syncLog) {
      reached.resolve()
      await release.promise
    }
    return proceed(...args)
  })
  let isAcknowledged = false
  const append = journal.append(record('checkout', 2)).then(() => {
    isAcknowledged = true
  })
  await reached.promise
  expect(isAcknowledged).toBe(false)
  expect(await readAll(journal, 'checkout')).toHaveLength(1)
  release.resolve()
  await append
  expect(await readAll(journal, 'checkout')).toHaveLength(2)
})

test('closing waits until everything that was accepted is acknowledged', async () => {
  const closed = Promise.withResolvers<number>()
  let acknowledged = 0
  const { journal } = await openWithFault(await temporaryHome(), (call, proceed, args) => {
    if (call === 'close journal.jsonl') closed.resolve(acknowledged)
    return proceed(...args)
  })
  for (let seq = 2; seq <= 60; seq++)
    void journal.append(record('checkout', seq)).then(() => {
      acknowledged += 1
    })
  await journal.close()
  expect(await closed.promise).toBe(59)
})

test('short and interrupted writes are completed', async () => {
  const home = await temporaryHome()
  let turn = 0
  const { journal } = await openWithFault(home, async (call, proceed, args) => {
    if (call !== writeLog) return proceed(...args)
    if (turn++ % 3 === 0) throw diskError(turn % 2 === 0 ? 'EINTR' : 'EAGAIN')
    const [bytes] = args as [Uint8Array]
    return proceed(bytes.subarray(0, 11))
  })
  await Promise.all([2, 3, 4].map((seq) => journal.append(record('checkout', seq))))
  expect(turn).toBeGreaterThan(50)
  expect(await journal.verify()).toMatchObject({ records: 5, tornBytes: 0 })
})

const failures: [string, Tap][] = [
  ['a write fails', (call, proceed, args) => (call === writeLog ? Promise.reject(diskError('EIO')) : proceed(...args))],
  ['no write gets anywhere', async (call, proceed, args) => (call === writeLog ? { bytesWritten: 0 } : proceed(...args))],
  [
    'a write is cut short by an error',
    async (call, proceed, args) => {
      if (call !== writeLog) return proceed(...args)
      await proceed((args[0] as Uint8Array).subarray(0, 300))
      throw diskError('EIO')
    },
  ],
  [
    'the file system is remounted read-only',
    (call, proceed, args) => (call === writeLog ? Promise.reject(diskError('EROFS')) : proceed(...args)),
  ],
]
let syncs = 0
failures.push([
  'one sync fails and all later ones would succeed',
  (call, proceed, args) => (call === syncLog && syncs++ === 0 ? Promise.reject(diskError('EIO')) : proceed(...args)),
])
test.each(failures)('when %s, everything waiting and everything later is refused', async (_, fault) => {
  const home = await temporaryHome()
  const { journal, calls } = await openWithFault(home, fault)
  const outcomes = await Promise.allSettled([2, 3, 4].map((seq) => journal.append(record('checkout', seq))))
  for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'journal/failed' } })
  await expect(journal.append(record('checkout', 2))).rejects.toMatchObject({ code: 'journal/failed' })
  await expect(journal.append(record('search', 1))).rejects.toMatchObject({ code: 'journal/failed' })
  expect(calls.filter((call) => call === syncLog).length, 'no second sync').toBeLessThanOrEqual(1)
  expect(journal.isDegraded, 'the reserve is for full disks').toBe(false)
  await journal.close()

  const next = await openForTest(home)
  expect(await readAll(next, 'checkout')).toEqual([record('checkout', 1)])
  expect(next.repaired).toBeUndefined()
})

test('the error names the code of the cause, the file and what to do', async () => {
  const home = await temporaryHome()
  const { journal } = await openWithFault(home, (call, proceed, args) =>
    call === writeLog ? Promise.reject(diskError('EDQUOT')) : proceed(...args),
  )
  await rm(join(home, 'reserve'))
  await expect(journal.append(record('checkout', 2))).rejects.toMatchObject({
    code: 'journal/failed',
    details: { code: 'EDQUOT', path: logIn(home) },
    message: expect.stringContaining('Raise the quota'),
  })
})

/** As long as the reserve is there, only `room` more bytes fit into the log. */
function fullDisk(home: string, room: number): Tap {
  return async (call, proceed, args) => {
    const isFull = call === writeLog && (await stat(join(home, 'reserve')).catch(() => undefined)) !== undefined
    if (!isFull) return proceed(...args)
    const fitting = (args[0] as Uint8Array).subarray(0, room)
    room -= fitting.length
    if (fitting.length === 0) throw diskError('ENOSPC')
    return proceed(fitting)
  }
}

test('a rollback is recorded on a full disk: the reserve goes, the torn batch is written again through a new descriptor', async () => {
  const home = await temporaryHome()
  const { journal, calls } = await openWithFault(home, fullDisk(home, 100))
  expect(journal.isDegraded).toBe(false)
  await Promise.all([2, 3].map((seq) => journal.append(record('checkout', seq))))
  expect(calls).toEqual([writeLog, writeLog, 'close journal.jsonl', 'truncate journal.jsonl', writeLog, syncLog])
  expect(journal.isDegraded).toBe(true)
  await journal.append(record('checkout', 4))
  expect(await readAll(journal, 'checkout')).toHaveLength(4)
  expect(await journal.verify()).toMatchObject({ records: 5, tornBytes: 0 })
  await journal.close()
  expect((await openForTest(home)).isDegraded, 'there is room for a reserve again').toBe(false)
})

test('the second full disk ends the journal', async () => {
  const home = await temporaryHome()
  const { journal } = await openWithFault(home, (call, proceed, args) =>
    call === writeLog ? Promise.reject(diskError('ENOSPC')) : proceed(...args),
  )
  await expect(journal.append(record('checkout', 2))).rejects.toMatchObject({ details: { code: 'ENOSPC' } })
  await expect(journal.append(record('checkout', 2))).rejects.toMatchObject({ message: expect.stringContaining('Free space') })
})

test('a disk that says only at the sync that it is full ends the journal, and the next opening has room', async () => {
  const home = await temporaryHome()
  const { journal, calls } = await openWithFault(home, (call, proceed, args) =>
    call === syncLog ? Promise.reject(diskError('ENOSPC')) : proceed(...args),
  )
  await expect(journal.append(record('checkout', 2))).rejects.toMatchObject({ details: { code: 'ENOSPC' } })
  expect(calls.filter((call) => call === syncLog)).toHaveLength(1)
  await journal.close()

  const next = await openForTest(home, { disk: tappedDisk(fullDisk(home, 0)) })
  expect(next.isDegraded).toBe(true)
  await next.append(record('checkout', 2))
})

test('a journal opens on a full disk, where even a lock finds no room before the reserve is gone', async () => {
  const home = await temporaryHome()
  await (await openForTest(home)).close()
  const disk = tappedDisk(async (call, proceed, args) => {
    const isFull = /^write (lock|reserve)/.test(call) && (await stat(join(home, 'reserve')).catch(() => undefined)) !== undefined
    return isFull ? Promise.reject(diskError('ENOSPC')) : proceed(...args)
  })
  const journal = await openForTest(home, { disk })
  expect(journal.isDegraded).toBe(true)
  await journal.append(record('checkout', 1))
})

test.each([
  ['moved away, as by log rotation', (log: string) => rename(log, `${log}.1`)],
  ['removed', (log: string) => rm(log)],
  ['replaced', (log: string) => rm(log).then(() => writeFile(log, ''))],
  ['appended to by somebody else', (log: string) => writeFile(log, 'x', { flag: 'a' })],
])('an append to a log that was %s is refused', async (_, change) => {
  const home = await temporaryHome()
  const journal = await openForTest(home)
  await journal.append(record('checkout', 1))
  await change(logIn(home))
  await expect(journal.append(record('checkout', 2))).rejects.toMatchObject({ code: 'journal/conflict' })
  await expect(journal.append(record('search', 1))).rejects.toMatchObject({ code: 'journal/conflict' })
})

test('a failed opening lets go of the lock', async () => {
  const home = await temporaryHome()
  const disk = tappedDisk((call, proceed, args) => (call === syncLog ? Promise.reject(diskError('EIO')) : proceed(...args)))
  await expect(openForTest(home, { disk })).rejects.toMatchObject({ code: 'journal/failed' })
  await openForTest(home)
  expect(await verifyFileJournal(home)).toMatchObject({ takeovers: 1 })
})
