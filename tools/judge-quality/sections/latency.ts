import { quantiles } from '../../../dist/src/analysis/fixed/quantile.js'
import { classifyCompatible } from '../../../dist/src/analysis/kayenta/classify-compatible.js'
import { kayentaSettingsSchema } from '../../../dist/src/analysis/kayenta-judge.js'
import { guardrailTest } from '../../../dist/src/analysis/sequential/build-metric-test.js'
import { type Guardrail, sequentialSettingsSchema } from '../../../dist/src/analysis/sequential/sequential-settings.js'
import { alpha } from '../contenders.ts'
import { bimodal, changes, drawLatency, heavy, type Latency, usual } from '../latencies.ts'
import { type Random, seededRandom } from '../random.ts'
import type { Section, Table } from '../section.ts'
import { percent, rateWithInterval, sum, tailProbability, times, twoErrorsAbove } from '../words.ts'

interface Cell {
  readonly name: string
  readonly control: Latency
  readonly canary: Latency
  readonly seconds: number
  readonly judge: 'samples' | 'buckets' | 'peers'
  /** Each cohort stalls by itself in one look of ten: a fifth of its requests in that look then wait another second. */
  readonly hasStalls?: boolean
}
interface Found {
  /** By rule: runs that rolled back, and canary requests until then or the end, in all runs. */
  readonly [rule: string]: { readonly rollbacks: number; readonly requests: number }
}

const perSecond = { canary: 10, control: 90 }
const most = 36_000
const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const worlds = [
  { name: 'lognormal', latency: usual },
  { name: 'bimodal', latency: bimodal },
  { name: 'heavy tail', latency: heavy },
]

const settings = {
  kind: 'latency',
  tolerate: { slowdown: 1, odds: 1 },
  promote: { slowdown: 1.2, odds: 1.5 },
}
function latencyTest() {
  const { guardrails } = sequentialSettingsSchema.parse({ use: 'sequential', guardrails: { latency: settings } })
  return guardrailTest(guardrails.latency as Guardrail, { alpha, promotionAlpha: 0.05, reportAlpha: alpha })
}

const sample = (latency: Latency, count: number, random: Random) =>
  Array.from({ length: count }, () => drawLatency(latency, random))
const samples = (latency: Latency, count: number, random: Random, hasStalls = false) => {
  const stalled = hasStalls && random.uniform() < 0.1 ? count / 5 : 0
  return { kind: 'samples' as const, values: sample(latency, count, random).map((value, i) => (i < stalled ? value + 1 : value)) }
}

/** Counts of Prometheus' default buckets, in which requests fall with these probabilities. */
function histogram(probabilities: readonly number[], count: number, random: Random) {
  let [left, chance] = [count, 1]
  const counts = probabilities.map((probability, i) => {
    const inBucket = i === bounds.length ? left : random.binomial(left, chance > 0 ? Math.min(1, probability / chance) : 0)
    left -= inBucket
    chance -= probability
    return inBucket
  })
  return { kind: 'histogram' as const, bounds, counts }
}

/** By simulation, the same for both cohorts where they are alike. */
function bucketProbabilities(latency: Latency): number[] {
  const [draws, random] = [400_000, seededRandom(1)]
  const counts = new Array<number>(bounds.length + 1).fill(0)
  for (let i = 0; i < draws; i++) {
    const value = drawLatency(latency, random)
    const bucket = bounds.findIndex((bound) => value <= bound)
    counts[bucket < 0 ? bounds.length : bucket]! += 1
  }
  return counts.map((count) => count / draws)
}

function sequentialRun({ control, canary, seconds, judge, hasStalls }: Cell, looks: number, random: Random, shapes: number[][]) {
  const test = latencyTest()
  let state = test.begin()
  for (let look = 1; look <= looks; look++) {
    const [of, against] = [perSecond.canary * seconds, perSecond.control * seconds]
    const comparison =
      judge === 'samples'
        ? { canary: samples(canary, of, random, hasStalls), control: samples(control, against, random, hasStalls) }
        : { canary: histogram(shapes[0]!, of, random), control: histogram(shapes[1]!, against, random) }
    const next = test.observe(state, comparison, seconds)
    if (typeof next !== 'string') state = next
    if (test.harm(state) >= -Math.log(alpha)) return { isRolledBack: true, requests: look * of }
  }
  return { isRolledBack: false, requests: looks * perSecond.canary * seconds }
}

