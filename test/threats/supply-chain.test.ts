/** S13: what is installed with this library, and what of it runs at the installation. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const read = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'))

interface Installed {
  readonly version: string
  readonly license?: string
  readonly integrity?: string
  readonly resolved?: string
  readonly dev?: boolean
  readonly peer?: boolean
  readonly hasInstallScript?: boolean
}
const locked: Record<string, Installed> = read('package-lock.json').packages
const atRunTime = Object.entries(locked).filter(([path, { dev, peer }]) => path !== '' && !dev && !peer)

test('few packages come with it, all under licences that ask for nothing but their text', () => {
  const names = atRunTime.map(([path]) => path.replace('node_modules/', ''))
  expect(names.length).toBeGreaterThan(4)
  expect(names.length).toBeLessThanOrEqual(12)
  const odd = atRunTime.filter(
    ([, { license = 'none' }]) => !['MIT', 'ISC', 'Apache-2.0', 'BSD-3-Clause', '0BSD'].includes(license),
  )
  expect(odd).toEqual([])
})

test('nothing runs when it is installed, neither of it nor of what comes with it', () => {
  expect(atRunTime.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([])
  const scripts = Object.keys(read('package.json').scripts)
  expect(scripts.filter((name) => ['preinstall', 'install', 'postinstall', 'prepare'].includes(name))).toEqual([])
  for (const [path] of atRunTime) {
    const { scripts: theirs = {} } = read(`${path}/package.json`)
    expect(Object.keys(theirs).filter((name) => /^(pre|post)?install$/.test(name))).toEqual([])
  }
})

test('every package is locked to one version and one content', () => {
  const loose = Object.entries(locked).filter(([path, { version, integrity }]) => path !== '' && !(version && integrity))
  expect(loose.map(([path]) => path)).toEqual([])
})
