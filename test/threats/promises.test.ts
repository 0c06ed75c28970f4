/** The page of promises says what the tests do. */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { invariants } from '../../src/lifecycle/invariants.js'
import { stories } from '../crash/told.js'
import { plans } from '../support/stories.js'

const root = resolve(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const page = read('docs/promises.md')
const cells = (row: string) => row.split('|').map((cell) => cell.trim())
/** The rows of a table, by the ids in their first column. */
const rowsOf = (id: RegExp) =>
  page
    .split('\n')
    .map(cells)
    .filter(([, first = '', ...rest]) => id.test(first) && rest.length > 1)
const filesIn = (text: string) => [...text.matchAll(/`(test\/[^`]+\.test\.ts)`/g)].map(([, file]) => file!)
const idsUpTo = (letter: string, most: number) => Array.from({ length: most }, (_, index) => `${letter}${index + 1}`)
const isThere = (file: string) => existsSync(join(root, file))

test.each([
  ['threat', 'S', 20],
  ['fault', 'F', 30],
] as const)('every %s is there once, with a test that exists or the reason why there is none', (_, letter, most) => {
  const known = rowsOf(new RegExp(`^${letter}\\d+$`))
  expect(known.map(([, id]) => id)).toEqual(idsUpTo(letter, most))
  for (const [, id, what, ...rest] of known) {
    const files = filesIn(rest.join())
    expect([id, files.length > 0 || what?.startsWith('none')]).toEqual([id, true])
    expect(files.filter((file) => !isThere(file))).toEqual([])
  }
})

test('every promise is there once: as a predicate asks it, or with a test that exists', () => {
  const promises = rowsOf(/^I\d+$/)
  expect(promises.map(([, id]) => id)).toEqual(idsUpTo('I', 46))
  for (const [, id, says, where = ''] of promises) {
    const predicate = invariants.find((invariant) => invariant.id === id)
    if (predicate) expect([id, says, where.startsWith('every history')]).toEqual([id, predicate.says, true])
    else expect([id, filesIn(where).length > 0]).toEqual([id, true])
    expect(filesIn(where).filter((file) => !isThere(file))).toEqual([])
  }
})

test('the numbers of the page are those of the tests', () => {
  const listed = read('test/mutations/run.mjs').split('const bugs = [')[1]!.split('\n]\n')[0]!
  const said = page.replaceAll('\n', ' ')
  const wrong: string[] = []
  const says = (count: number, what: string) => {
    const text = `${count.toLocaleString('en-US')} ${what}`
    if (!said.includes(text)) wrong.push(text)
  }
  says(invariants.length, 'predicates')
  says(46 - invariants.length, 'with tests of their own')
  says(rowsOf(/^I\d+$/).filter(([, , , where = '']) => where.includes('before it is recorded')).length, 'of them asked before')
  says(Object.keys(plans).length, 'plans')
  says(stories.length, 'stories')
  says(stories.length * 3, 'lives with two or three crashes')
  says(Number(/FAULT_RUNS \?\? ([\d_]+)/.exec(read('test/faults/faults.test.ts'))![1]!.replace('_', '')), 'schedules')
  says([...listed.matchAll(/^ {2}\[/gm)].length, 'in engine and machine')
  const count = (where: RegExp) =>
    failures.filter(([, , text = '']) => where.test(text)).flatMap(([, ids]) => numbers(ids)).length
  says(count(/`test\//), 'are tested')
  says(count(/^not a test/), 'are measured')
  says(count(/^not (applicable|there yet)/), 'are not')
  expect(wrong).toEqual([])
})

const failures = rowsOf(/^\d+(, \d+)*$/)
const numbers = (text = '') => text.split(', ').map(Number)

test('every failure of others is there once, with a test that exists or a reason', () => {
  const known: { n: number }[] = JSON.parse(read('test/fixtures/field-failures.json'))
  const told = failures.flatMap(([, ids]) => numbers(ids))
  expect(told.toSorted((a, b) => a - b)).toEqual(known.map(({ n }) => n))
  for (const [, ids, where = ''] of failures) {
    const files = filesIn(where)
    expect([ids, files.length > 0 || /^not (applicable|there yet|a test): /.test(where)]).toEqual([ids, true])
    expect(files.filter((file) => !isThere(file))).toEqual([])
  }
})

test('the tests have the numbers that the page says they have, and no others', () => {
  const own = 'test/faults/field-failures.test.ts'
  const titles = [...read(own).matchAll(/^test(?:\.each\((\[[\s\S]*?\]|\w+)(?: as const)?\))?\(\s*'([^']+)'/gm)]
  const found = titles.flatMap(([, table = '', title = '']) => {
    // The number is in the name, or is the first of each row.
    if (!title.startsWith('%i')) return numbers(title.split(':')[0]!.replace(/ .*(?=:)/, ''))
    return [...table.matchAll(table.includes('[\n') || table.startsWith('[[') ? /\[(\d+)/g : /\d+/g)].map(([text, first]) =>
      Number(first ?? text),
    )
  })
  const told = failures.filter(([, , where = '']) => filesIn(where).includes(own)).flatMap(([, ids]) => numbers(ids))
  expect([...new Set(found)].toSorted((a, b) => a - b)).toEqual(told)
  expect(read('test/faults/rough-adapters.test.ts')).toMatch(/field failure 42\b/)
})
