import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface Go {
  /** By unit, the number of its next version. */
  readonly next: Readonly<Record<string, number>>
  readonly takeOver: boolean
  readonly maxRecords: number
}

/** A running `worker.ts`. It waits for `go`, so that one can be warm before it is needed. */
export interface WorkerProcess {
  readonly child: ChildProcess
  /** Resolves once it has printed so many lines; with false when it is over before. */
  said(lines: number): Promise<boolean>
  readonly gone: Promise<unknown>
  /** What it said of its end, when that was its own. */
  complaint(): string
  go(settings: Go): void
  finish(): void
}

interface Setting {
  readonly socketPath: string
  readonly directory: string
  /** Where processes leave their compiled modules for the next ones. */
  readonly cache: string
}

/** @param hear - told each line it prints */
export function startWorker({ socketPath, directory, cache }: Setting, hear: (line: string) => void): WorkerProcess {
  const script = fileURLToPath(new URL('./worker.ts', import.meta.url))
  const env = { ...process.env, NODE_COMPILE_CACHE: cache }
  const child = spawn(process.execPath, [script, socketPath, directory], { env })
  const news = new EventEmitter<{ line: [] }>()
  let [complaint, lines, isOver] = ['', 0, false]
  createInterface({ input: child.stdout }).on('line', (line) => {
    hear(line)
    lines += 1
    news.emit('line')
  })
  child.stderr.on('data', (chunk) => {
    complaint += chunk
  })
  // A pipe to a process that is gone is no news.
  child.stdin.on('error', () => {})
  const gone = once(child, 'close').finally(() => {
    isOver = true
    news.emit('line')
  })
  return {
    child,
    gone,
    async said(wanted) {
      while (lines < wanted && !isOver) await once(news, 'line')
      return lines >= wanted
    },
    complaint: () => complaint,
    go: (settings) => void child.stdin.write(`go ${JSON.stringify(settings)}\n`),
    finish: () => void child.stdin.write('finish\n'),
  }
}
