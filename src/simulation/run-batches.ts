import { Worker } from 'node:worker_threads'
import type { PlanTree } from '../plan/plan-schema.js'
import { type ErrorDetails, ReleaseError, type ReleaseErrorCode } from '../vocabulary/errors.js'
import { type RunOutcome, runOutcomes } from './run-outcome.js'
import type { SimulationOptions } from './start-simulation.js'
import type { WorldInput } from './world.js'

/** What every thread needs to know. */
export interface WorkerTask {
  readonly plan: PlanTree
  readonly worlds: Readonly<Record<string, WorldInput>>
  readonly until: string | undefined
}

/** Some runs in one world, seed after seed. */
export interface Batch {
  readonly world: string
  readonly first: number
  readonly count: number
}

export type BatchAnswer =
  | { readonly outcomes: readonly RunOutcome[] }
  | { readonly error: { readonly code: ReleaseErrorCode; readonly message: string; readonly details: ErrorDetails } }

/**
 * Every batch, in the order given; by whichever thread is free, so that the result does not depend on how many there are.
 * Where threads cannot be started (bundled code, other runtimes), this one does all the work. Judges of one's own are functions,
 * which cannot be sent to another thread: with any, likewise.
 */
export async function runBatches(
  { plan, worlds, until }: WorkerTask,
  batches: readonly Batch[],
  workers: number,
  judge: SimulationOptions['judge'],
): Promise<readonly (readonly RunOutcome[])[]> {
  const threads = judge === undefined && workers > 1 ? await openThreads(workers, { plan, worlds, until }) : []
  const here = (batch: Batch) =>
    runOutcomes(plan, worlds[batch.world]!, batch, { ...(until !== undefined && { until }), ...(judge && { judge }) })
  const results = new Array<readonly RunOutcome[]>(batches.length)
  const queue = batches.entries()
  /** Takes one batch after the other; several take from one queue. */
  const work = async (run: (batch: Batch) => Promise<readonly RunOutcome[]>) => {
    for (const [index, batch] of queue) results[index] = await run(batch)
  }
  try {
    await Promise.all(threads.length > 0 ? threads.map((thread) => work(thread.ask)) : [work(here)])
  } finally {
    await Promise.all(threads.map((thread) => thread.close()))
  }
  return results
}

/** Sources and built package name the file differently. Undefined in a bundle: this file would be the whole program there. */
function workerFile(): URL | undefined {
  const here: string | undefined = import.meta.url
  const there = here?.replace(/run-batches(\.\w+)$/, 'evaluation-worker$1')
  return there === undefined || there === here ? undefined : new URL(there)
}

interface Thread {
  ask(batch: Batch): Promise<readonly RunOutcome[]>
  close(): Promise<unknown>
}

/** All of them, or none. */
async function openThreads(count: number, task: WorkerTask): Promise<Thread[]> {
  const file = workerFile()
  if (file === undefined) return []
  const opened = await Promise.allSettled(Array.from({ length: count }, () => openThread(file, task)))
  const threads = opened.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
  if (threads.length === count) return threads
  await Promise.all(threads.map((thread) => thread.close()))
  return []
}

async function openThread(file: URL, workerData: WorkerTask): Promise<Thread> {
  const worker = new Worker(file, { workerData })
  let [resolve, reject] = [(_: unknown) => {}, (_: unknown) => {}]
  /** The next thing it says; one question at a time. */
  const answer = () =>
    new Promise<unknown>((yes, no) => {
      ;[resolve, reject] = [yes, no]
    })
  worker.on('message', (message) => resolve(message))
  worker.on('error', (error) => reject(error))
  worker.on('exit', () => reject(new ReleaseError('engine/stopped', 'A thread of the evaluation ended early.')))
  // It says that it is ready, once it has loaded.
  await answer()
  return {
    async ask(batch) {
      const answered = answer()
      worker.postMessage(batch)
      const found = (await answered) as BatchAnswer
      if ('outcomes' in found) return found.outcomes
      const { code, message, details } = found.error
      throw new ReleaseError(code, message, details)
    },
    close: () => worker.terminate(),
  }
}
