import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const demo = resolve(import.meta.dirname, '../../examples/demo')

/** Starts a program of the demo with the Node that runs this test. */
export function startProgram(name: string, args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, [join(demo, name), ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** How it ended, and everything it said. */
export function endOf(child: ChildProcess): Promise<{ exit: number | NodeJS.Signals | null; said: string }> {
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      said += chunk
    })
  return new Promise((done) => child.on('close', (code, signal) => done({ exit: code ?? signal, said })))
}

/** Processes that work in this folder, whoever started them. Linux only. */
export function processesIn(directory: string): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`).startsWith(directory)
      } catch {
        return false
      }
    })
}
