/** The seal that ends every line. Nothing of ours is imported here: a thread runs this file as a source, too. */
import { hash } from 'node:crypto'
import { closeSync, constants, openSync, readSync } from 'node:fs'

/** `,"hash":"sha256:` + 64 hex digits + `"}` */
export const sealLength = 82

/** The SHA-256 of a line as it was before its seal took the place of its last brace. Puts that back meanwhile, and copies nothing. */
export function hashOf(line: Buffer): string {
  const end = Math.max(0, line.length - sealLength)
  const comma = line[end]!
  line[end] = closingBrace
  const digest = hash('sha256', line.subarray(0, end + 1))
  line[end] = comma
  return `sha256:${digest}`
}

/** The one that a line says it has. */
export const claimedHashOf = (line: Buffer): string =>
  line.toString('latin1', line.length - sealLength + ',"hash":"'.length, line.length - '"}'.length)

export const isSealed = (line: Buffer): boolean =>
  line.toString('latin1', Math.max(0, line.length - sealLength)) === `,"hash":"${hashOf(line)}"}`

/** Whether each line of a file is sealed, and the last one ended. */
export function isFileSealed(path: string): boolean {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const room = Buffer.allocUnsafe(roomBytes)
    for (let held = 0; held + chunkBytes <= roomBytes; ) {
      const length = held + readSync(file, room, held, chunkBytes, null)
      if (length === held) return held === 0
      const bytes = room.subarray(0, length)
      let start = 0
      for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
        if (!isSealed(bytes.subarray(start, end))) return false
        start = end + 1
      }
      held = bytes.copy(room, 0, start)
    }
    return false
  } finally {
    closeSync(file)
  }
}

const chunkBytes = 2 ** 20
/** For the longest line, and a chunk. */
const roomBytes = 18 * 2 ** 20

const [newline, closingBrace] = [0x0a, 0x7d]
