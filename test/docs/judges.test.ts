import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { runExamples } from '../support/run-examples.js'

const folder = resolve(import.meta.dirname, '../../docs/judges')
const pages = readdirSync(folder).filter((name) => name.endsWith('.md'))
const textOf = (page: string) => readFileSync(join(folder, page), 'utf8')
const examples = pages.flatMap((page) => {
  const [, program, printed] = /```ts\n(.*?)```\n\n```text\n(.*?)```/s.exec(textOf(page)) ?? []
  return program === undefined ? [] : [{ name: basename(page, '.md'), program, printed }]
})

test('every judge has a page with an example and a plot, and the list of judges has them all', () => {
  const list = textOf('README.md')
  const judges = pages.filter((page) => page !== 'README.md' && page !== 'measured.md')
  expect(judges.length).toBeGreaterThanOrEqual(10)
  expect(judges.filter((page) => !list.includes(`](${page})`))).toEqual([])
  expect(judges.filter((page) => !examples.some(({ name }) => `${name}.md` === page))).toEqual([])
  expect(judges.filter((page) => !textOf(page).includes(`](${basename(page, '.md')}.svg)`))).toEqual([])
})

test('whatever the pages link to is there', () => {
  const targets = pages.flatMap((page) => [...textOf(page).matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, target]) => target!))
  const here = readdirSync(folder)
  expect(targets.length).toBeGreaterThan(20)
  expect(targets.filter((target) => !target.startsWith('http') && !here.includes(target))).toEqual([])
})

test('every example compiles, and prints what its page says', async () => {
  const printed = await runExamples(Object.fromEntries(examples.map(({ name, program }) => [name, program])))
  for (const example of examples) expect({ [example.name]: printed[example.name] }).toEqual({ [example.name]: example.printed })
})
