import { spawn } from 'node:child_process'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, loopback } from './port.js'
import { type ProcessRecord, parseRecord, printRecord, runningProcesses } from './processes.js'
import { foldersIn, textOf } from './unit-folder.js'

/** How to start one instance: it must listen on the address in `HOST`, at the port in `PORT`, and end on SIGTERM. */
export interface Command {
  readonly file: string
  readonly args: readonly string[]
  /** All it gets, besides `PATH`, `HOST` and `PORT`. Never written to disk, and cut out of error messages. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

/**
 * One process of a version. Its folder, named after its port, is made before it is started, and the process itself writes
 * its record there before it becomes the service. So whoever is killed, and whenever: what runs is in the directory.
 */
export interface Instance {
  readonly folder: string
  readonly port: number
  /** It was told to stop: it gets no new traffic, whatever it answers. */
  readonly isEnding: boolean
}

/** How often something that starts or ends is looked at. */
export const lookMs = 50

export async function instancesIn(versionFolder: string): Promise<Instance[]> {
  return (await foldersIn(versionFolder)).flatMap((name) => {
    const [, port, ending] = /^(\d+)(\.ending)?$/.exec(name) ?? []
    return port ? { folder: join(versionFolder, name), port: Number(port), isEnding: ending !== undefined } : []
  })
}

/** @returns the instance, and how it ended, should it end while this process lives */
export async function startInstance(versionFolder: string, command: Command) {
  const port = await freePort()
  const folder = join(versionFolder, String(port))
  await mkdir(folder, { mode: 0o700 })
  await using out = await open(join(folder, 'stdout.log'), 'a', 0o600)
  await using err = await open(join(folder, 'stderr.log'), 'a', 0o600)
  // Fails, and so starts nothing, once endInstance has renamed the folder.
  const recordThenBecome = `{ ${printRecord}\n} > "$0.tmp" && command -p mv "$0.tmp" "$0" && exec "$@"`
  const child = spawn('/bin/sh', ['-c', recordThenBecome, recordFile(folder), command.file, ...command.args], {
    detached: true,
    stdio: ['ignore', out.fd, err.fd],
    env: { PATH: process.env.PATH, ...command.env, HOST: loopback, PORT: String(port) },
    ...(command.cwd !== undefined && { cwd: command.cwd }),
  })
  child.unref()
  const ended = new Promise<string>((resolve) => {
    child.once('error', ({ message }) => resolve(`could not be started (${message}; is its cwd there?)`))
    child.once('exit', (code, signal) => resolve(`ended with ${signal ?? `exit code ${code}`}`))
  })
  return { instance: { folder, port, isEnding: false } satisfies Instance, ended }
}

/** Read from the system at every call. False also for one that was only half started. */
export async function isAlive(instance: Instance): Promise<boolean> {
  const record = await recordIn(instance.folder)
  if (record === undefined) return false
  const [found] = await runningProcesses(record.pid)
  return found?.started === record.started
}

/**
 * SIGTERM to all that the instance started, SIGKILL after `drainMs`; then forgets it. One that was only half started can no
 * longer start: its shell does not find the folder to write its record to.
 */
export async function endInstance(instance: Instance, drainMs: number, signal: AbortSignal): Promise<void> {
  const folder = instance.isEnding ? instance.folder : `${instance.folder}.ending`
  if (!instance.isEnding) await rename(instance.folder, folder)
  const record = await recordIn(folder)
  if (record) await endGroup(record, drainMs, signal)
  await rm(folder, { recursive: true, force: true })
}

async function endGroup(record: ProcessRecord, drainMs: number, signal: AbortSignal): Promise<void> {
  const killAt = performance.now() + drainMs
  let sent: NodeJS.Signals | undefined
  while (await hasGroup(record)) {
    signal.throwIfAborted()
    const due = performance.now() < killAt ? 'SIGTERM' : 'SIGKILL'
    if (due !== sent) sendToGroup(record.pid, due)
    sent = due
    await sleep(lookMs, undefined, { signal }).catch(() => {})
  }
}

/** Workers may outlive their leader, and keep the group alive. A leader with another start means that the group is not ours. */
async function hasGroup({ pid, started }: ProcessRecord): Promise<boolean> {
  const members = (await runningProcesses()).filter(({ group }) => group === pid)
  const leader = members.find((member) => member.pid === pid)
  return members.length > 0 && (leader === undefined || leader.started === started)
}

function sendToGroup(group: number, name: NodeJS.Signals): void {
  try {
    process.kill(-group, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function recordIn(folder: string): Promise<ProcessRecord | undefined> {
  return parseRecord((await textOf(recordFile(folder))) ?? '')
}

function recordFile(folder: string): string {
  return join(folder, 'pid')
}
