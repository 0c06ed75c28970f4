/**
 * Mann-Whitney U against SciPy's, on the same numbers in one run: continuous (lognormal) and rounded to whole numbers.
 * CPU time, median of five. Needs python3 with SciPy for the comparison; PYTHON names another interpreter.
 *
 *     npm run build && node bench/mann-whitney.ts
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { mannWhitneyU } from '../dist/src/analysis/fixed/mann-whitney-u.js'
import { normalQuantile } from '../dist/src/analysis/stats/normal-distribution.js'
import { xoshiro128 } from '../dist/src/vocabulary/xoshiro128.js'

const rounds = 5
const sizes = [1_000, 10_000, 100_000, 1_000_000]
const random = xoshiro128(20240101)

const lognormal = (size: number) =>
  Float64Array.from({ length: size }, () => 50 * Math.exp(0.5 * normalQuantile(random.uniform() || 0.5)))
const series = sizes.flatMap((size) => {
  const [x, y] = [lognormal(size), lognormal(size)]
  return [
    { name: `${size} continuous`, x, y },
    { name: `${size} whole ms`, x: x.map(Math.round), y: y.map(Math.round) },
  ]
})

/** Milliseconds of CPU, as the median of `rounds`; short work is repeated within a round to be measurable. */
function measure(work: () => unknown, repeats: number): number {
  work()
  const times = Array.from({ length: rounds }, () => {
    const before = process.cpuUsage()
    for (let i = 0; i < repeats; i++) work()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1_000 / repeats
  })
  return times.sort((a, b) => a - b)[rounds >> 1]!
}

const folder = mkdtempSync(join(tmpdir(), 'taxiway-'))
const write = (name: string, values: Float64Array) => {
  writeFileSync(join(folder, name), values)
  return join(folder, name)
}
const files = series.flatMap(({ x, y }, i) => [write(`${i}-x`, x), write(`${i}-y`, y)])
const script = fileURLToPath(new URL('mann-whitney.py', import.meta.url))
const scipy = spawnSync(process.env.PYTHON ?? 'python3', [script, String(rounds), ...files], { encoding: 'utf8' })
rmSync(folder, { recursive: true })
const lines = scipy.status === 0 ? scipy.stdout.trim().split('\n') : []
if (scipy.status !== 0)
  console.log('SciPy is missing: no comparison. Install python3-scipy, or set PYTHON to a python that has it.\n')

for (const [i, { name, x, y }] of series.entries()) {
  const ms = measure(() => mannWhitneyU(x, y, { method: 'asymptotic' }), Math.ceil(200_000 / x.length))
  const [theirMs = Number.NaN, u, p] = lines[i]?.split(' ').map(Number) ?? []
  const result = mannWhitneyU(x, y, { method: 'asymptotic' })
  if ('insufficient' in result) throw new Error(result.insufficient)
  const agrees = u === result.u && Math.abs(p! - result.p) <= 1e-9 * p! ? 'same U and p' : 'DIFFERENT U OR P'
  const comparison =
    lines.length > 0 ? `  SciPy ${theirMs.toFixed(2).padStart(8)} ms  ${(theirMs / ms).toFixed(1).padStart(5)}x  ${agrees}` : ''
  console.log(`${name.padEnd(20)} taxiway ${ms.toFixed(3).padStart(8)} ms${comparison}`)
}
