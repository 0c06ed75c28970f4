import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'

export interface ProcessRecord {
  readonly pid: number
  /** When it was started, in the system's own words: tells apart two processes that had the same pid. */
  readonly started: string
}

export interface RunningProcess extends ProcessRecord {
  readonly group: number
}

/**
 * Shell lines that print what {@link parseRecord} reads: who this process is. The start of a process does not change when it
 * `exec`s, so a shell can write the record of the program it becomes.
 */
export const printRecord = `echo $$
if [ -r /proc/$$/stat ]; then command -p cat /proc/sys/kernel/random/boot_id /proc/$$/stat; else LC_ALL=C TZ=UTC command -p ps -o lstart= -p $$; fi`

/** @returns undefined for a record that was cut short */
export function parseRecord(text: string): ProcessRecord | undefined {
  const [pid, bootOrStart = '', stat = ''] = text.trimEnd().split('\n')
  const started = stat === '' ? bootOrStart.trim() : parseStat(bootOrStart, stat)?.started
  return Number(pid) > 1 && started ? { pid: Number(pid), started } : undefined
}

/** Every process that runs now, or only `pid`. Zombies are dead: an adopted child may have no parent that reaps it. */
export function runningProcesses(pid?: number): Promise<RunningProcess[]> {
  return existsSync('/proc/self/stat') ? fromProc(pid) : fromPs(pid)
}

export async function fromProc(pid?: number): Promise<RunningProcess[]> {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  const pids = pid === undefined ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : [pid]
  return pids.flatMap((each) => {
    try {
      return parseStat(boot, readFileSync(`/proc/${each}/stat`, 'utf8')) ?? []
    } catch {
      return [] // gone between the listing and the reading
    }
  })
}

/** proc(5): `pid (name) state ppid pgrp …`, with the start in clock ticks since boot as field 22; a name can hold anything. */
function parseStat(boot: string, stat: string): RunningProcess | undefined {
  const [state, , group, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (state === 'Z' || state === 'X') return undefined
  return { pid: Number.parseInt(stat, 10), group: Number(group), started: `${boot} ${rest[16]}` }
}

export async function fromPs(pid?: number): Promise<RunningProcess[]> {
  const which = pid === undefined ? ['-A'] : ['-p', String(pid)]
  const columns = ['pid', 'pgid', 'stat', 'lstart'].flatMap((column) => ['-o', `${column}=`])
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' }
  const { stdout } = await promisify(execFile)('ps', [...which, ...columns], { env }).catch((error) => {
    if (error.code === 1) return { stdout: '' } // how ps says that there is no such process
    throw error
  })
  return stdout.split('\n').flatMap((line) => {
    const [, each, group, state = 'Z', started = ''] = /^ *(\d+) +(\d+) +(\S+) +(.*\S)/.exec(line) ?? []
    return state.startsWith('Z') ? [] : { pid: Number(each), group: Number(group), started }
  })
}
