import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { type Disk, realDisk } from './disk.js'
import { emptyLog, type Log } from './log-scan.js'
import { type LogFiles, walkLog } from './log-walk.js'
import { Segments } from './segments.js'

/** Starting a thread takes as long as checking this many bytes, or so. */
const worthThread = 32 * 2 ** 20

interface Indexed {
  readonly log: Log
  readonly segments: Segments
}

/**
 * Checks every line of a log, and leaves the content of records, under their hashes, to who reads them.
 *
 * X1 Of a large log, a second thread takes the hashes of all files but the newest, while this one goes along the chain of the
 *    hashes they claim. When either finds anything wrong, or there is no such thread (bundled code, other runtimes), this one does
 *    it all: so the first bad record is named as ever.
 *
 * @throws ReleaseError `journal/corrupt` or `journal/version`, naming the first bad record
 */
export async function indexLog(disk: Disk, files: LogFiles): Promise<Indexed> {
  const thread = await sealThread(disk, files.sealed)
  try {
    const found = thread && (await indexed(disk, files, true))
    if (found && (await thread.areSealed)) return found
  } catch {
    // Found again, and named.
  } finally {
    await thread?.close()
  }
  return indexed(disk, files)
}

async function indexed(disk: Disk, files: LogFiles, areHashesChecked = false): Promise<Indexed> {
  const [log, segments] = [emptyLog(), new Segments()]
  for await (const _ of walkLog(disk, files, log, segments, { isIndexOnly: true, areHashesChecked }));
  return { log, segments }
}

interface SealThread {
  readonly areSealed: Promise<boolean>
  close(): Promise<unknown>
}

/** Undefined where it cannot be started, or is not worth it. */
async function sealThread(disk: Disk, paths: readonly string[]): Promise<SealThread | undefined> {
  if (disk !== realDisk || availableParallelism() === 1) return undefined
  const sizes = await Promise.all(paths.map(async (path) => (await disk.stat(path)).size))
  if (sizes.reduce((sum, size) => sum + size, 0) < worthThread) return undefined
  try {
    // Sources and built package name the file differently, and in a bundle, this file is the whole program.
    const thread = import.meta.url.replace(/index-log(\.\w+)$/, 'seal-thread$1')
    if (thread === import.meta.url) return undefined
    const worker = new Worker(new URL(thread), { workerData: paths })
    const says = (what: 'ready' | 'sealed') =>
      new Promise<boolean>((resolve) => {
        worker.on('message', (said) => said === what && resolve(true))
        worker.on('error', () => resolve(false))
        worker.on('exit', () => resolve(false))
      })
    const areSealed = says('sealed')
    return (await says('ready')) ? { areSealed, close: () => worker.terminate() } : undefined
  } catch {
    return undefined
  }
}
