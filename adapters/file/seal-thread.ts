/** A thread that is given paths, and says so when all these files are sealed. */
import { parentPort, workerData } from 'node:worker_threads'

// Sources and built package name the file differently.
const { isFileSealed }: typeof import('./seals.js') = await import(import.meta.url.replace(/seal-thread(\.\w+)$/, 'seals$1'))
parentPort?.postMessage('ready')
if ((workerData as readonly string[]).every(isFileSealed)) parentPort?.postMessage('sealed')
