import { constants } from 'node:fs'
import { join } from 'node:path'
import { journalFailed, openRegular, realDisk } from './disk.js'
import { emptyLog, type JournalAnchor, readChunks, scanLog } from './log-scan.js'

export const logName = 'journal.jsonl'

export interface JournalVerification extends JournalAnchor {
  /** All records, takeovers among them. */
  readonly records: number
  readonly releases: number
  /** How often the journal was opened: its newest fencing token. */
  readonly takeovers: number
  /** Of whole records. */
  readonly bytes: number
  /** Of an unfinished record after them: a write under way, or torn by a crash. The next opening cuts it away. */
  readonly tornBytes: number
}

/**
 * Checks a journal from its first record to its head, without its lock and without changing anything.
 *
 * A chain alone cannot show that its end was cut off: keep the result of one verification elsewhere, and pass it to the next.
 *
 * @throws ReleaseError `journal/corrupt` naming the first bad record, `journal/version`, or `journal/failed`
 */
export async function verifyFileJournal(
  directory: string,
  { anchor }: { readonly anchor?: JournalAnchor } = {},
): Promise<JournalVerification> {
  const path = join(directory, logName)
  try {
    const file = await openRegular(realDisk, path, constants.O_RDONLY)
    try {
      const { head, releases, fencingToken, length, tornBytes } = await scanLog(readChunks(file), path, emptyLog(), anchor)
      return {
        records: head.n,
        headHash: head.hash,
        releases: releases.size,
        takeovers: fencingToken,
        bytes: length,
        tornBytes,
      }
    } finally {
      await file.close()
    }
  } catch (error) {
    throw journalFailed(path, 'Verifying', error)
  }
}
