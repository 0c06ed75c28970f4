import { leastRequests } from '../bound.ts'
import { byDefault, oracle, strict } from '../contenders.ts'
import { race, type Tally } from '../race.ts'
import type { Section } from '../section.ts'
import { meanOver } from './grid.ts'

interface Cell {
  readonly baseline: number
  readonly weight: number
  readonly ratio: number
  readonly judge: 'strict' | 'default'
}

const ratios = [1.25, 1.5, 2, 3, 5, 10]
const margins = { strict: { ratio: 1, increase: 0 }, default: { ratio: 1.1, increase: 1e-4 } }
const bound = (cell: Cell) => leastRequests(cell, margins[cell.judge])

/** Looks so short that half a bad canary request falls into each: how far from the bound, without any granularity. */
export const distance: Section<Cell, Tally[]> = {
  name: 'bound',
  cells: (['strict', 'default'] as const).flatMap((judge) =>
    ratios
      .filter((ratio) => judge === 'strict' || ratio >= 1.5)
      .flatMap((ratio) =>
        [0.001, 0.01].flatMap((baseline) => [0.01, 0.1, 0.5].map((weight) => ({ baseline, weight, ratio, judge }))),
      ),
  ),
  runs: ({ ratio }) => (ratio < 2 ? 800 : 2_000),
  simulate(cell, runs, random) {
    const canaryRequests = 0.5 / (cell.baseline * cell.ratio)
    const looks = Math.ceil((20 * bound(cell)) / canaryRequests)
    // As fast as makes the bound ten minutes: money that is spread anew by the hour then costs what it costs in practice.
    const seconds = (600 * canaryRequests) / bound(cell)
    const service = { ...cell, requestsPerSecond: canaryRequests / cell.weight / seconds }
    const contenders = cell.judge === 'strict' ? [strict(seconds), oracle] : [byDefault(seconds)]
    return race(contenders, { service, looks, seconds }, runs, random)
  },
  report(done) {
    const names = [...new Set(done.flatMap(({ found }) => found.map(({ name }) => name)))]
    const over = (name: string, ratio: number) =>
      done.flatMap(({ cell, found }) =>
        found
          .filter((tally) => tally.name === name && cell.ratio === ratio)
          .map(({ requests, runs }) => requests / runs / bound(cell)),
      )
    const cell = (name: string, ratio: number) => {
      const values = over(name, ratio)
      return values.length === 0 ? '' : meanOver(values)
    }
    return {
      tables: [
        {
          title: 'Canary requests to detection over the Kullback-Leibler bound of the same margins, without granularity',
          head: ['errors', ...names],
          rows: ratios.map((ratio) => [`x${ratio}`, ...names.map((name) => cell(name, ratio))]),
          note: 'Mean over six services, and the range of their means. The bound knows neither baseline nor ratio, and nothing of overshoot: even the oracle pays that.',
        },
      ],
      goals: names
        .filter((name) => name !== oracle.name)
        .flatMap((name) =>
          [
            { most: 1.4, of: [1.5, 2, 3] },
            { most: 1.65, of: [5, 10] },
          ].map(({ most, of }) => {
            const means = of.map((ratio) => over(name, ratio)).map((values) => values.reduce((a, b) => a + b, 0) / values.length)
            return {
              goal: `${name}: <= ${most}x the bound for x${of.join(', x')}`,
              measured: means.map((value) => `${value.toFixed(2)}x`).join(', '),
              isMet: means.every((value) => value <= most),
            }
          }),
        ),
    }
  },
}
