import { constants } from 'node:fs'
import { type Disk, type DiskFile, openRegular } from './disk.js'
import { type AcceptedLine, acceptLines, type JournalAnchor, type Log, readChunks } from './log-scan.js'
import { corrupt } from './record-line.js'
import { baseAfter, type Segments } from './segments.js'

/** A chunk of accepted lines, and the file that they are in. */
export interface WalkedChunk {
  readonly lines: readonly AcceptedLine[]
  readonly path: string
}

/**
 * Checks the files of a log one after the other, as one chain.
 *
 * @param files - the older ones by their paths, and the newest, opened, with its own; that one alone may end in a torn line
 * @param log - grows in place
 * @param segments - where each file is noted
 * @throws ReleaseError `journal/corrupt` or `journal/version`, naming the first bad record
 */
export async function* walkLog(
  disk: Disk,
  files: { readonly sealed: readonly string[]; readonly file: DiskFile; readonly path: string },
  log: Log,
  segments: Segments,
  { anchor, isIndexOnly }: { readonly anchor?: JournalAnchor | undefined; readonly isIndexOnly?: boolean } = {},
): AsyncGenerator<WalkedChunk> {
  for (const path of [...files.sealed, files.path]) {
    const first = log.head.n + 1
    const isNewest = path === files.path
    log.base = baseAfter(segments.list.at(-1))
    log.length = 0
    const file = isNewest ? files.file : await openRegular(disk, path, constants.O_RDONLY)
    try {
      for await (const lines of acceptLines(readChunks(file), path, log, anchor, isIndexOnly)) yield { lines, path }
    } finally {
      if (!isNewest) await file.close()
    }
    if (log.tornBytes > 0 && !isNewest) throw corrupt({ path, offset: log.length, n: log.head.n + 1 }, 'is cut off')
    segments.list.push({ first, path, base: log.base, length: log.length })
  }
}
