import { constants } from 'node:fs'
import { join } from 'node:path'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { type Disk, openRegular, removeFile, unlessCode, writeAll } from './disk.js'
import { isCertainlyDead, type LockHolder, lockHolderSchema, thisProcess } from './lock-holder.js'

/** The sole right to write to a directory, for as long as the file `lock` in it is ours. */
export interface Lock {
  readonly holder: LockHolder
  /** Whether it was taken from a process that may live. */
  readonly isForced: boolean
  /** @throws ReleaseError `journal/locked` when the lock file was removed or replaced */
  assertOurs(): Promise<void>
  release(): Promise<void>
}

/** Who wants the lock, and the token of the holder that somebody has decided to overrule. */
interface Claim {
  readonly self: LockHolder
  readonly overruled: string | undefined
}

/**
 * Takes the lock of a directory, at once or not at all.
 *
 * K1 A lock appears whole: it is written to a draft, then linked to its name, which fails when the name is taken.
 * K2 To succeed a dead holder takes the lock `lock.after-<token of the dead>` first, by this same protocol, and a second look.
 *    So nobody replaces a lock without the sole right to do so and the certainty that it is still the dead one.
 * K3 Renaming that second lock over the dead one replaces it in one step: there is no moment without a lock.
 * K4 By force, the holder that is found at first counts as dead, and nobody else does: of several that use force at once, one
 *    succeeds.
 *
 * @throws ReleaseError `journal/locked` when its holder lives, or may live
 */
export async function claimLock(directory: string, disk: Disk, sinceAt: number, byForce = false): Promise<Lock> {
  const holder = await thisProcess(sinceAt)
  const path = join(directory, 'lock')
  const found = byForce ? await readHolder(path, disk) : undefined
  const isForced = found !== undefined && !(await isCertainlyDead(found, holder))
  const claim = { self: holder, overruled: isForced ? found.token : undefined }
  await deadHolder(path, disk, claim)

  const draft = join(directory, `lock.${holder.token}`)
  const file = await disk.open(draft, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR, 0o600)
  try {
    await writeAll(file, Buffer.from(JSON.stringify(holder)))
    await file.sync()
    await acquire(path, draft, disk, claim)
  } catch (error) {
    await file.close()
    throw error
  } finally {
    await removeFile(disk, draft)
  }

  // The file stays open: until it is closed, no other file can get its inode number.
  const { dev, ino } = await file.stat()
  const isOurs = async () => {
    const current = await unlessCode('ENOENT', disk.stat(path))
    return current?.dev === dev && current.ino === ino
  }
  return {
    holder,
    isForced,
    async assertOurs() {
      if (await isOurs()) return
      const message = `Somebody removed or replaced "${path}" while process ${holder.pid} held it. Let only one process go on.`
      throw new ReleaseError('journal/locked', message, { path })
    },
    async release() {
      try {
        if (await isOurs()) await removeFile(disk, path)
      } finally {
        await file.close()
      }
    },
  }
}

async function acquire(path: string, draft: string, disk: Disk, claim: Claim): Promise<void> {
  const linked = disk.link(draft, path).then(() => true)
  if (await unlessCode('EEXIST', linked)) return
  const dead = await deadHolder(path, disk, claim)
  if (dead !== undefined) {
    const right = `${path}.after-${dead.token}`
    await acquire(right, draft, disk, claim)
    if ((await readHolder(path, disk))?.token === dead.token) return disk.rename(right, path)
    await removeFile(disk, right)
  }
  return acquire(path, draft, disk, claim)
}

/** Removes what killed processes left of their attempts to take the lock. Only for who holds it. */
export async function sweepLeftovers(directory: string, disk: Disk, self: LockHolder): Promise<void> {
  for (const name of await disk.readdir(directory)) {
    if (!name.startsWith('lock.')) continue
    const path = join(directory, name)
    // One that cannot be read, or lives, is an attempt under way: its owner removes it.
    const dead = await deadHolder(path, disk, { self, overruled: undefined }).catch(() => undefined)
    if (dead !== undefined) await removeFile(disk, path)
  }
}

/** Undefined when there is no such lock. @returns a holder that is dead, or overruled. @throws ReleaseError `journal/locked` when its holder lives, or may live */
async function deadHolder(path: string, disk: Disk, { self, overruled }: Claim): Promise<LockHolder | undefined> {
  const holder = await readHolder(path, disk)
  if (holder === undefined || holder.token === overruled || (await isCertainlyDead(holder, self))) return holder
  const { pid, host, sinceAt, pidNamespace } = holder
  const isNear = host === self.host && pidNamespace === self.pidNamespace
  const who = isNear && pid === self.pid ? 'this process itself' : `process ${pid} on host "${host}"`
  const remedy = isNear
    ? 'Stop it, give this journal another directory, or take it over by force: `takeOver: true`.'
    : 'From here nobody can tell whether it lives. Only when it shall not go on, take it over by force: `takeOver: true`.'
  const message = `The journal is locked by ${who} since ${new Date(sinceAt).toISOString()} ("${path}"). ${remedy}`
  throw new ReleaseError('journal/locked', message, { path, pid, host, sinceAt })
}

async function readHolder(path: string, disk: Disk): Promise<LockHolder | undefined> {
  const file = await unlessCode('ENOENT', openRegular(disk, path, constants.O_RDONLY))
  if (file === undefined) return undefined
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(maxHolderBytes) })
    return lockHolderSchema.parse(JSON.parse(buffer.toString('utf8', 0, bytesRead)))
  } catch (cause) {
    const message = `"${path}" cannot be read as a lock. When no process uses this journal, remove that file.`
    throw new ReleaseError('journal/locked', message, { path }, { cause })
  } finally {
    await file.close()
  }
}

const maxHolderBytes = 4096
