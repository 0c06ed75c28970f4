/**
 * One look of the sequential judge at one metric of each kind: how long it takes, and how long its state is after 10,000 looks
 * at a good canary. Beside it the same looks held against a fixed bound, as Argo Rollouts does. Microseconds of CPU, median of
 * five, in one run. "decided" is what a simulation pays, which reads outcomes; "recorded" adds the sentence with its confidence
 * bounds, and the JSON of the verdict, as a journal has them.
 *
 *     npm run build && node bench/analysis-look.ts
 */
import type { Judge } from '../dist/src/analysis/judge.js'
import { sequentialJudge } from '../dist/src/analysis/sequential-judge.js'
import { thresholdJudge } from '../dist/src/analysis/threshold-judge.js'
import type { Comparison, Look } from '../dist/src/vocabulary/measurement.js'
import { seededRandom } from '../tools/judge-quality/random.ts'

const rounds = 5
const minuteMs = 60_000
const random = seededRandom(20240101)

/** A minute at 100 requests per second, of which the canary gets a tenth. */
const [ofCanary, ofControl] = [600, 5_400]
const lognormal = (deviation: number) => Math.exp(deviation * random.normal())
const counts = (total: number, rate: number) => ({ kind: 'counts', total, bad: random.binomial(total, rate) }) as const
const events = (exposure: number) => ({ kind: 'events', count: random.binomial(exposure * 100, 0.001), exposure }) as const
const gauge = () => ({ kind: 'gauge', values: [1, 2, 3].map(() => 500 * lognormal(0.1)) }) as const
const samples = (size: number) => ({ kind: 'samples', values: Array.from({ length: size }, () => 50 * lognormal(0.5)) }) as const
const bounds = [5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000]
const histogram = (size: number) => {
  const counts = bounds.map(() => 0).concat(0)
  for (const value of samples(size).values) counts[bounds.filter((bound) => bound < value).length]! += 1
  return { kind: 'histogram', bounds, counts } as const
}

const ratio = { canary: () => counts(ofCanary, 0.005), control: () => counts(ofControl, 0.005) }
const cases: readonly {
  readonly name: string
  readonly guardrail: Parameters<typeof sequentialJudge>[0]['guardrails'][string]
  /** Looks in a round, where they are slow. Default 20,000. */
  readonly looks?: number
  readonly bound: { readonly statistic: string; readonly max: number }
  readonly canary: () => Comparison['canary']
  readonly control: () => Comparison['control']
}[] = [
  { name: 'ratio', guardrail: { kind: 'ratio' }, bound: { statistic: 'ratio', max: 0.01 }, ...ratio },
  {
    name: 'ratio, boosted',
    guardrail: { kind: 'ratio', tolerate: { absolute: 0 } },
    bound: { statistic: 'ratio', max: 0.01 },
    ...ratio,
  },
  {
    name: 'ratio, boosted, 10,000 errors',
    looks: 300,
    guardrail: { kind: 'ratio', dispersion: 1, tolerate: { absolute: 0 } },
    bound: { statistic: 'ratio', max: 0.2 },
    canary: () => counts(10_000, 0.1),
    control: () => counts(90_000, 0.1),
  },
  {
    name: 'events',
    guardrail: { kind: 'events', promote: { absolute: 0.05 } },
    bound: { statistic: 'rate', max: 0.5 },
    canary: () => events(60),
    control: () => events(540),
  },
  { name: 'gauge', guardrail: { kind: 'gauge' }, bound: { statistic: 'mean', max: 1_000 }, canary: gauge, control: gauge },
  {
    name: 'latency, buckets',
    looks: 5_000,
    guardrail: { kind: 'latency' },
    bound: { statistic: 'p99', max: 500 },
    canary: () => histogram(ofCanary),
    control: () => histogram(ofControl),
  },
  {
    name: 'latency, 6,000 samples',
    looks: 200,
    guardrail: { kind: 'latency' },
    bound: { statistic: 'p99', max: 500 },
    canary: () => samples(ofCanary),
    control: () => samples(ofControl),
  },
]

/** Goes through all looks from the beginning; what is done with a verdict decides how much of it is worked out. */
function watch(judge: Judge, looks: readonly Look[], read: (verdict: ReturnType<Judge['look']>['verdict']) => unknown) {
  let state = judge.begin()
  for (const look of looks) {
    const next = judge.look(state, look)
    read(next.verdict)
    state = next.state
  }
  return state
}

/** Microseconds of CPU per look. */
function measure(...of: Parameters<typeof watch>): number {
  watch(...of)
  const times = Array.from({ length: rounds }, () => {
    const before = process.cpuUsage()
    watch(...of)
    const { user, system } = process.cpuUsage(before)
    return (user + system) / of[1].length
  })
  return times.sort((a, b) => a - b)[rounds >> 1]!
}

/** Looks one after the other, over a handful of comparisons made beforehand. */
function looksAt({ canary, control }: (typeof cases)[number], size: number): Look[] {
  const comparisons = Array.from({ length: 50 }, () => ({ canary: canary(), control: control() }))
  return Array.from({ length: size }, (_, i) => {
    return { from: i * minuteMs, to: (i + 1) * minuteMs, metrics: { it: comparisons[i % comparisons.length]! } }
  })
}

const columns = ['look at one metric', 'decided', 'recorded', 'fixed bound, recorded', 'state']
console.log(columns.map((column, i) => (i === 0 ? column.padEnd(32) : column.padStart(24))).join(''))
for (const one of cases) {
  const judge = sequentialJudge({ guardrails: { it: one.guardrail } }) as Judge
  const argo = thresholdJudge({ use: 'threshold', rules: [{ metric: 'it', ...one.bound, failures: 3 }] }) as Judge
  const looks = looksAt(one, one.looks ?? 20_000)
  const cells = [
    `${measure(judge, looks, ({ outcome }) => outcome).toFixed(1)} us`,
    `${measure(judge, looks, JSON.stringify).toFixed(1)} us`,
    `${measure(argo, looks, JSON.stringify).toFixed(1)} us`,
    `${JSON.stringify((watch(judge, looksAt(one, 10_000), () => {}) as { metrics: object }).metrics).length} bytes`,
  ]
  console.log(one.name.padEnd(32) + cells.map((cell) => cell.padStart(24)).join(''))
}
