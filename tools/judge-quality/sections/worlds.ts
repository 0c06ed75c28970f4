import { adaptive, argo, byDefault, calibrated, deadline, kayentaPeeking, naive, oracle, strict } from '../contenders.ts'
import { race, type Tally } from '../race.ts'
import type { Goal, Section } from '../section.ts'
import { percent, rateWithInterval, sum, tailProbability, twoErrorsAbove } from '../words.ts'
import type { World } from '../worlds.ts'

interface Cell {
  readonly world: World
  readonly baseline: number
  readonly ratio: number
}

const allWorlds: readonly World[] = [
  'steady',
  'diurnal and drifting',
  'shared incident',
  'noise 5 %',
  'noise 10 %',
  'noise 20 %',
  'lasting noise 10 %',
  'bursts up to 2',
  'bursts up to 4',
]
const contenders = [byDefault(), strict(), adaptive, calibrated, deadline(60), oracle, naive, argo(1.5), kayentaPeeking]
/** Of the runs with a good canary, a part for those without a goal here. */
const good = contenders.map((contender) => ({
  ...contender,
  part: [byDefault(), adaptive, calibrated].some(({ name }) => name === contender.name) ? 1 : 0.1,
}))

/** Drift, incidents, bursts and noise: what each does to a good canary, and whether a doubling of errors is still found. */
export const weather: Section<Cell, Tally[]> = {
  name: 'worlds',
  cells: allWorlds.flatMap((world) => [1, 2].flatMap((ratio) => [0.001, 0.005].map((baseline) => ({ world, baseline, ratio })))),
  runs: ({ ratio }) => (ratio === 1 ? 5_000 : 200),
  simulate({ world, baseline, ratio }, runs, random) {
    const service = { baseline, weight: 0.1, requestsPerSecond: 1_000, ratio }
    return race(ratio === 1 ? good : contenders, { service, world, looks: 60 }, runs, random)
  },
  report(done) {
    const tallies = (name: string, world: World, ratio: number) =>
      done
        .filter(({ cell }) => cell.world === world && cell.ratio === ratio)
        .map(({ found }) => found.find((tally) => tally.name === name)!)
    const rate = (name: string, world: World, ratio: number) => {
      const all = tallies(name, world, ratio)
      return { hits: sum(all.map(({ rollbacks }) => rollbacks)), runs: sum(all.map(({ runs }) => runs)) }
    }
    const names = contenders.map(({ name }) => name)
    const table = (title: string, ratio: number, digits: number) => ({
      title,
      head: ['world', ...names],
      rows: allWorlds.map((world) => [
        world,
        ...names.map((name) => {
          const { hits, runs } = rate(name, world, ratio)
          return percent(hits / runs, digits)
        }),
      ]),
      note: '0.1 % and 0.5 % errors together, 10 % of 1,000 requests per second, 60 looks of a minute. Noise is of the canary alone.',
    })
    const goal = (name: string, worlds: readonly World[], most: number): Goal => {
      const rates = worlds.flatMap((world) => tallies(name, world, 1))
      const worst = rates.reduce((a, b) => (b.rollbacks / b.runs > a.rollbacks / a.runs ? b : a))
      const isAbove = ({ rollbacks, runs }: Tally) => tailProbability(rollbacks, runs, most) < 0.05 / rates.length
      return {
        goal: `${name}: false rollbacks <= ${percent(most, 0)} in: ${worlds.join(', ')}`,
        measured: `worst ${rateWithInterval(worst.rollbacks, worst.runs)}`,
        isMet: worst.rollbacks / worst.runs <= twoErrorsAbove(most, worst.runs) && !rates.some(isAbove),
      }
    }
    const shared = ['steady', 'diurnal and drifting', 'shared incident'] as const
    const noise = ['noise 5 %', 'noise 10 %'] as const
    return {
      tables: [
        table('False rollbacks of a good canary, by world', 1, 2),
        table('Rollbacks of a canary with twice the errors, by world', 2, 0),
      ],
      goals: [
        goal(byDefault().name, shared, 0.01),
        goal(strict().name, shared, 0.01),
        goal(calibrated.name, [...noise, 'noise 20 %', 'bursts up to 2', 'bursts up to 4'], 0.01),
        goal(adaptive.name, noise, 0.02),
        goal(byDefault().name, noise, 0.02),
      ],
    }
  },
}
