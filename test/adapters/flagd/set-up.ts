import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export const call = (signal = new AbortController().signal) => ({ signal, idempotencyKey: 'k', fencingToken: 1 })
export const booleans = { on: true, off: false }
export const plain = { state: 'ENABLED', variants: booleans, defaultVariant: 'off' }

/** A flag file in a folder of its own. */
export async function flagFile(content: unknown) {
  const folder = await mkdtemp(join(tmpdir(), 'taxiway-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'flags.json')
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
  return { folder, file, text: () => readFile(file, 'utf8'), json: async () => JSON.parse(await readFile(file, 'utf8')) }
}
