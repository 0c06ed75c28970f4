import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as kit from '../../src/testing/index.js'

const laws = Object.entries(kit).flatMap(([name, laws]) => (name.endsWith('Laws') ? (laws as unknown as kit.Law<object>[]) : []))
const page = readFileSync(new URL('../../docs/laws.md', import.meta.url), 'utf8')

test('the page lists every law, as it is exported, and no other', () => {
  const rows = page.split('\n').filter((line) => /^\| [A-Z]{2}\d/.test(line))
  const exported = laws.map(
    ({ id, says, requires }) => `| ${id} | ${says} | ${requires.map((name) => `\`${name}\``).join(', ')} |`,
  )
  expect(rows.sort()).toEqual(exported.sort())
  expect(rows.length).toBeGreaterThan(80)
})

test('no two laws have the same id, and each port has two letters of its own', () => {
  expect(new Set(laws.map(({ id }) => id)).size).toBe(laws.length)
  const letters = Object.entries(kit).flatMap(([name, laws]) =>
    name.endsWith('Laws') ? [[...new Set((laws as kit.Law<object>[]).map(({ id }) => id.slice(0, 2)))].join()] : [],
  )
  expect(letters.every((pair) => /^[A-Z]{2}$/.test(pair))).toBe(true)
  expect(new Set(letters).size).toBe(letters.length)
})
