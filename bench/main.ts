/**
 * All benches, one after the other, and a table of what was asked for and what was measured.
 *
 *     npm run bench [-- name of a bench]...
 *
 * Ratios count more than figures: both sides of one are measured in the same run. A busy machine spoils whatever waits for a
 * core, such as the 99th percentiles; the load is printed with the table.
 */
import { spawn } from 'node:child_process'
import { loadavg } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type Goal, goalMark } from './goal.ts'

const benches = ['file-journal', 'durable-steps', 'decision-latency', 'waiting', 'resume', 'simulation']
const chosen = process.argv.length > 2 ? process.argv.slice(2) : benches
const goals: Goal[] = []

for (const name of chosen) {
  if (!benches.includes(name)) throw new Error(`There is no bench "${name}", but ${benches.join(', ')}.`)
  console.log(`\n== ${name}, load ${load()}`)
  const child = spawn(process.execPath, ['--expose-gc', fileURLToPath(new URL(`${name}.ts`, import.meta.url))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  for await (const line of createInterface({ input: child.stdout }))
    if (line.startsWith(goalMark)) goals.push(JSON.parse(line.slice(goalMark.length)))
    else console.log(line)
  if ((await ended) !== 0) process.exitCode = 1
}

const width = Math.max(...goals.map(({ what }) => what.length))
console.log(`\n${'goal'.padEnd(width)} | ${'asked'.padStart(12)} | ${'measured'.padStart(12)} | met   (load ${load()})`)
for (const { what, asked, measured, isMet } of goals)
  console.log(`${what.padEnd(width)} | ${asked.padStart(12)} | ${measured.padStart(12)} | ${isMet ? 'yes' : 'NO'}`)

function load(): string {
  return loadavg()[0]!.toFixed(1)
}
