import { leastRequests } from '../bound.ts'
import { comparisonOf, ratioTest } from '../contenders.ts'
import type { Section } from '../section.ts'
import { percent, rateWithInterval, sum, twoErrorsAbove } from '../words.ts'
import { countStream, type Service } from '../worlds.ts'
import { meanOver } from './grid.ts'

interface Cell extends Omit<Service, 'ratio'> {
  readonly isEqual: boolean
}
interface Found {
  readonly promoted: number
  readonly requests: number
}

const promotionAlpha = 0.05
const margin = { relative: 1.5, absolute: 5e-4 }
const bound = (cell: Cell) =>
  leastRequests({ ...cell, ratio: 1 }, { ratio: margin.relative, increase: margin.absolute }, promotionAlpha)
const services = [
  { baseline: 0.001, weight: 0.01, requestsPerSecond: 1_000 },
  { baseline: 0.001, weight: 0.1, requestsPerSecond: 1_000 },
  { baseline: 0.005, weight: 0.01, requestsPerSecond: 1_000 },
  { baseline: 0.005, weight: 0.1, requestsPerSecond: 1_000 },
  { baseline: 0.01, weight: 0.1, requestsPerSecond: 100 },
  { baseline: 0.01, weight: 0.5, requestsPerSecond: 100 },
]

/** The default judge's proof that a canary is good enough: how soon for one that is, how often for one at the margin. */
export const promotion: Section<Cell, Found> = {
  name: 'promotion',
  cells: [true, false].flatMap((isEqual) => services.map((service) => ({ ...service, isEqual }))),
  runs: ({ isEqual }) => (isEqual ? 1_000 : 10_000),
  simulate(cell, runs, random) {
    const ratio = cell.isEqual ? 1 : margin.relative + margin.absolute / cell.baseline
    // A twelfth of the bound for each look, so that the looks hardly matter.
    const seconds = bound(cell) / 12 / (cell.weight * cell.requestsPerSecond)
    const test = ratioTest({})
    let [promoted, requests] = [0, 0]
    for (let run = 0; run < runs; run++) {
      const next = countStream({ ...cell, ratio }, 'steady', random, { seconds })
      let state = test.begin()
      for (let look = 0; look < (cell.isEqual ? 500 : 120); look++) {
        const counts = next()
        const observed = test.observe(state, comparisonOf(counts), seconds)
        if (typeof observed !== 'string') state = observed
        requests += counts.canaryTotal
        if (test.merit(state) >= -Math.log(promotionAlpha)) {
          promoted += 1
          break
        }
      }
    }
    return { promoted, requests }
  },
  report(done) {
    const wrong = done.filter(({ cell }) => !cell.isEqual)
    const over = done.filter(({ cell }) => cell.isEqual).map(({ cell, runs, found }) => found.requests / runs / bound(cell))
    const hits = sum(wrong.map(({ found }) => found.promoted))
    const runs = sum(wrong.map(({ runs }) => runs))
    const name = ({ baseline, weight, requestsPerSecond }: Cell) =>
      `${percent(baseline, 1)}, ${percent(weight, 0)} of ${requestsPerSecond}/s`
    const worst = Math.max(...wrong.map(({ runs, found }) => found.promoted / runs))
    return {
      tables: [
        {
          title:
            'Promotion by the default judge: requests of an equal canary over the bound, and promotions of one at the margin',
          head: ['service', 'equal canary', 'at the margin (95 % interval)'],
          rows: services.map((_, i) => {
            const { cell, runs, found } = wrong[i]!
            return [name(cell), `${over[i]!.toFixed(2)}x`, rateWithInterval(found.promoted, runs)]
          }),
          note: 'The margin is 1.5 times the errors of control and 5 in 10,000 more; promised: at most 5 % wrong. Twelve looks to the bound, 120 looks in all at the margin.',
        },
      ],
      goals: [
        {
          goal: 'sequential (default): wrong promotion at the margin <= 5 %',
          measured: `${rateWithInterval(hits, runs)}, worst service ${percent(worst)}`,
          isMet: worst <= twoErrorsAbove(promotionAlpha, wrong[0]!.runs),
        },
        {
          goal: 'sequential (default): an equal canary is promoted within 2x the bound',
          measured: meanOver(over),
          isMet: Math.max(...over) <= 2,
        },
      ],
    }
  },
}
