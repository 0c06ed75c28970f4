import { countEProcess } from '../src/analysis/sequential/count-e-process.js'
import { nodeMixture } from '../src/analysis/sequential/node-mixture.js'
import { rankExceedance } from '../src/analysis/sequential/rank-exceedance.js'
import { sequentialJudge } from '../src/analysis/sequential-judge.js'
import type { Measurement } from '../src/vocabulary/measurement.js'

/** Prints how long one look takes, by method, and how large the state of the judge is. The fastest of five, in microseconds. */
function time(name: string, rounds: number, look: () => unknown): void {
  for (let i = 0; i < rounds; i++) look()
  const tries = Array.from({ length: 5 }, () => {
    const from = performance.now()
    for (let i = 0; i < rounds; i++) look()
    return ((performance.now() - from) / rounds) * 1_000
  })
  console.log(
    `${name.padEnd(52)} ${Math.min(...tries)
      .toFixed(1)
      .padStart(9)} µs`,
  )
}

const counts = { controlTotal: 54_000, controlBad: 270, canaryTotal: 6_000, canaryBad: 30 }
const plain = countEProcess(nodeMixture(), { relative: 1.1, absolute: 1e-4 })
let wealth = plain.begin()
time('count e-process, 32 nodes and cash', 100_000, () => {
  wealth = plain.update(wealth, [counts], { share: 1 / 60 })
})
const boosted = countEProcess(nodeMixture(), { relative: 1.1, absolute: 0 }, 0.01)
time('the same, boosted, 300 bad requests', 2_000, () => boosted.update(boosted.begin(), [counts]))
const many = { controlTotal: 900_000, controlBad: 9_000, canaryTotal: 100_000, canaryBad: 1_000 }
time('the same, boosted, 10,000 bad requests', 500, () => boosted.update(boosted.begin(), [many]))

const levels = [0.5, 0.9, 0.95, 0.99, 0.999]
const ranks = rankExceedance(nodeMixture({ size: 8 }), levels.length)
const tables = levels.map((level) => {
  const above = Math.round(60_000 * (1 - level))
  return { total: 60_000, canary: 6_000, above, canaryAbove: Math.round(above / 10) }
})
time('rank exceedance, 5 levels, 8 nodes, 60,000 requests', 500, () => ranks.update(ranks.begin(), tables, 1 / 60))

const ratio = (total: number, bad: number): Measurement => ({ kind: 'counts', total, bad })
const judge = sequentialJudge({ use: 'sequential', warmup: 0, guardrails: { errors: { kind: 'ratio' } } })
let state = judge.begin()
let from = 0
time('the judge, one ratio, with its reasons', 10_000, () => {
  const metrics = { errors: { canary: ratio(6_000, 30), control: ratio(54_000, 270) } }
  state = judge.look(state, { from, to: from + 60_000, metrics }).state
  from += 60_000
})
console.log(
  `State of that metric after ${(from / 60_000).toLocaleString('en')} looks: ${JSON.stringify(state.metrics.errors).length} bytes of JSON`,
)
