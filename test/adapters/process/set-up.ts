import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type ProcessTarget, processTarget, type ServiceProcess } from '../../../adapters/process/index.js'
import { tinyService } from '../../support/tiny-service.js'

export const unit = 'checkout'
export const options = { signal: new AbortController().signal, idempotencyKey: 'key', fencingToken: 1 }

export function canary(version: string) {
  return { unit, artifact: { version }, role: 'canary' as const }
}

/** A folder of its own; all that still runs from it is stopped when the test ends. */
export async function emptyDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'taxiway-'))
  onTestFinished(async () => {
    await processTarget({ directory, units: { [unit]: { command: () => ({ file: 'true', args: [] }), drainMs: 0 } } }).stopAll()
    await rm(directory, { recursive: true })
  })
  return directory
}

export async function tinyTarget(
  settings: Omit<ServiceProcess, 'command'> & { env?: Record<string, string> } = {},
): Promise<{ directory: string; target: ProcessTarget }> {
  const directory = await emptyDirectory()
  return { directory, target: processTarget({ directory, units: { [unit]: tinyService({ mark: directory, ...settings }) } }) }
}

/** What each ready instance of a version answers to a path. */
export async function answers(target: ProcessTarget, version: string, path: string): Promise<string[]> {
  const urls = await target.urls(unit, version)
  return Promise.all(urls.map(async (url) => (await fetch(url + path, { headers: { connection: 'close' } })).text()))
}
