/** A thread of `evaluatePolicy`: is given a plan and worlds once, and then batches of seeds. */
import { parentPort, workerData } from 'node:worker_threads'
import { ReleaseError } from '../vocabulary/errors.js'
import type { Batch, BatchAnswer, WorkerTask } from './run-batches.js'
import { runOutcomes } from './run-outcome.js'

const { plan, worlds, until } = workerData as WorkerTask

parentPort?.on('message', async ({ world, first, count }: Batch) => {
  const answer: BatchAnswer = await runOutcomes(
    plan,
    worlds[world]!,
    { first, count },
    until === undefined ? {} : { until },
  ).then(
    (outcomes) => ({ outcomes }),
    // An error loses its class on the way between threads.
    (error) =>
      ReleaseError.is(error)
        ? { error: { code: error.code, message: error.message, details: error.details } }
        : { error: { code: 'input/invalid', message: String(error?.stack ?? error), details: {} } },
  )
  parentPort?.postMessage(answer)
})
parentPort?.postMessage('ready')
