import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'

// Examples run as a user runs them: against the built package, in a process of their own.
const root = resolve(import.meta.dirname, '../..')
// Inside `dist`, so that the package can import itself by name; that folder is built anew, and never committed.
const folder = join(root, 'dist', 'examples-under-test')
const cwd = mkdtempSync(join(tmpdir(), 'taxiway-examples-'))
mkdirSync(folder, { recursive: true })
afterAll(() => {
  for (const path of [folder, cwd]) rmSync(path, { recursive: true, force: true })
})

const run = promisify(execFile)
const strictly = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--types', 'node', '--skipLibCheck']

/** Checks the types of a program against the published ones, and runs it. */
async function runExample(name: string, program: string): Promise<string> {
  const file = join(folder, `${name}.ts`)
  writeFileSync(file, program)
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const types = await run(process.execPath, [
    compiler,
    ...strictly,
    '--allowImportingTsExtensions',
    '--ignoreConfig',
    file,
  ]).catch((error) => error)
  expect(types.stdout).toBe('')
  return (await run(process.execPath, [file], { cwd })).stdout
}

const blocks = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!)

test('the first example of the README runs, and promotes a good version', async () => {
  const world = `
    import { fakeWorld } from 'taxiway/testing'
    const { deploy: local, router: proxy, metrics: scrape } = fakeWorld({
      stable: { checkout: '1.4.1' },
      measure: () => ({ kind: 'counts', total: 5_000, bad: 5 }),
    })
  `
  const hurried = blocks[0]!.replaceAll(/'(\d+)m', \{/g, "'$10ms', { every: '10ms',")
  expect(await runExample('readme', world + hurried)).toBe('promoted\n')
})

test('the first example of the README has a plan and a release in about twenty lines', () => {
  expect(blocks[0]!.split('\n').length).toBeLessThanOrEqual(24)
})

test('the same plan from the builder and from JSON has the same hash', async () => {
  const program = `
    import { readFileSync } from 'node:fs'
    import { planFromJson, planHash } from 'taxiway'
    import { plan } from '${join(root, 'examples', 'plan.ts')}'
    const read = planFromJson(readFileSync('${join(root, 'examples', 'plan.json')}', 'utf8'))
    console.log(planHash(read) === planHash(plan), JSON.stringify(read) === JSON.stringify(plan))
  `
  expect(await runExample('plan', program)).toBe('true true\n')
})
