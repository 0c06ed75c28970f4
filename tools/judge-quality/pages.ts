import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { plots } from './plots.ts'
import type { Goal, Table } from './section.ts'
import { sections } from './sections.ts'

interface Saved {
  readonly seed: number
  readonly scale: number
  readonly tables: readonly Table[]
  readonly goals: readonly Goal[]
}

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
const markdown = ({ title, head, rows, note }: Table) =>
  [`### ${title}`, '', row(head), row(head.map(() => '---')), ...rows.map(row), ...(note ? ['', note] : [])].join('\n')

/**
 * Writes what was saved beside it: `measured.md`, the tables that pages ask for by `<!-- measured: section number -->`, up to
 * `<!-- end -->`, and the plots.
 */
export function writePages(file: string): void {
  const folder = dirname(file)
  const saved: Readonly<Record<string, Saved>> = JSON.parse(readFileSync(file, 'utf8'))
  const found = Object.fromEntries(sections.flatMap(({ name }) => (saved[name] === undefined ? [] : [[name, saved[name]]])))
  writeFileSync(join(folder, 'measured.md'), measured(found))
  for (const name of readdirSync(folder).filter((name) => name.endsWith('.md'))) {
    const page = readFileSync(join(folder, name), 'utf8')
    const filled = page.replaceAll(/(<!-- measured: (\w+) (\d) -->\n).*?(?=<!-- end -->)/gs, (_, marker, section, number) => {
      return `${marker}\n${markdown(found[section]!.tables[number]!)}\n\n`
    })
    writeFileSync(join(folder, name), filled)
  }
  for (const [name, svg] of Object.entries(plots(Object.values(found).flatMap(({ tables }) => tables))))
    writeFileSync(join(folder, `${name}.svg`), svg)
}

function measured(found: Readonly<Record<string, Saved>>): string {
  const goals: Table = {
    title: 'Goals',
    head: ['goal', 'measured', ''],
    rows: Object.values(found).flatMap(({ goals }) =>
      goals.map(({ goal, measured, isMet }) => [goal, measured, isMet ? 'met' : '**missed**']),
    ),
  }
  const size = ([name, { seed, scale }]: [string, Saved]) => `${name} ${scale} (seed ${seed})`
  const page = [
    '# What was measured',
    'Written by `npm run judge-quality -- --pages`, from [measured.json](measured.json); see [how to reproduce it](README.md#how-to-reproduce-it).',
    `Scale and seed of each section: ${Object.entries(found).map(size).join(', ')}.`,
    markdown(goals),
    ...Object.values(found).flatMap(({ tables }) => tables.map(markdown)),
  ]
  return `${page.join('\n\n')}\n`
}
