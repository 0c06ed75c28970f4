import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface RunningScript {
  readonly child: ChildProcessWithoutNullStreams
  /** Lines of standard output, as they come; ends with the process. What was printed before a kill is not lost. */
  readonly lines: AsyncIterableIterator<string>
  /** The next line. Rejects, with what the script wrote to standard error, when it ends without one. */
  nextLine(): Promise<string>
  /** Sends SIGKILL and waits until the process is gone. */
  kill(): Promise<void>
}

const loader = new URL('./ts-loader.mjs', import.meta.url).href

/** Runs a TypeScript file of this repository in a process of its own. */
export function runTs(script: URL, ...args: string[]): RunningScript {
  const child = spawn(process.execPath, ['--import', loader, fileURLToPath(script), ...args])
  const exited = once(child, 'exit')
  let complaint = ''
  child.stderr.on('data', (chunk) => {
    complaint += chunk
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    child,
    lines,
    async nextLine() {
      const { value, done } = await lines.next()
      if (!done) return value
      throw new Error(`${script.pathname} ended without another line. ${complaint}`)
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
