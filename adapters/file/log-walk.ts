import { constants } from 'node:fs'
import { type Disk, type DiskFile, openRegular } from './disk.js'
import { type AcceptedLine, acceptLines, type Log, readChunks, type ScanOptions } from './log-scan.js'
import { corrupt } from './record-line.js'
import { baseAfter, type Segments } from './segments.js'

/** A chunk of accepted lines, and the file that they are in. */
export interface WalkedChunk {
  readonly lines: readonly AcceptedLine[]
  readonly path: string
}

/** The older files of a log by their paths, in order, and the newest, opened, with its own. */
export interface LogFiles {
  readonly sealed: readonly string[]
  readonly file: DiskFile
  readonly path: string
}

/**
 * Checks the files of a log one after the other, as one chain.
 *
 * @param files - the newest alone may end in a torn line
 * @param log - grows in place
 * @param segments - where each file is noted
 * @param options - `areHashesChecked` is for the older files
 * @throws ReleaseError `journal/corrupt` or `journal/version`, naming the first bad record
 */
export async function* walkLog(
  disk: Disk,
  files: LogFiles,
  log: Log,
  segments: Segments,
  options: ScanOptions = {},
): AsyncGenerator<WalkedChunk> {
  for (const path of [...files.sealed, files.path]) {
    const first = log.head.n + 1
    const isNewest = path === files.path
    log.base = baseAfter(segments.list.at(-1))
    log.length = 0
    const file = isNewest ? files.file : await openRegular(disk, path, constants.O_RDONLY)
    try {
      const areHashesChecked = options.areHashesChecked === true && !isNewest
      const chunks = acceptLines(readChunks(file), path, log, { ...options, areHashesChecked })
      for await (const lines of chunks) yield { lines, path }
    } finally {
      if (!isNewest) await file.close()
    }
    if (log.tornBytes > 0 && !isNewest) throw corrupt({ path, offset: log.length, n: log.head.n + 1 }, 'is cut off')
    segments.list.push({ first, path, base: log.base, length: log.length })
  }
}
