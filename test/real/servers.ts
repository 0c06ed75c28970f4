import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pass } from 'node:timers/promises'
import { find } from './install.mjs'

/** Whether the tests of a server have to be left out; in CI that is an error. */
export function isMissing(program: string): boolean {
  if (find(program) !== undefined) return false
  if (process.env.CI === 'true') throw new Error(`${program} is missing. Run: node test/real/install.mjs`)
  return true
}

export interface Server {
  readonly pid: number
  readonly folder: string
  /** Ends the process, by `SIGTERM` if nothing else is said, and waits until it is gone; what it wrote stays. */
  end(signal?: NodeJS.Signals): Promise<void>
  /** Ends it, and removes its folder. */
  [Symbol.asyncDispose](): Promise<void>
}

/** Starts a program in the foreground, with a folder of its own. */
export async function startServer(
  program: string,
  args: (folder: string) => Promise<string[]> | string[],
  kept?: string,
): Promise<Server> {
  const folder = kept ?? (await mkdtemp(join(tmpdir(), 'taxiway-')))
  const child = spawn(find(program) ?? program, await args(folder), { cwd: folder, stdio: 'ignore' })
  await once(child, 'spawn')
  const exited = once(child, 'exit')
  const end = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal)
    await exited
  }
  return {
    pid: child.pid!,
    folder,
    end,
    async [Symbol.asyncDispose]() {
      await end()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Asks a server again and again whether it has got so far. The machine may be busy with something else. */
export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 120_000
  while (!(await isSo().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`waited two minutes for this in vain: ${what}`)
    await pass(25)
  }
}
