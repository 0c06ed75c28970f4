/**
 * Judges the judges: simulates services under good and bad canaries, and compares what each rule does about them.
 *
 *     node tools/judge-quality/main.ts [--quick | --scale FACTOR] [--only grid,bound] [--seed N] [--threads N] [--save FILE] [--pages]
 *
 * `--scale` multiplies the number of runs, `--quick` is a tenth of them; `--save` keeps what was found as JSON, and with
 * `--only` replaces those sections in the file. `--pages` saves to `docs/judges/measured.json`, and writes what the pages
 * there have of it: tables and plots; with `--only none`, from what was saved before. Needs the built `dist`.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { writePages } from './pages.ts'
import { doAll } from './pool.ts'
import { sayGoals, sayTable } from './print.ts'
import { sections } from './sections.ts'

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    scale: { type: 'string', default: '1' },
    only: { type: 'string', default: sections.map(({ name }) => name).join() },
    seed: { type: 'string', default: '20260101' },
    threads: { type: 'string', default: String(availableParallelism()) },
    save: { type: 'string' },
    pages: { type: 'boolean', default: false },
  },
})
const file = options.save ?? (options.pages ? 'docs/judges/measured.json' : undefined)
const seed = Number(options.seed)
const scale = options.quick ? 0.1 : Number(options.scale)
const names = options.only === 'none' ? [] : options.only.split(',')
const chosen = names.map((name) => {
  const section = sections.find((section) => section.name === name)
  if (section === undefined) throw new Error(`No section "${name}". There are ${sections.map(({ name }) => name).join(', ')}.`)
  return section
})
console.log(`seed ${seed}, ${scale} of the full number of runs, ${options.threads} threads, Node ${process.version}`)

const saved = file !== undefined && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
const goals = []
for (const section of chosen) {
  const begun = performance.now()
  const tasks = section.cells.map((cell, i) => ({
    section: section.name,
    cell: i,
    runs: Math.max(3, Math.ceil(section.runs(cell) * scale)),
    seed: seed + 1_000 * sections.indexOf(section) + i,
  }))
  const found = await doAll(tasks, Number(options.threads), (left) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${section.name}: ${left} cells left   \r`)
  })
  const report = section.report(section.cells.map((cell, i) => ({ cell, runs: tasks[i]!.runs, found: found[i] })))
  const seconds = Math.round((performance.now() - begun) / 1_000)
  console.log(`\n== ${section.name} (${seconds} s) ==`)
  for (const table of report.tables) console.log(`\n${sayTable(table)}`)
  goals.push(...report.goals)
  saved[section.name] = { seed, scale, ...report }
  if (file !== undefined) writeFileSync(file, `${JSON.stringify(saved, null, 1)}\n`)
}
if (goals.length > 0) console.log(`\n${sayGoals(goals)}`)
if (file !== undefined && options.pages) writePages(file)
