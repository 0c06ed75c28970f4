import { constants, type Stats } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { CheckpointFile } from './checkpoints.js'
import { type Disk, isFull, journalFailed, openRegular, realDisk, syncDirectory, unlessCode, writeFile } from './disk.js'
import { indexLog } from './index-log.js'
import { type FileJournal, LockedFileJournal } from './journal.js'
import { claimLock, type Lock, sweepLeftovers } from './lock.js'
import { assertComplete, readChunks } from './log-scan.js'
import { LogWriter, type SegmentLimits } from './log-writer.js'
import { formatLine } from './record-line.js'
import { fillReserve, releaseReserve } from './reserve.js'
import { logName, openLog, sweepSegments } from './segments.js'

export interface FileJournalOptions {
  /** Epoch milliseconds, for people who read the lock or the log; nothing is decided by it. Default: the system's clock. */
  readonly now?: () => number
  /**
   * Takes the journal from a process that holds it and may live, because it is stopped, hangs, or ran in another container. It
   * can append nothing more, even when it wakes up in the middle of an append; but a call it had begun to make it may still
   * make, with its lower fencing token. A person's decision, for one opening. Default: false.
   */
  readonly takeOver?: boolean
  /** How large a file of the log may grow before the next one begins. Default: 64 MiB, and 1,000,000 records. */
  readonly segment?: Partial<SegmentLimits>
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
  const { disk = realDisk, now = Date.now, takeOver = false } = options
  const limits = { maxBytes: 64 * 2 ** 20, maxRecords: 1_000_000, ...options.segment }
  if (!(Math.min(limits.maxBytes, limits.maxRecords) >= 1))
    throw new ReleaseError(
      'input/invalid',
      `A file of a journal cannot be limited to ${JSON.stringify(limits)}. Use positive numbers.`,
    )
  try {
    const home = await prepareDirectory(directory, disk)
    const lock = await claimLockOnFullDisk(home, disk, now(), takeOver)
    try {
      return await openLocked(home, lock, { disk, now, limits })
    } catch (error) {
      await lock.release()
      throw error
    }
  } catch (error) {
    throw journalFailed(directory, 'Opening the journal in', error)
  }
}

interface Setting {
  readonly disk: Disk
  readonly now: () => number
  readonly limits: SegmentLimits
}

async function openLocked(home: string, lock: Lock, { disk, now, limits }: Setting): Promise<FileJournal> {
  await sweepLeftovers(home, disk, lock.holder)
  await sweepSegments(disk, home)
  const reserve = await fillReserve(home, disk)
  const path = join(home, logName)
  if (lock.isForced) await leaveBehind(path, disk)
  const { file, sealed } = await openLog(disk, home, constants.O_CREAT | constants.O_RDWR | constants.O_APPEND)
  try {
    assertPrivate(await file.stat(), path)
    // What is opened now is the file that a later holder would copy, or its copy, and then the lock is not ours any more.
    await lock.assertOurs()
    await syncDirectory(disk, home)
    const { log, segments } = await indexLog(disk, { sealed, file, path })
    const loose = assertComplete(log, path)
    const repaired = log.tornBytes > 0 ? { bytes: log.tornBytes, offset: log.length } : undefined
    if (repaired !== undefined) await file.truncate(log.length)

    const writer = new LogWriter({ disk, path, file, segments, next: log.head.n + 1, limits, lock, reserve })
    const { pid, host } = lock.holder
    const opened = formatLine(log.head, { opened: { token: log.fencingToken + 1, at: now(), host, pid } })
    await writer.append(opened.bytes).catch((error: unknown) => writer.close().then(() => Promise.reject(error)))
    log.fencingToken += 1
    log.head = opened.head
    const checkpoints = new CheckpointFile(disk, join(home, 'checkpoints.jsonl'))
    return new LockedFileJournal({ checkpoints, disk, now, path, log, loose, segments, writer, lock, reserve, repaired })
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Goes on in a copy: whoever had the file open keeps writing to one that has no name any more. */
async function leaveBehind(path: string, disk: Disk): Promise<void> {
  const from = await unlessCode('ENOENT', openRegular(disk, path, constants.O_RDONLY))
  if (from === undefined) return
  const copy = `${path}.new`
  try {
    await writeFile(disk, copy, readChunks(from))
    await disk.rename(copy, path)
    await syncDirectory(disk, dirname(path))
  } finally {
    await from.close()
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
async function claimLockOnFullDisk(home: string, disk: Disk, sinceAt: number, byForce: boolean): Promise<Lock> {
  try {
    return await claimLock(home, disk, sinceAt, byForce)
  } catch (error) {
    if (!isFull(error) || !(await releaseReserve(home, disk))) throw error
    return claimLock(home, disk, sinceAt, byForce)
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
