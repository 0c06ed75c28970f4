import { countEProcess } from '../../../dist/src/analysis/sequential/count-e-process.js'
import { nodeMixture } from '../../../dist/src/analysis/sequential/node-mixture.js'
import { rankExceedance } from '../../../dist/src/analysis/sequential/rank-exceedance.js'
import { sequentialJudge } from '../../../dist/src/analysis/sequential-judge.js'
import { comparisonOf, ratioTest } from '../contenders.ts'
import type { Section } from '../section.ts'

interface Found {
  readonly [what: string]: number
}

/** Microseconds of CPU for one call, the fastest of seven rounds: what else the machine does, it does not count. */
function microseconds(calls: number, call: (i: number) => unknown): number {
  const rounds = Array.from({ length: 7 }, () => {
    const before = process.cpuUsage()
    for (let i = 0; i < calls; i++) call(i)
    const { user, system } = process.cpuUsage(before)
    return (user + system) / calls
  })
  return Math.min(...rounds)
}

const counts = (i: number) => ({ controlTotal: 54_000, controlBad: 270, canaryTotal: 6_000, canaryBad: 25 + (i % 10) })
const comparison = (i: number) => comparisonOf(counts(i))

/** What a look costs. */
export const speed: Section<null, Found> = {
  name: 'speed',
  cells: [null],
  runs: () => 1,
  simulate() {
    const margin = { relative: 1.1, absolute: 1e-4 }
    const plain = countEProcess(nodeMixture(), margin)
    let wealth = plain.begin()
    const engine = microseconds(50_000, (i) => {
      wealth = plain.update(wealth, [counts(i)], { share: 1 / 60 })
    })
    const test = ratioTest({})
    let metric = test.begin()
    const harmAndMerit = microseconds(30_000, (i) => {
      metric = test.observe(metric, comparison(i), 60)
      return test.harm(metric) + test.merit(metric)
    })
    const boosted = countEProcess(nodeMixture(), { relative: 1, absolute: 0 }, 0.01)
    const busy = { controlTotal: 900_000, controlBad: 9_000, canaryTotal: 100_000, canaryBad: 1_000 }
    // With evidence short of enough, where the boost has work to do.
    const rich = boosted.begin().map((log) => log + 4)
    const boost = microseconds(300, () => boosted.update(rich, [busy]))
    const levels = [0.5, 0.9, 0.95, 0.99, 0.999]
    const ranks = rankExceedance(nodeMixture({ size: 8 }), levels.length)
    const tables = levels.map((level) => {
      const above = Math.round(60_000 * (1 - level))
      return { total: 60_000, canary: 6_000, above, canaryAbove: Math.round(above / 10) }
    })
    const latency = microseconds(500, () => ranks.update(ranks.begin(), tables, 1 / 60))
    const judge = sequentialJudge({ use: 'sequential', warmup: 0, guardrails: { errors: { kind: 'ratio' } } })
    let [state, from] = [judge.begin(), 0]
    const look = microseconds(20_000, (i) => {
      state = judge.look(state, { from, to: from + 60_000, metrics: { errors: comparison(i) } }).state
      from += 60_000
    })
    return {
      engine,
      harmAndMerit,
      boost,
      latency,
      look,
      looks: from / 60_000,
      bytes: JSON.stringify(state.metrics.errors).length,
    }
  },
  report([done]) {
    const { engine, harmAndMerit, boost, latency, look, looks, bytes } = done!.found as Record<string, number>
    return {
      tables: [
        {
          title: 'CPU time of one look',
          head: ['what', 'time'],
          rows: [
            ['count e-process, 32 nodes and cash', `${engine!.toFixed(1)} µs`],
            ['the same, boosted, 10,000 bad requests', `${boost!.toFixed(0)} µs`],
            ['rank exceedance, five levels of 60,000 requests', `${latency!.toFixed(0)} µs`],
            ['a ratio: harm, merit, over-dispersion, ratio, kept short', `${harmAndMerit!.toFixed(1)} µs`],
            ['the whole judge of that ratio, with checks, confidence bounds, sentence and numbers', `${look!.toFixed(1)} µs`],
          ],
          note: `State of the ratio after ${looks} looks: ${bytes} bytes of JSON.`,
        },
      ],
      goals: [
        {
          goal: 'one look of the count e-process, 33 entries, <= 5 µs',
          measured: `${engine!.toFixed(1)} µs`,
          isMet: engine! <= 5,
        },
        { goal: 'with boost <= 1 ms', measured: `${boost!.toFixed(0)} µs`, isMet: boost! <= 1_000 },
        { goal: 'state <= 1 KB of JSON per metric', measured: `${bytes} bytes`, isMet: bytes! <= 1_024 },
      ],
    }
  },
}
