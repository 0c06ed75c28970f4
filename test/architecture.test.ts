import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')

/** What each room may import: other rooms, and the npm packages (and Node modules) that live in it. */
const rooms: Record<string, { rooms: string[]; packages: string[] }> = {
  'src/vocabulary': { rooms: [], packages: ['zod', 'node:crypto'] },
  'src/ports': { rooms: ['src/vocabulary'], packages: [] },
  'src/analysis': { rooms: ['src/vocabulary'], packages: ['zod'] },
  'src/policy': { rooms: ['src/vocabulary'], packages: ['zod'] },
  'src/plan': { rooms: ['src/vocabulary', 'src/analysis', 'src/policy'], packages: ['zod'] },
  'src/lifecycle': { rooms: ['src/vocabulary', 'src/plan'], packages: ['xstate', 'zod'] },
  'src/engine': {
    rooms: ['src/vocabulary', 'src/ports', 'src/analysis', 'src/policy', 'src/plan', 'src/lifecycle'],
    packages: ['eventemitter3', 'p-retry', 'p-limit', 'zod', 'node:crypto'],
  },
  'src/observability': {
    rooms: ['src/vocabulary', 'src/ports', 'src/analysis', 'src/policy', 'src/plan', 'src/lifecycle'],
    packages: ['@opentelemetry/api'],
  },
  'src/report': {
    rooms: ['src/vocabulary', 'src/ports', 'src/analysis', 'src/policy', 'src/plan', 'src/lifecycle'],
    packages: ['zod'],
  },
  'src/testing': { rooms: ['src/vocabulary', 'src/ports'], packages: [] },
  'src/simulation': {
    rooms: [
      'src/vocabulary',
      'src/ports',
      'src/analysis',
      'src/policy',
      'src/plan',
      'src/lifecycle',
      'src/engine',
      'src/report',
      'src/testing',
    ],
    packages: ['zod', 'node:worker_threads', 'node:os'],
  },
  'src/cli': {
    rooms: ['src/vocabulary', 'src/ports', 'src/plan', 'src/lifecycle', 'src/engine', 'src/report'],
    packages: ['node:fs/promises', 'node:path'],
  },
}

/** None for a room that is on the map and not built yet. */
const files = (folder: string): string[] =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => join(folder, name))
    : []

const importsOf = (file: string): string[] =>
  [
    ...readFileSync(join(root, file), 'utf8').matchAll(
      /(?:^|\n)\s*(?:import|export)[^'"\n;]*?(?:\{[^}]*\}[^'"\n;]*?)?from '([^']+)'|import\('([^']+)'\)|^import '([^']+)'/gm,
    ),
  ].map((match) => (match[1] ?? match[2] ?? match[3])!)

const roomOf = (path: string): string => {
  const [top, second] = path.split('/')
  return top === 'adapters' || second === undefined || second.endsWith('.ts') ? `${top}/${second}` : `${top}/${second}`
}

const strays: string[] = []
let imports = 0
for (const file of [...files('src'), ...files('adapters')]) {
  if (file === 'src/index.ts') continue
  const room = roomOf(file)
  for (const specifier of importsOf(file)) {
    imports += 1
    const target = specifier.startsWith('.') ? roomOf(relative(root, resolve(root, dirname(file), specifier))) : specifier
    if (target === room) continue
    const allowed = room.startsWith('adapters/')
      ? { rooms: ['src/vocabulary', 'src/ports'], packages: [] }
      : (rooms[room] ?? { rooms: [], packages: [] })
    const isPackage = !specifier.startsWith('.')
    const may = isPackage
      ? allowed.packages.includes(target) || (room.startsWith('adapters/') && (target.startsWith('node:') || target === 'zod'))
      : allowed.rooms.includes(target)
    if (!may) strays.push(`${file} imports ${specifier}`)
  }
}

test('every import goes where the map of rooms allows it', () => {
  expect(imports).toBeGreaterThan(200)
  expect(strays).toEqual([])
})

test('decisions know no clock, chance, process or promise', () => {
  const pure = ['src/vocabulary', 'src/analysis', 'src/policy', 'src/plan', 'src/lifecycle'].flatMap(files)
  const impure =
    /\bawait\b|\basync\b|Date\.now|new Date\(\)|Math\.random|setTimeout|setInterval|setImmediate|\bprocess\.|console\.|performance\.now|\bfetch\(/
  const found = pure.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        impure.test(line.replace(/\/\/.*|^\s*\/?\*.*/, '').replace(/'[^']*'|`[^`]*`/g, ''))
          ? [`${file}:${index + 1}: ${line.trim()}`]
          : [],
      ),
  )
  expect(found).toEqual([])
})
