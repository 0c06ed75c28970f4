import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { join } from 'node:path'
import { type Disk, journalFailed, openRegular, realDisk, unlessCode } from './disk.js'
import { assertComplete, emptyLog, type JournalAnchor, readChunks, splitLines } from './log-scan.js'
import { walkLog } from './log-walk.js'
import { type Archived, corrupt, parseLine } from './record-line.js'
import { logName, openLog, Segments } from './segments.js'

export interface JournalVerification extends JournalAnchor {
  /** All records, takeovers among them, in the log or in archives. */
  readonly records: number
  /** In the log. */
  readonly releases: number
  /** Moved out of the log. */
  readonly archivedReleases: number
  /** Archives that the log tells of: in this directory and unaltered, or not there. */
  readonly archivesHere: readonly string[]
  readonly archivesElsewhere: readonly string[]
  /** How often the journal was opened: its newest fencing token. */
  readonly takeovers: number
  /** Of whole records in the newest file. */
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
    const { file, sealed } = await openLog(realDisk, directory, constants.O_RDONLY)
    try {
      const log = emptyLog()
      const segments = new Segments()
      for await (const _ of walkLog(realDisk, { sealed, file, path }, log, segments, { anchor }));
      assertComplete(log, path, anchor)
      const [archivesHere, archivesElsewhere]: [string[], string[]] = [[], []]
      for (const archive of log.archives)
        ((await isUnaltered(realDisk, directory, archive)) ? archivesHere : archivesElsewhere).push(archive.file)
      return {
        records: log.head.n,
        headHash: log.head.hash,
        releases: log.releases.size,
        archivedReleases: log.archived.size,
        archivesHere,
        archivesElsewhere,
        takeovers: log.fencingToken,
        bytes: log.length,
        tornBytes: log.tornBytes,
      }
    } finally {
      await file.close()
    }
  } catch (error) {
    throw journalFailed(path, 'Verifying', error)
  }
}

/** False when it is not there. @throws ReleaseError `journal/corrupt`, naming the first bad record where one can be told */
async function isUnaltered(disk: Disk, directory: string, { file, sha256 }: Pick<Archived, 'file' | 'sha256'>): Promise<boolean> {
  const path = join(directory, file)
  const opened = await unlessCode('ENOENT', openRegular(disk, path, constants.O_RDONLY))
  if (opened === undefined) return false
  try {
    const digest = createHash('sha256')
    for await (const chunk of readChunks(opened)) digest.update(chunk)
    if (digest.digest('hex') === sha256) return true
    for await (const pieces of splitLines(readChunks(opened), path))
      for (const { bytes, offset } of pieces) parseLine(bytes, { path, offset })
    throw corrupt({ path, offset: 0 }, 'was altered, removed or added, for this is not the file that the log tells of')
  } finally {
    await opened.close()
  }
}
