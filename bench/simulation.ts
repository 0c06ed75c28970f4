/**
 * Releases per second of CPU, and virtual seconds per second of CPU, for a day of five stages whose judge looks every minute at
 * two metrics, and for a common half hour. Beside them the parts of that day that no driver can save: the judge alone and the
 * pure machine alone; and the half hour once more as one of many of which the outcome alone is kept, and through fake timers.
 *
 *     npm run build && node bench/simulation.ts [rounds]
 */
import { mock } from 'node:test'
import { builtInJudge } from '../dist/src/analysis/built-in-judges.js'
import { createOrchestrator } from '../dist/src/engine/orchestrator.js'
import { parseRecord } from '../dist/src/lifecycle/record.js'
import { type ReleaseSnapshot, step } from '../dist/src/lifecycle/release.js'
import { parsePlan } from '../dist/src/plan/define-plan.js'
import type { PlanInput, PlanTree } from '../dist/src/plan/plan-schema.js'
import { bake, shift } from '../dist/src/plan/step.js'
import { canary } from '../dist/src/plan/strategy.js'
import type { JournalRecord } from '../dist/src/ports/journal.js'
import { pretend } from '../dist/src/simulation/pretend.js'
import { runOutcomes } from '../dist/src/simulation/run-outcome.js'
import { scriptOf } from '../dist/src/simulation/script.js'
import { simulate } from '../dist/src/simulation/simulate.js'
import { parseWorld } from '../dist/src/simulation/world-check.js'
import { memoryJournal } from '../dist/src/testing/memory-journal.js'
import { goal } from './goal.ts'

const rounds = Number(process.argv[2] ?? 3)
const planWith = (steps: ReturnType<typeof canary>, judge: object = sequential) =>
  parsePlan({ ...base, judges: { healthy: judge }, stages: [{ name: 'production', strategy: steps }] })
const base = {
  name: 'checkout',
  units: { checkout: { deploy: 'cluster', router: 'edge', metrics: 'scrape' } },
  metrics: { errors: 'errors', latency: 'latency' },
} satisfies Partial<PlanInput>
const sequential = { use: 'sequential', guardrails: { errors: { kind: 'ratio' }, latency: { kind: 'latency', unit: 's' } } }
const threshold = {
  use: 'threshold',
  rules: [
    { metric: 'errors', statistic: 'ratio', max: 0.05 },
    { metric: 'latency', statistic: 'p90', max: 1 },
  ],
}
const world = {
  traffic: { perSecond: 300 },
  stable: { errors: { kind: 'ratio', bad: 0.002 }, latency: { kind: 'latency', median: 0.1 } },
} as const

const watch = bake('280m', { judge: 'healthy', every: '1m', patience: '1h' })
const day = canary(shift(1), watch, shift(5), watch, shift(10), watch, shift(25), watch, shift(50), watch)
const look = { judge: 'healthy', every: '30s', patience: '30m' } as const
const halfHour = canary(shift(5), bake('10m', look), shift(50), bake('20m', look))

/** The fastest round, in milliseconds of CPU: others use the machine as well. */
async function cpuMs(work: () => Promise<unknown> | unknown): Promise<number> {
  let fastest = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage()
    await work()
    const { user, system } = process.cpuUsage(before)
    fastest = Math.min(fastest, (user + system) / 1_000)
  }
  return fastest
}

async function measure(
  name: string,
  plan: PlanTree,
): Promise<{ readonly ms: number; readonly records: readonly JournalRecord[] }> {
  const { startedAt, endedAt, records } = await simulate(plan, world)
  const ms = await cpuMs(() => simulate(plan, world))
  const virtual = (endedAt - startedAt) / ms
  console.log(
    `${name.padEnd(42)} ${ms.toFixed(1).padStart(8)} ms, ${(1_000 / ms).toFixed(1).padStart(6)} releases/s, ${Math.round(virtual).toLocaleString('en').padStart(9)} virtual s/s, ${records.length} records`,
  )
  return { ms, records }
}

await measure('half an hour, threshold judge', planWith(halfHour, threshold))
await measure('half an hour, sequential judge', planWith(halfHour))
await measure('a day, threshold judge', planWith(day, threshold))
const { ms, records } = await measure('a day, sequential judge', planWith(day))
goal('CPU of a simulated day, sequential judge', ms, { atMost: 5 }, 'ms')

const events = records.map(({ body }) => parseRecord(body, 'bench').event)
const looks = events.flatMap((event) => (event.type === 'metrics.looked' && event.look.from < event.look.to ? event.look : []))
const judge = builtInJudge(sequential as never)
const part = (name: string, ms: number) => console.log(`  of which ${name.padEnd(32)} ${ms.toFixed(1).padStart(8)} ms`)
part(
  `the judge, ${looks.length} looks`,
  await cpuMs(() => looks.reduce((state, one) => judge.look(state, one).state, judge.begin())),
)
part(
  `the machine, ${events.length} steps`,
  await cpuMs(() => {
    let snapshot: ReleaseSnapshot | undefined
    for (const event of events) snapshot = step(snapshot, event).snapshot
  }),
)
part('JSON of every record', await cpuMs(() => records.map((record) => JSON.stringify(record))))

/** The half hour through fake timers that tick by the second, with the engine's own attempts and the same pretended world. */
async function throughFakeTimers(plan: PlanTree): Promise<void> {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.UTC(2030, 0, 1) })
  const clock = {
    now: Date.now,
    at(instant: number, call: () => void) {
      const timer = setTimeout(call, Math.max(0, instant - Date.now()))
      return () => clearTimeout(timer)
    },
  }
  const parsed = parseWorld(plan, world)
  const { adapters } = pretend({ plan, world: parsed, script: scriptOf(parsed), clock, seed: 1 })
  const orchestrator = createOrchestrator({ adapters, journal: memoryJournal(), clock, random: () => 0.5 })
  const release = await orchestrator.start(plan, { artifacts: { checkout: { version: 'canary' } }, author: { id: 'bench' } })
  while (!release.status().isFinished) {
    mock.timers.tick(1_000)
    await new Promise((resolve) => setImmediate(resolve))
  }
  mock.timers.reset()
}
const runs = 20
for (const [name, judge] of Object.entries({ threshold, sequential })) {
  const ms = (await cpuMs(() => runOutcomes(planWith(halfHour, judge), world, { first: 1, count: runs }, {}))) / runs
  console.log(
    `half an hour, ${name.padEnd(10)} judge, evaluated  ${ms.toFixed(1).padStart(8)} ms, ${(1_000 / ms).toFixed(1).padStart(6)} releases/s`,
  )
}

const fake = await cpuMs(() => throughFakeTimers(planWith(halfHour)))
console.log(`half an hour, sequential, fake timers      ${fake.toFixed(1).padStart(8)} ms`)
