/**
 * Packs the package as npm would publish it, installs it into an empty project, and uses it there: every subpath from plain
 * JavaScript, and a small program from strict TypeScript that sees the published types only.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const project = mkdtempSync(join(tmpdir(), 'taxiway-package-'))
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const run = (command, args, cwd = project) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })

const program = `
import { bake, canary, createOrchestrator, definePlan, ReleaseError, shift, type Hook, type ReleaseStatus } from 'taxiway'
import { fakeWorld, memoryJournal, virtualClock } from 'taxiway/testing'

const world = fakeWorld({ stable: { shop: '1' } })
const clock = virtualClock()
const smoke: Hook = async () => ({ outcome: 'pass', says: 'fine' })
const orchestrator = createOrchestrator({
  journal: memoryJournal(),
  clock,
  adapters: { deploy: { local: world.deploy }, router: { proxy: world.router }, metrics: { scrape: world.metrics }, hook: { smoke } },
})
const plan = definePlan({
  name: 'shop',
  units: { shop: { deploy: 'local', router: 'proxy', metrics: 'scrape' } },
  metrics: { errors: 'errors' },
  judges: { healthy: { use: 'threshold', rules: [{ metric: 'errors', statistic: 'ratio', max: 0.01 }] } },
  stages: [{ name: 'production', strategy: canary(shift(10), bake('5m', { judge: 'healthy' })) }],
})
const handle = await orchestrator.start(plan, { artifacts: { shop: { version: '2' } }, author: { id: 'ann' } })
let status: ReleaseStatus | undefined
handle.on('finished', (end) => {
  status = end
})
await clock.runUntil(() => status !== undefined)
if (status?.status !== 'promoted') throw new ReleaseError('input/invalid', 'the release was not promoted')

const elsewhere = definePlan({ name: 'x', units: { shop: { deploy: 'cluster' } }, stages: [{ name: 's', strategy: { type: 'all-at-once' } }] })
// @ts-expect-error -- "cluster" is not supplied
void (() => orchestrator.start(elsewhere, { artifacts: {}, author: { id: 'ann' } }))
`

try {
  const [{ filename }] = JSON.parse(run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], root))
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'fresh', private: true, type: 'module' }))
  run('npm', ['install', '--no-audit', '--no-fund', join(project, filename)])

  const subpaths = Object.keys(exports).filter((subpath) => subpath !== './package.json')
  for (const subpath of subpaths) {
    const specifier = subpath.replace(/^\./, 'taxiway')
    run(process.execPath, [
      '--input-type=module',
      '-e',
      `const all = await import('${specifier}'); if (Object.keys(all).length === 0) process.exit(1)`,
    ])
  }

  writeFileSync(join(project, 'program.ts'), program)
  const compilerOptions = {
    strict: true,
    module: 'nodenext',
    target: 'es2023',
    lib: ['es2024', 'esnext.disposable'],
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
  }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }))
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project])
  run(process.execPath, [join(project, 'program.js')])
  console.log(`${subpaths.length + 2} passed, 0 failed`)
} finally {
  rmSync(project, { recursive: true, force: true })
}
