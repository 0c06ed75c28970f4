import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { typeErrorsOf } from '../support/run-examples.js'

const folder = resolve(import.meta.dirname, '../../adapters')
const adapters = readdirSync(folder)
const pageOf = (adapter: string) => readFileSync(join(folder, adapter, 'README.md'), 'utf8')

/** What stands for the reader's own program: products cannot be started here, so the examples of adapters are compiled only. */
const around = `
import type { Adapters, Artifact, CallOptions, Journal } from 'taxiway'
import type { ProcessTarget } from 'taxiway/adapters/process'
declare global {
  const adapters: Adapters
  const journal: Journal
  const target: ProcessTarget
  const options: CallOptions
  const discovery: { addresses(unit: string, version: string, signal: AbortSignal): Promise<string[]> }
  const deployments: { servers(unit: string, version: string): Promise<string[]> }
  const tokens: { current(): Promise<string> }
  const vault: { get(name: string): Promise<string> }
  const log: { warn(what: unknown): void }
  const server: { all(path: string, handle: (request: Request) => Promise<Response>): void }
  const url: string
  function mail(to: string, says: string, approve: string, reject: string): Promise<void>
  function whatIsReleased(release: string): Promise<{ planHash: string; artifacts: Record<string, Artifact> } | undefined>
}
`

test('every adapter has a page with an example, and every example compiles against the published types', async () => {
  const examples = adapters.flatMap((adapter) => {
    const blocks = [...pageOf(adapter).matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!)
    expect(blocks.length, adapter).toBeGreaterThan(0)
    return blocks.map((code, i) => [`${adapter}-${i + 1}`, code] as const)
  })
  expect(await typeErrorsOf({ around, ...Object.fromEntries(examples) })).toBe('')
})
