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
  return withFiles(programs, async (files) => {
    const errors = await compile(Object.values(files))
    if (errors !== '') throw new Error(errors)
    const cwd = mkdtempSync(join(tmpdir(), 'taxiway-examples-'))
    const printed: Record<string, string> = {}
    try {
      for (const [name, file] of Object.entries(files)) printed[name] = (await run(process.execPath, [file], { cwd })).stdout
    } finally {
      rmSync(cwd, { recursive: true, force: true })
    }
    return printed
  })
}

/** What the compiler says of programs; empty when all is well. */
export const typeErrorsOf = (programs: Readonly<Record<string, string>>): Promise<string> =>
  withFiles(programs, (files) => compile(Object.values(files)))

/** Inside `dist`, so that the package can import itself by name; that folder is built anew, and never committed. */
async function withFiles<T>(
  programs: Readonly<Record<string, string>>,
  use: (files: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(root, 'dist', 'examples-under-test-'))
  try {
    const files = Object.entries(programs).map(([name, program]) => {
      const file = join(folder, `${name}.ts`)
      writeFileSync(file, program)
      return [name, file] as const
    })
    return await use(Object.fromEntries(files))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function compile(files: readonly string[]): Promise<string> {
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const options = [...strictly, '--allowImportingTsExtensions', '--ignoreConfig', ...files]
  return run(process.execPath, [compiler, ...options]).then(
    () => '',
    ({ stdout, message }) => stdout || message,
  )
}
