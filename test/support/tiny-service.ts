import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ServiceProcess } from '../../adapters/process/index.js'

const script = fileURLToPath(new URL('./tiny-service.mjs', import.meta.url))

/** How to run `tiny-service.mjs`. Its processes carry `mark` in their command line. */
export function tinyService({
  mark,
  env = {},
  ...settings
}: Omit<ServiceProcess, 'command'> & { mark: string; env?: Readonly<Record<string, string>> }): ServiceProcess {
  return { command: ({ version }) => ({ file: process.execPath, args: [script, version, mark], env }), ...settings }
}

/** The ids of all processes with `mark` in their command line, whoever started them. */
export function processesMarked(mark: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
  return pids.map(Number).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(mark)
    } catch {
      return false
    }
  })
}