const { metrics, ...options } = kayentaSettingsSchema.parse({
  use: 'kayenta',
  metrics: [{ metric: 'p99', direction: 'increase' }],
})
const isHigh = (canary: number[], control: number[]) =>
  classifyCompatible(canary, control, metrics[0]!, options).classification === 'High'

/** The p99 of each minute, as the peers look at it, for one hour. */
function peersRun({ control, canary }: Cell, random: Random): Record<string, number | undefined> {
  const p99 = (latency: Latency, count: number) => (quantiles(sample(latency, count, random), [0.99]) as number[])[0]!
  const usualP99 = p99(control, 20_000)
  const series = Array.from({ length: 60 }, () => [p99(canary, 60 * perSecond.canary), p99(control, 60 * perSecond.control)]) as [
    number,
    number,
  ][]
  const until = (look: number) => [series.slice(0, look).map(([x]) => x), series.slice(0, look).map(([, y]) => y)] as const
  const first = (isDone: (look: number) => boolean) => Array.from({ length: 60 }, (_, i) => i + 1).find((look) => isDone(look))
  return {
    'Kayenta-like p99, once an hour': isHigh(...until(60)) ? 60 : undefined,
    'Kayenta-like p99, every minute': first((look) => look >= 5 && isHigh(...until(look))),
    'Argo-like p99 > 1.1x, limit 3': first((look) => until(look)[0].filter((x) => x > 1.1 * usualP99).length > 3),
  }
}

