import { parentPort } from 'node:worker_threads'
import type { Task } from './pool.ts'
import { seededRandom } from './random.ts'
import { sections } from './sections.ts'

parentPort?.on('message', ({ section, cell, runs, seed }: Task) => {
  const { cells, simulate } = sections.find(({ name }) => name === section)!
  parentPort?.postMessage(simulate(cells[cell], runs, seededRandom(seed)))
})
