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

const isSync = (call: string) => /^(data)?sync /.test(call)

/** Syncs nothing, for tests that open often. */
export const hastyDisk = tappedDisk(async (call, proceed, args) => (isSync(call) ? undefined : proceed(...args)))

/** The same for what is done to names as well, as `rename journal.jsonl.new`. */
export function tappedNames(tap: Tap): Disk {
  const tapped =
    (name: 'link' | 'rename' | 'unlink') =>
    (path: unknown, ...rest: unknown[]) =>
      tap(`${name} ${basename(String(path))}`, (...args) => Reflect.apply(realDisk[name], realDisk, args), [path, ...rest])
  return {
    ...tappedDisk(tap),
    link: tapped('link') as Disk['link'],
    rename: tapped('rename') as Disk['rename'],
    unlink: tapped('unlink') as Disk['unlink'],
  }
}

/**
 * A disk whose process dies at one of its changes, counted from 1: `before` or `after` that, or in the `middle` of a write. From
 * then on nothing is done any more.
 */
export function mortalDisk(deathAt: number, moment: 'before' | 'middle' | 'after'): { disk: Disk; isDead: () => boolean } {
  let changes = 0
  const isDead = () => changes >= deathAt
  const disk = tappedNames(async (call, proceed, args) => {
    if (/^(stat|read|close) /.test(call)) return proceed(...args)
    if (isDead()) throw diskError('DEAD')
    changes += 1
    if (isSync(call) && !isDead()) return undefined
    if (!isDead()) return proceed(...args)
    if (moment === 'after') await proceed(...args)
    if (moment === 'middle' && call.startsWith('write')) {
      const [bytes, ...rest] = args as [Uint8Array, ...unknown[]]
      await proceed(bytes.subarray(0, bytes.length >> 1), ...rest)
    }
    throw diskError('DEAD')
  })
  return { disk, isDead }
}

export function diskError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code })
}
