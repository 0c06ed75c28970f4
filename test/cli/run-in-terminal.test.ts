import { EventEmitter } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { exitCodes, runInTerminal, type TerminalProcess } from '../../src/cli/run-in-terminal.js'
import { badCanary, pretend } from '../support/pretended.js'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})
async function folder(): Promise<string> {
  folders.push(await mkdtemp(join(tmpdir(), 'taxiway-cli-')))
  return folders.at(-1)!
}

/** A process as the shell sees it: what it wrote, and the signals it listens to. */
function pretendedProcess(env: Record<string, string> = {}) {
  const signals = new EventEmitter()
  let said = ''
  const process: TerminalProcess = {
    stdout: {
      write(text) {
        said += text
      },
    },
    env,
    on: (signal, listener) => signals.on(signal, listener),
    off: (signal, listener) => signals.off(signal, listener),
  }
  return { process, said: () => said, send: (signal: 'SIGINT' | 'SIGTERM') => signals.emit(signal), signals }
}

const resumeCommand = 'node release.ts'

test('a promoted release ends with exit code 0, lines that tell the story, and a report', async () => {
  const { start, clock } = pretend()
  const { process, said, signals } = pretendedProcess()
  const report = join(await folder(), 'reports', 'r1.html')
  const code = runInTerminal(await start(), { resumeCommand, report, process, clock })
  let ended: number | undefined
  void code.then((value) => {
    ended = value
  })
  await clock.advance(600_000)
  expect(await code).toBe(exitCodes.promoted)
  expect(ended).toBe(0)
  expect(said()).toMatch(/The weight moved from 0 % to 5 %/)
  expect(said()).toMatch(/The release is promoted/)
  expect(said()).toContain(`Report: ${report}`)
  expect(await readFile(report, 'utf8')).toMatch(/^<!doctype html>/)
  expect(signals.eventNames()).toEqual([])
})

test('a rolled back release ends with exit code 1, and says why', async () => {
  const { start, clock } = pretend({ measure: badCanary })
  const { process, said } = pretendedProcess()
  const code = runInTerminal(await start(), { resumeCommand, process, clock })
  await clock.advance(600_000)
  expect(await code).toBe(exitCodes.rolledBack)
  expect(said()).toMatch(/rolled back.*canary ratio 10 %/s)
})

test('Ctrl-C rolls back, and says so before it does', async () => {
  const { start, clock, acts } = pretend()
  const { process, said, send } = pretendedProcess({ USER: 'ann' })
  const code = runInTerminal(await start(), { resumeCommand, process, clock })
  await clock.advance(10_000)
  send('SIGINT')
  await clock.advance(10_000)
  expect(await code).toBe(exitCodes.rolledBack)
  expect(said()).toMatch(/Stopping safely: release "r1" rolls back\. Ctrl-C again leaves at once/)
  expect(acts()).toEqual(['deploy 2', 'setWeight 5', 'setWeight 0', 'retire 2'])
})

test('a second Ctrl-C leaves at once, changes nothing more, and says how to go on', async () => {
  const { start, clock, restart } = pretend({
    before: ({ detail, method }) => (method === 'setWeight' && detail === '0' ? new Promise<void>(() => {}) : undefined),
  })
  const { process, said, send } = pretendedProcess()
  const handle = await start()
  const code = runInTerminal(handle, { resumeCommand, process, clock })
  await clock.advance(10_000)
  send('SIGINT')
  await clock.advance(100)
  send('SIGINT')
  await clock.advance(2_000)
  expect(await code).toBe(exitCodes.left)
  expect(said()).toContain(`Left release "r1" as it is. Go on with: ${resumeCommand}`)
  expect((await restart()).map(({ id }) => id)).toEqual(['r1'])
})

test('SIGTERM leaves at once: whoever sends it does not wait for a rollback', async () => {
  const { start, clock, acts } = pretend()
  const { process, said, send } = pretendedProcess()
  const code = runInTerminal(await start(), { resumeCommand, process, clock })
  await clock.advance(10_000)
  send('SIGTERM')
  await clock.advance(0)
  expect(await code).toBe(exitCodes.left)
  expect(acts()).toEqual(['deploy 2', 'setWeight 5'])
  expect(said()).toContain('Go on with')
})

test('under GitHub Actions decisions are annotations, and the summary is written', async () => {
  const summary = join(await folder(), 'summary.md')
  const { start, clock } = pretend({ measure: badCanary })
  const { process, said } = pretendedProcess({ GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary })
  const code = runInTerminal(await start(), { resumeCommand, process, clock })
  await clock.advance(600_000)
  await code
  expect(said()).toMatch(/^::error /m)
  expect(await readFile(summary, 'utf8')).toMatch(/r1/)
})

test('a journal that fails ends with exit code 2, and says how to go on', async () => {
  const { start, clock, journal } = pretend()
  const { process, said } = pretendedProcess()
  const code = runInTerminal(await start(), { resumeCommand, process, clock })
  await clock.advance(10_000)
  await journal.close()
  await clock.advance(60_000)
  expect(await code).toBe(exitCodes.failed)
  expect(said()).toMatch(/journal\/locked: .*taken over/)
})
