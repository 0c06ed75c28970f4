import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ReleaseEntry, ReleaseHandle } from '../engine/handle.js'
import { systemClock } from '../engine/system-clock.js'
import type { Clock } from '../ports/clock.js'
import { githubSummary } from '../report/github.js'
import { htmlReport } from '../report/html-report.js'
import { progressView } from '../report/progress.js'
import { ReleaseError } from '../vocabulary/errors.js'

/** What the shell and CI are told. `left`: the release goes on once it is resumed. */
export const exitCodes = { promoted: 0, rolledBack: 1, failed: 2, left: 3 } as const

export interface TerminalOptions {
  /** What somebody types to go on with a release that was left. */
  readonly resumeCommand: string
  /** File for the HTML report, written when the release has ended. */
  readonly report?: string
  /** Default: this process. */
  readonly process?: TerminalProcess
  readonly clock?: Clock
}

/** The part of `process` that is used here. */
export interface TerminalProcess {
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number }
  readonly env: Readonly<Record<string, string | undefined>>
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown
  off(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown
}

/**
 * Stays with a release until it has ended: shows progress (live on a terminal, plain lines elsewhere, annotations and a
 * summary under GitHub Actions), writes the report, and says how it went.
 *
 * Ctrl-C once rolls the release back; twice leaves at once, and says how to go on. SIGTERM leaves at once: whoever sends it
 * will not wait. Leaving changes nothing: what is under way can be resumed from the journal.
 *
 * @returns one of {@link exitCodes}, for `process.exitCode`
 */
export async function runInTerminal(handle: ReleaseHandle, options: TerminalOptions): Promise<number> {
  const { resumeCommand, report, process = globalThis.process, clock = systemClock() } = options
  const { stdout, env } = process
  const left = new AbortController()
  const entries: ReleaseEntry[] = []
  const view = progressView({
    write: (text) => stdout.write(text),
    clock,
    isTty: stdout.isTTY === true,
    size: () => ({ columns: stdout.columns ?? 80, rows: stdout.rows ?? 24 }),
    color: stdout.isTTY === true && env.NO_COLOR === undefined,
    ci: env.GITHUB_ACTIONS === 'true' ? 'github' : 'none',
  })
  let interrupts = 0
  const onInterrupt = () => {
    interrupts += 1
    if (interrupts > 1) return left.abort()
    view.note(`Stopping safely: release "${handle.id}" rolls back. Ctrl-C again leaves at once, and lets it be as it is.`)
    handle.abort({ actor: { id: env.USER ?? 'terminal' }, reason: 'Ctrl-C' }).catch((error) => view.note(messageOf(error)))
  }
  const onTerminate = () => left.abort()
  process.on('SIGINT', onInterrupt)
  process.on('SIGTERM', onTerminate)
  try {
    for await (const entry of handle.events({ signal: left.signal })) {
      entries.push(entry)
      view.record(entry)
    }
    const { isFinished, status } = handle.status()
    if (!isFinished) return await leave(exitCodes.left)
    if (report !== undefined) {
      await mkdir(dirname(report), { recursive: true })
      await writeFile(report, htmlReport(entries))
      view.note(`Report: ${report}`)
    }
    if (env.GITHUB_STEP_SUMMARY !== undefined) await appendFile(env.GITHUB_STEP_SUMMARY, githubSummary(entries))
    return exitCodes[status === 'promoted' ? 'promoted' : 'rolledBack']
  } catch (error) {
    view.note(messageOf(error))
    return await leave(exitCodes.failed)
  } finally {
    process.off('SIGINT', onInterrupt)
    process.off('SIGTERM', onTerminate)
    view.close()
  }

  async function leave(code: number): Promise<number> {
    await handle[Symbol.asyncDispose]()
    view.note(`Left release "${handle.id}" as it is. Go on with: ${resumeCommand}`)
    return code
  }
}

function messageOf(error: unknown): string {
  return ReleaseError.is(error) ? `${error.code}: ${error.message}` : String(error)
}