/** How slow is slower: rank exceedance at five levels against rules on a p99. */
export const latency: Section<Cell, Found> = {
  name: 'latency',
  cells: [
    ...worlds.flatMap(({ name, latency }) =>
      (['samples', 'buckets', 'peers'] as const)
        // Ranks do not see what the shape is, as long as it is the same for both.
        .filter((judge) => judge !== 'samples' || name === 'lognormal')
        .map((judge) => ({ name, control: latency, canary: latency, seconds: judge === 'peers' ? 60 : 5, judge })),
    ),
    { name: 'lognormal, stalling', control: usual, canary: usual, seconds: 5, judge: 'samples', hasStalls: true },
    ...changes.flatMap(({ name, control, canary }) => [
      ...[5, 60].flatMap((seconds) =>
        (['samples', 'buckets'] as const).map((judge) => ({ name, control, canary, seconds, judge })),
      ),
      { name, control, canary, seconds: 60, judge: 'peers' as const },
    ]),
  ],
  runs: ({ control, canary, judge, hasStalls }) => (judge === 'peers' ? 100 : control === canary && !hasStalls ? 10_000 : 300),
  simulate(cell, runs, random) {
    const shapes = cell.judge === 'buckets' ? [bucketProbabilities(cell.canary), bucketProbabilities(cell.control)] : []
    const found: Record<string, { rollbacks: number; requests: number }> = {}
    const add = (rule: string, isRolledBack: boolean, requests: number) => {
      found[rule] ??= { rollbacks: 0, requests: 0 }
      found[rule].rollbacks += isRolledBack ? 1 : 0
      found[rule].requests += requests
    }
    // A good canary is watched for so many looks; a bad one until it is found, or an hour has passed.
    const looks = cell.control === cell.canary ? 200 : most / (perSecond.canary * cell.seconds)
    for (let run = 0; run < runs; run++) {
      if (cell.judge === 'peers')
        for (const [rule, minute] of Object.entries(peersRun(cell, random)))
          add(rule, minute !== undefined, (minute ?? 60) * 60 * perSecond.canary)
      else {
        const { isRolledBack, requests } = sequentialRun(cell, looks, random, shapes)
        add(`${cell.judge}, looks of ${cell.seconds} s`, isRolledBack, requests)
      }
    }
    return found
  },
  report(done) {
    const bad = done.filter(({ cell }) => changes.some(({ name }) => name === cell.name))
    const good = done.filter((one) => !bad.includes(one))
    const rules = [...new Set(bad.flatMap(({ found }) => Object.keys(found)))]
    const ofChange = (name: string, rule: string) => {
      const one = bad.find(({ cell, found }) => cell.name === name && found[rule] !== undefined)!
      return { mean: one.found[rule]!.requests / one.runs, rate: one.found[rule]!.rollbacks / one.runs }
    }
    const limits = changes.map(({ control, canary }) => thresholdBound(control, canary))
    const falseRows = good.flatMap(({ cell, runs, found }) =>
      Object.entries(found).map(([rule, { rollbacks }]) => ({ rule, shape: cell.name, rollbacks, runs })),
    )
    const ours = falseRows.filter(({ rule, shape }) => /looks of/.test(rule) && !shape.endsWith('stalling'))
    const tables: Table[] = [
      {
        title: 'False rollbacks on latency, 200 looks of 5 s, of peers 60 of 60 s',
        head: ['rule', 'shape', 'false rollbacks (95 % interval)'],
        rows: falseRows.map(({ rule, shape, rollbacks, runs }) => [
          rule,
          rule.startsWith('samples') && shape === 'lognormal' ? 'any' : shape,
          rateWithInterval(rollbacks, runs),
        ]),
        note: 'Stalls are of one cohort alone, which the test takes for slowness: its guarantee is for requests that are slow one by one.',
      },
      {
        title: 'Canary requests until a change is found (10 of 100 requests per second)',
        head: ['change', 'bound, best threshold', ...rules],
        rows: changes.map(({ name }, i) => [
          name,
          limits[i]!.toFixed(0),
          ...rules.map((rule) => {
            const { mean, rate } = ofChange(name, rule)
            return rate >= 0.995 ? mean.toFixed(0) : `${mean.toFixed(0)} (${percent(rate, 0)} found)`
          }),
        ]),
        note: 'What is not found within an hour counts as 36,000. Nothing is tolerated. The bound is of a test that knows at which value to cut.',
      },
    ]
    const fine = 'samples, looks of 5 s'
    const slowest = Math.max(...changes.map(({ name }) => ofChange(name, fine).mean))
    const overBound = (isWhole: boolean) =>
      changes.flatMap((change, i) => (change.isWhole === isWhole ? [ofChange(change.name, fine).mean / limits[i]!] : []))
    const [whole, tails] = [Math.max(...overBound(true)), Math.max(...overBound(false))]
    const hits = sum(ours.map(({ rollbacks }) => rollbacks))
    const runs = sum(ours.map(({ runs }) => runs))
    const isQuiet = ours.every(({ rollbacks, runs }) => tailProbability(rollbacks, runs, alpha) > 0.01)
    return {
      tables,
      goals: [
        {
          goal: 'latency: false rollbacks <= 1 %',
          measured: rateWithInterval(hits, runs),
          isMet: isQuiet && hits / runs <= twoErrorsAbove(alpha, runs),
        },
        {
          goal: 'latency: every change is found within 3,000 canary requests',
          measured: `at most ${slowest.toFixed(0)} on average (${fine})`,
          isMet: slowest <= 3_000,
        },
        { goal: 'latency: <= 2x the best-threshold bound where all requests shift', measured: times(whole), isMet: whole <= 2 },
        { goal: 'latency: <= 5x the best-threshold bound for tails', measured: times(tails), isMet: tails <= 5 },
      ],
    }
  },
}

/** ln(1/α) over the most evidence per canary request that counting above one threshold can give, over many thresholds. */
function thresholdBound(control: Latency, canary: Latency): number {
  const random = seededRandom(2)
  const draws = 400_000
  const [of, against] = [canary, control].map((latency) =>
    Float64Array.from({ length: draws }, () => drawLatency(latency, random)).sort(),
  )
  const weight = perSecond.canary / (perSecond.canary + perSecond.control)
  const divergence = (p: number, q: number) =>
    (p > 0 ? p * Math.log(p / q) : 0) + (p < 1 ? (1 - p) * Math.log((1 - p) / (1 - q)) : 0)
  let best = 0
  for (let i = 500; i < draws; i += 500) {
    const threshold = of![i]!
    const p = 1 - i / draws
    const q = 1 - below(against!, threshold) / draws
    const pooled = weight * p + (1 - weight) * q
    if (p > q) best = Math.max(best, divergence(p, pooled) + ((1 - weight) / weight) * divergence(q, pooled))
  }
  return -Math.log(alpha) / best
}

function below(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}
