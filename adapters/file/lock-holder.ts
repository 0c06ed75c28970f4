import { randomUUID } from 'node:crypto'
import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { z } from 'zod'

/** What a lock file says about the process that holds it. Null where the platform does not tell. */
export const lockHolderSchema = z.strictObject({
  token: z.uuid(),
  pid: z.int().positive(),
  /** Clock ticks from boot to the start of the process: tells it from a later one with the same pid. */
  startTicks: z.int().nullable(),
  bootId: z.string().nullable(),
  host: z.string(),
  /** A pid means nothing outside its namespace. */
  pidNamespace: z.string().nullable(),
  /** Epoch milliseconds, for people; nothing is decided by it. */
  sinceAt: z.int(),
})

export type LockHolder = z.infer<typeof lockHolderSchema>

export async function thisProcess(sinceAt: number): Promise<LockHolder> {
  const orNull = (text: Promise<string>) => text.then((value) => value.trim()).catch(() => null)
  return {
    token: randomUUID(),
    pid: process.pid,
    startTicks: (await processFacts(process.pid))?.startTicks ?? null,
    bootId: await orNull(readFile('/proc/sys/kernel/random/boot_id', 'utf8')),
    host: hostname(),
    pidNamespace: await orNull(readlink('/proc/self/ns/pid')),
    sinceAt,
  }
}

/**
 * Whether no thread of the holder can ever write again. In doubt it lives.
 *
 * A reboot proves it only outside of containers: two containers on two machines may share name and namespace number.
 */
export async function isCertainlyDead(holder: LockHolder, self: LockHolder, factsOf = processFacts): Promise<boolean> {
  if (holder.host !== self.host || holder.pidNamespace !== self.pidNamespace) return false
  if (holder.bootId !== self.bootId) return holder.bootId !== null && self.pidNamespace === initialPidNamespace
  const facts = await factsOf(holder.pid)
  if (facts === undefined) return true
  // The first thread of a killed process can be a zombie while another still finishes its write.
  if (facts.isZombie && facts.threads <= 1) return true
  return holder.startTicks !== null && facts.startTicks !== null && holder.startTicks !== facts.startTicks
}

/** The number Linux gives to the namespace that every other one descends from (PROC_PID_INIT_INO). */
const initialPidNamespace = 'pid:[4026531836]'

export interface ProcessFacts {
  readonly isZombie: boolean
  readonly threads: number
  readonly startTicks: number | null
}

/** Undefined when there is no such process. */
async function processFacts(pid: number): Promise<ProcessFacts | undefined> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it exists, and belongs to somebody else.
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return undefined
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  if (stat === undefined) return { isZombie: false, threads: 1, startTicks: null }
  // proc_pid_stat(5): the name, in brackets, may hold anything; after it come fields 3 (state), 20 (threads), 22 (start).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { isZombie: fields[0] === 'Z', threads: Number(fields[17]), startTicks: Number(fields[19]) }
}
