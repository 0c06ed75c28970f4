import type { FileHandle } from 'node:fs/promises'
import { basename } from 'node:path'
import { type Disk, realDisk } from '../../../adapters/file/disk.js'

/** A call on an open file, as `write journal.jsonl`. */
export type Tap = (call: string, proceed: (...args: unknown[]) => Promise<unknown>, args: unknown[]) => Promise<unknown>

/** A real disk with somebody on the line, who may delay, change or refuse what is done to open files. */
export function tappedDisk(tap: Tap): Disk {
  return {
    ...realDisk,
    async open(path, ...rest) {
      const file = await realDisk.open(path, ...rest)
      return new Proxy(file, {
        get(target, name) {
          const member: unknown = Reflect.get(target, name)
          if (typeof member !== 'function') return member
          const proceed = (...args: unknown[]): Promise<unknown> => member.apply(target, args)
          return (...args: unknown[]) => tap(`${String(name)} ${basename(String(path))}`, proceed, args)
        },
      }) satisfies FileHandle
    },
  }
}

export function diskError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code })
}
