import { Worker } from 'node:worker_threads'

export interface Task {
  readonly section: string
  readonly cell: number
  readonly runs: number
  readonly seed: number
}

/** Does all tasks in so many threads, in any order; the answers are in theirs. */
export async function doAll(tasks: readonly Task[], threads: number, tick: (left: number) => void): Promise<unknown[]> {
  const answers: unknown[] = new Array(tasks.length)
  let next = 0
  let left = tasks.length
  const work = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL('worker.ts', import.meta.url))
      let current = -1
      const give = () => {
        current = next++
        if (current < tasks.length) worker.postMessage(tasks[current])
        else worker.terminate().then(() => resolve(), reject)
      }
      worker.on('error', reject)
      worker.on('message', (answer) => {
        answers[current] = answer
        tick(--left)
        give()
      })
      give()
    })
  await Promise.all(Array.from({ length: Math.min(threads, tasks.length) }, work))
  return answers
}
