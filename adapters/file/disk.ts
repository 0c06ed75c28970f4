import * as fs from 'node:fs/promises'
import { ReleaseError } from '../../src/vocabulary/errors.js'

/** Every call this adapter makes to its disk. Tests pass one that fails on purpose. */
export type Disk = Pick<typeof fs, 'link' | 'mkdir' | 'open' | 'readdir' | 'realpath' | 'rename' | 'stat' | 'unlink'>
export type DiskFile = fs.FileHandle

export const realDisk: Disk = fs

/** Opens a regular file and nothing else. `O_NONBLOCK` keeps a FIFO in its place from hanging the process. */
export async function openRegular(disk: Disk, path: string, flags: number): Promise<DiskFile> {
  const { O_NOFOLLOW, O_NONBLOCK } = fs.constants
  const file = await disk.open(path, flags | O_NOFOLLOW | O_NONBLOCK, 0o600).catch((error: unknown) => {
    const wrongKind = ['ELOOP', 'EISDIR', 'ENXIO'].includes(codeOf(error))
    throw wrongKind ? notRegular(path, error) : error
  })
  if ((await file.stat()).isFile()) return file
  await file.close()
  throw notRegular(path)
}

/** Completes short and interrupted writes; any other error is the caller's. */
export async function writeAll(file: DiskFile, bytes: Uint8Array): Promise<void> {
  let written = 0
  let stalls = 0
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(bytes.subarray(written)).catch((error: unknown) => {
      if (['EINTR', 'EAGAIN'].includes(codeOf(error))) return { bytesWritten: 0 }
      throw error
    })
    stalls = bytesWritten > 0 ? 0 : stalls + 1
    if (stalls === 100) throw new Error('100 writes in a row wrote nothing')
    written += bytesWritten
  }
}

/** A new file with these bytes, durable but for its name. Replaces one of that name. */
export async function writeFile(disk: Disk, path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const { O_CREAT, O_TRUNC, O_WRONLY } = fs.constants
  const file = await openRegular(disk, path, O_CREAT | O_TRUNC | O_WRONLY)
  try {
    for await (const bytes of chunks) await writeAll(file, bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes created, renamed and removed names of a directory durable. */
export async function syncDirectory(disk: Disk, path: string): Promise<void> {
  const directory = await disk.open(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** @returns whether there was such a file */
export async function removeFile(disk: Disk, path: string): Promise<boolean> {
  return (
    (await unlessCode(
      'ENOENT',
      disk.unlink(path).then(() => true),
    )) ?? false
  )
}

/** The promise's value, or undefined when it fails with exactly this error code. */
export async function unlessCode<T>(code: string, promise: Promise<T>): Promise<T | undefined> {
  return promise.catch((error: unknown) => {
    if (codeOf(error) === code) return undefined
    throw error
  })
}

export const isFull = (error: unknown) => ['ENOSPC', 'EDQUOT'].includes(codeOf(error))

/** Whatever went wrong with the disk, as the one error that leaves this adapter. */
export function journalFailed(path: string, doing: string, error: unknown): ReleaseError {
  if (ReleaseError.is(error)) return error
  const code = codeOf(error)
  const remedy = remedies[code] ?? 'Look for disk errors in the system log, then open the journal again.'
  const reason = error instanceof Error ? error.message : String(error)
  return new ReleaseError('journal/failed', `${doing} "${path}" failed: ${reason}. ${remedy}`, { code, path }, { cause: error })
}

const remedies: Readonly<Record<string, string>> = {
  ENOSPC: 'Free space on that disk, then open the journal again.',
  EDQUOT: 'Raise the quota or free space, then open the journal again.',
  EEXIST: 'A file is in the way: name a directory.',
  ENOENT: 'Check the path; opening creates a journal, verifying does not.',
  EROFS: 'Mount that file system for writing, then open the journal again.',
  EACCES: 'Give this user read and write permission, then open the journal again.',
  EPERM: 'Use a local file system with hard links, and files this user owns.',
  EMFILE: 'Raise the limit of open files (ulimit -n), then open the journal again.',
}

function notRegular(path: string, cause?: unknown): ReleaseError {
  const message = `"${path}" is not a regular file. Move what is in its place away, or give the journal another directory.`
  return new ReleaseError('journal/failed', message, { code: codeOf(cause), path }, { cause })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}
