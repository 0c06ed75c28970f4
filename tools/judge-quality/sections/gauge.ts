import { welchT } from '../../../dist/src/analysis/fixed/welch-t.js'
import { guardrailTest } from '../../../dist/src/analysis/sequential/build-metric-test.js'
import { type Guardrail, sequentialSettingsSchema } from '../../../dist/src/analysis/sequential/sequential-settings.js'
import { alpha } from '../contenders.ts'
import type { Random } from '../random.ts'
import type { Section } from '../section.ts'
import { percent, rateWithInterval } from '../words.ts'

interface Cell {
  readonly name: string
  /** Lag-1 correlation of the differences. */
  readonly correlation: number
  readonly block: number
  readonly hasHeavyTails: boolean
}
interface Found {
  readonly falsely: number
  readonly falselyByT: number
  readonly found: number
  readonly looks: number
}

const looks = 60

/** Differences of standard deviation 1 about a shift, on top of a drift that both cohorts share. */
function differences({ correlation, hasHeavyTails }: Cell, { normal }: Random): () => number {
  let last = normal()
  return () => {
    const shock = hasHeavyTails
      ? normal() / Math.sqrt((normal() ** 2 + normal() ** 2 + normal() ** 2) / 3) / Math.sqrt(3)
      : normal()
    last = correlation * last + Math.sqrt(1 - correlation ** 2) * shock
    return last
  }
}

function watch(cell: Cell, shift: number, random: Random): { at: number | undefined; isFoundByT: boolean } {
  const { guardrails } = sequentialSettingsSchema.parse({
    use: 'sequential',
    guardrails: { memory: { kind: 'gauge', block: cell.block, tolerate: { absolute: 0 }, promote: { absolute: 2 } } },
  })
  const test = guardrailTest(guardrails.memory as Guardrail, { alpha, promotionAlpha: 0.05, reportAlpha: alpha })
  const next = differences(cell, random)
  const seen: number[] = []
  let [state, at, drift, isFoundByT] = [test.begin(), undefined as number | undefined, 100, false]
  for (let look = 1; look <= looks; look++) {
    drift += random.normal()
    seen.push(shift + next())
    const values = (value: number) => ({ kind: 'gauge' as const, values: [value] })
    const observed = test.observe(state, { canary: values(drift + seen.at(-1)!), control: values(drift) }, 60)
    if (typeof observed !== 'string') state = observed
    if (at === undefined && test.harm(state) >= -Math.log(alpha)) at = look
    isFoundByT ||= look >= 5 && tTest(seen)
  }
  return { at, isFoundByT }
}

/** A one-sided t-test of all differences so far. */
function tTest(seen: readonly number[]): boolean {
  const mean = seen.reduce((sum, value) => sum + value, 0) / seen.length
  const spread = Math.sqrt(seen.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (seen.length - 1))
  // Against a sample without spread, Welch's test is the one-sample test.
  const result = welchT(seen, [0, 0, 0], { alternative: 'greater' })
  return spread > 0 && 'p' in result && result.p < alpha
}

/** Memory, queues, saturation: one pair of values in each look. */
export const gauge: Section<Cell, Found> = {
  name: 'gauge',
  cells: [
    { name: 'bell-shaped', correlation: 0, block: 1, hasHeavyTails: false },
    { name: 'heavy tails (t with 3 degrees)', correlation: 0, block: 1, hasHeavyTails: true },
    { name: 'correlated 0.3, blocks of 3', correlation: 0.3, block: 3, hasHeavyTails: false },
    { name: 'correlated 0.6, blocks of 6', correlation: 0.6, block: 6, hasHeavyTails: false },
    { name: 'correlated 0.6, not blocked', correlation: 0.6, block: 1, hasHeavyTails: false },
  ],
  runs: () => 10_000,
  simulate(cell, runs, random) {
    const found = { falsely: 0, falselyByT: 0, found: 0, looks: 0 }
    for (let run = 0; run < runs; run++) {
      const good = watch(cell, 0, random)
      if (good.at !== undefined) found.falsely += 1
      if (good.isFoundByT) found.falselyByT += 1
      const bad = watch(cell, 1, random)
      if (bad.at !== undefined) found.found += 1
      found.looks += bad.at ?? looks
    }
    return found
  },
  report: (done) => ({
    tables: [
      {
        title: 'Gauges, 60 looks: false rollbacks, and a shift by one standard deviation of the differences',
        head: ['differences', 'false rollbacks (95 % interval)', 't-test at each look', 'shift found', 'looks until then'],
        rows: done.map(({ cell, runs, found }) => [
          cell.name,
          rateWithInterval(found.falsely, runs),
          percent(found.falselyByT / runs, 1),
          percent(found.found / runs, 0),
          (found.looks / runs).toFixed(1),
        ]),
        note: 'Nothing is tolerated. The drift that both cohorts share is as large as the differences at every look.',
      },
    ],
    goals: [],
  }),
}
