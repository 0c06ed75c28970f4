import { burnRules, detection, objectiveSchema } from '../../dist/src/analysis/index.js'
import { durationMs } from '../../dist/src/vocabulary/duration.js'
import { strict } from './contenders.ts'
import { evidencePlots } from './plots/evidence.ts'
import { rollbackPlots } from './plots/rollbacks.ts'
import type { Table } from './section.ts'
import { type Axis, barChart, type Line, lineChart } from './svg.ts'

/** Failed requests of the canary by rule, from the measured table. */
function kayenta(tables: readonly Table[]): string {
  const { head, rows } = tables.find(({ title }) => title.startsWith('Failed canary requests'))!
  const column = head.findIndex((name) => name.includes(strict().name))
  const bars = rows.map((row) => ({ name: row[0]!, value: Number.parseFloat(row[column]!), says: row[column]! }))
  return barChart('Failed canary requests until a bad version is rolled back, as a multiple', bars, true)
}

function latency(tables: readonly Table[]): string {
  const { head, rows } = tables.find(({ title }) => title.startsWith('Canary requests until a change'))!
  const bars = rows.slice(0, 5).flatMap((row) =>
    [
      ['sequential', 'samples, looks of 5 s'],
      ['Kayenta p99', 'Kayenta-like p99, every minute'],
      ['Argo p99', 'Argo-like p99 > 1.1x, limit 3'],
    ].map(([short, rule]) => {
      const says = row[head.indexOf(rule!)]!
      return { name: `${short}: ${row[0]}`, value: Number.parseFloat(says), says }
    }),
  )
  return barChart('Canary requests until slower is found', bars, true)
}

/** When the first rule fires on a canary whose step has just begun: at its short window, or once there are requests enough. */
function slo(): string {
  const objective = objectiveSchema.parse({ target: 0.999 })
  const [allowed, badToTell] = [1 - objective.target, 10]
  const rates = Array.from({ length: 200 }, (_, i) => 0.001 * 10 ** ((i * 3) / 199))
  const lines = [1, 10, 100].map((perSecond): Line => {
    const points = rates.flatMap((rate) => {
      const times = burnRules(objective)
        .filter(({ burn }) => rate > burn * allowed)
        .map(({ short, burn }) => Math.max(durationMs(short) / 60_000, badToTell / (allowed * burn) / perSecond / 60))
      return times.length > 0 ? [[100 * rate, Math.min(...times)] as const] : []
    })
    return { name: `${perSecond} canary requests a second`, points }
  })
  const x: Axis = { title: 'error rate of the canary, %', ticks: [0.1, 1, 10, 100], isLog: true }
  const y: Axis = { title: 'minutes until a rule fires', ticks: [1, 10, 100, 1_000], isLog: true }
  return lineChart('Burn-rate rules of a 99.9 % objective on a canary', x, y, lines)
}

function planning(): string {
  const ratios = [1.25, 1.5, 2, 3, 5, 10]
  const of = (ratio: number) => detection({ baseline: 0.005, ratio, weightPercent: 10, requestsPerSecond: 100 })
  const line = (name: string, value: (ratio: number) => number): Line => ({
    name,
    points: ratios.map((ratio) => [ratio, value(ratio)] as const),
  })
  const x: Axis = { title: 'errors of the canary, times the baseline', ticks: ratios, isLog: true, say: (tick) => `x${tick}` }
  const y: Axis = {
    title: 'canary requests',
    ticks: [100, 1_000, 10_000, 100_000],
    isLog: true,
    say: (n) => n.toLocaleString('en'),
  }
  return lineChart('Canary requests to see a regression (0.5 % errors, weight 10 %, alpha 1 %)', x, y, [
    line('90 % of the time', (ratio) => of(ratio).enough.requests),
    line('on average', (ratio) => of(ratio).mean.requests),
    { ...line('no test can do it with fewer', (ratio) => of(ratio).leastRequests), isDashed: true },
  ])
}

/** All plots of the pages, by file name. */
export const plots = (tables: readonly Table[]): Record<string, string> => ({
  ...evidencePlots(),
  ...rollbackPlots(),
  latency: latency(tables),
  kayenta: kayenta(tables),
  slo: slo(),
  planning: planning(),
})
