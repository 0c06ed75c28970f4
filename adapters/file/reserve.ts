import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { join } from 'node:path'
import { type Disk, isFull, openRegular, removeFile, writeAll } from './disk.js'

/** Space kept back for the day the disk is full, when a rollback must still be recorded. */
export interface Reserve {
  /** Whether it is gone, or found no room to begin with. */
  readonly isSpent: boolean
  /** Gives its space back to the disk. @returns whether there was any */
  release(): Promise<boolean>
}

const reserveBytes = 256 * 2 ** 10

export async function fillReserve(directory: string, disk: Disk): Promise<Reserve> {
  const path = join(directory, 'reserve')
  let isSpent = !(await fill(path, disk))
  return {
    get isSpent() {
      return isSpent
    },
    async release() {
      isSpent = true
      return releaseReserve(directory, disk)
    },
  }
}

export const releaseReserve = (directory: string, disk: Disk) => removeFile(disk, join(directory, 'reserve'))

async function fill(path: string, disk: Disk): Promise<boolean> {
  const file = await openRegular(disk, path, constants.O_CREAT | constants.O_RDWR)
  try {
    if ((await file.stat()).size >= reserveBytes) return true
    // Random, because file systems that compress keep no room for zeros.
    await writeAll(file, randomBytes(reserveBytes))
    await file.sync()
    return true
  } catch (error) {
    if (!isFull(error)) throw error
    await removeFile(disk, path)
    return false
  } finally {
    await file.close()
  }
}
