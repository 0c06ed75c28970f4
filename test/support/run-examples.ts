import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const root = resolve(import.meta.dirname, '../..')
const run = promisify(execFile)
const strictly = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--types', 'node', '--skipLibCheck']

/**
 * Runs programs as a user runs them: their types checked against the published ones, then each in a process of its own, on
 * the built package.
 * @returns what each prints, by name
 * @throws with what the compiler says when a type is wrong, or a program fails
 */
export async function runExamples(programs: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  // Inside `dist`, so that the package can import itself by name; that folder is built anew, and never committed.
  const folder = mkdtempSync(join(root, 'dist', 'examples-under-test-'))
  const cwd = mkdtempSync(join(tmpdir(), 'taxiway-examples-'))
  try {
    const files = Object.entries(programs).map(([name, program]) => {
      const file = join(folder, `${name}.ts`)
      writeFileSync(file, program)
      return { name, file }
    })
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const options = [...strictly, '--allowImportingTsExtensions', '--ignoreConfig', ...files.map(({ file }) => file)]
    await run(process.execPath, [compiler, ...options]).catch(({ stdout, message }) => {
      throw new Error(stdout || message)
    })
    const printed: Record<string, string> = {}
    for (const { name, file } of files) printed[name] = (await run(process.execPath, [file], { cwd })).stdout
    return printed
  } finally {
    for (const path of [folder, cwd]) rmSync(path, { recursive: true, force: true })
  }
}
