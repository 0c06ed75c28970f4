import { constants, type Stats } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { type Disk, isFull, journalFailed, openRegular, realDisk, syncDirectory } from './disk.js'
import { type FileJournal, LockedFileJournal } from './journal.js'
import { claimLock, type Lock, sweepLeftovers } from './lock.js'
import { readChunks, scanLog } from './log-scan.js'
import { LogWriter } from './log-writer.js'
import { formatLine } from './record-line.js'
import { fillReserve, releaseReserve } from './reserve.js'
import { logName } from './verify.js'

export interface FileJournalOptions {
  /** Epoch milliseconds, for people who read the lock or the log; nothing is decided by it. Default: the system's clock. */
  readonly now?: () => number
  /** Default: `node:fs/promises`. For tests. */
  readonly disk?: Disk
}

/**
 * Opens the journal of a directory, creating what is missing, and holds it until `close`. Reads the whole log once.
 *
 * @param directory - on a local disk, for this journal alone; created with mode 0700
 * @throws ReleaseError `journal/locked`, `journal/version`, `journal/corrupt` or `journal/failed`
 */
export async function openFileJournal(directory: string, options: FileJournalOptions = {}): Promise<FileJournal> {
  const { now = Date.now, disk = realDisk } = options
  try {
    const home = await prepareDirectory(directory, disk)
    const lock = await claimLockOnFullDisk(home, disk, now())
    try {
      return await openLocked(home, lock, disk, now())
    } catch (error) {
      await lock.release()
      throw error
    }
  } catch (error) {
    throw journalFailed(directory, 'Opening the journal in', error)
  }
}

async function openLocked(home: string, lock: Lock, disk: Disk, at: number): Promise<FileJournal> {
  await sweepLeftovers(home, disk, lock.holder)
  const reserve = await fillReserve(home, disk)
  const path = join(home, logName)
  const file = await openRegular(disk, path, constants.O_CREAT | constants.O_RDWR | constants.O_APPEND)
  try {
    assertPrivate(await file.stat(), path)
    await syncDirectory(disk, home)
    const log = await scanLog(readChunks(file), path)
    const repaired = log.tornBytes > 0 ? { bytes: log.tornBytes, offset: log.length } : undefined
    if (repaired !== undefined) await file.truncate(log.length)

    const writer = new LogWriter({ disk, path, file, length: log.length, lock, reserve })
    const { pid, host } = lock.holder
    const opened = formatLine(log.head, { opened: { token: log.fencingToken + 1, at, host, pid } })
    await writer.append(opened.bytes).catch((error: unknown) => writer.close().then(() => Promise.reject(error)))
    log.fencingToken += 1
    log.head = opened.head
    return new LockedFileJournal({ disk, path, log, writer, lock, reserve, repaired })
  } catch (error) {
    await file.close()
    throw error
  }
}

async function prepareDirectory(directory: string, disk: Disk): Promise<string> {
  const made = await disk.mkdir(resolve(directory), { recursive: true, mode: 0o700 })
  const home = await disk.realpath(directory)
  assertPrivate(await disk.stat(home), home)
  if (made === undefined) return home
  const oldest = dirname(await disk.realpath(made))
  for (let parent = dirname(home); ; parent = dirname(parent)) {
    await syncDirectory(disk, parent)
    if (parent === oldest) return home
  }
}

/** On a full disk, the lock of a new process needs room as well. Asked only when nobody holds the journal. */
async function claimLockOnFullDisk(home: string, disk: Disk, sinceAt: number): Promise<Lock> {
  try {
    return await claimLock(home, disk, sinceAt)
  } catch (error) {
    if (!isFull(error) || !(await releaseReserve(home, disk))) throw error
    return claimLock(home, disk, sinceAt)
  }
}

/** What others may write to is no evidence; what we may not write to was put away on purpose, even from root. */
function assertPrivate({ mode, uid }: Stats, path: string): void {
  const self = process.getuid?.()
  const problems = [
    self !== undefined && uid !== self && `belongs to user ${uid}, and this process is user ${self}. Run it as that user`,
    (mode & 0o022) !== 0 && `can be written to by others. Use "chmod go-w", or a directory of its own`,
    (mode & 0o200) === 0 && 'is read-only. Use "chmod u+w", or a directory of its own',
  ].filter((problem) => problem !== false)
  if (problems.length === 0) return
  throw new ReleaseError('journal/failed', `"${path}" ${problems.join('; and it ')}.`, { code: 'permissions', path })
}
