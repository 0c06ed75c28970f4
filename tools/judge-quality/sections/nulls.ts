import { byDefault, strict } from '../contenders.ts'
import { byContender, race, type Tally } from '../race.ts'
import type { Section } from '../section.ts'
import { percent, rateWithInterval, sum } from '../words.ts'
import type { Service, World } from '../worlds.ts'
import { falseGoals, grid } from './grid.ts'

interface Scenario {
  readonly world: World
  readonly looks: number
}
interface Cell extends Scenario {
  readonly service: Service
}

const scenarios: readonly Scenario[] = [
  { world: 'steady', looks: 1_440 },
  { world: 'diurnal and drifting', looks: 60 },
  { world: 'shared incident', looks: 60 },
]
const saying = ({ world, looks }: Scenario) => `${world}, ${looks.toLocaleString('en')} looks`
const services = grid.cells.filter(({ ratio }) => ratio === 1)
// Evidence about thousands of bad requests that wastes nothing takes its time.
const contenders = [byDefault(), { ...strict(), part: 0.2 }]

/** A whole day of looks, and hours in which both cohorts share what happens: a good canary in the 36 services of the grid. */
export const nulls: Section<Cell, Tally[]> = {
  name: 'nulls',
  cells: scenarios.flatMap((scenario) => services.map((service) => ({ ...scenario, service }))),
  // So that each scenario has 10,000 runs and more, over its services.
  runs: ({ looks }) => (looks > 60 ? 300 : 1_000),
  simulate: ({ service, world, looks }, runs, random) => race(contenders, { service, world, looks }, runs, random),
  report(done) {
    const found = scenarios.flatMap((scenario) => {
      const cells = done.filter(({ cell }) => cell.world === scenario.world && cell.looks === scenario.looks)
      return [...byContender(cells.map(({ found }) => found))].map(([name, tallies]) => ({ name, scenario, tallies }))
    })
    return {
      tables: [
        {
          title: 'False rollbacks of a canary as good as its control, 36 services, looks of a minute',
          head: ['scenario', 'judge', 'all services (95 % interval)', 'worst service', 'runs'],
          rows: found.map(({ name, scenario, tallies }) => {
            const runs = sum(tallies.map(({ runs }) => runs))
            return [
              saying(scenario),
              name,
              rateWithInterval(sum(tallies.map(({ rollbacks }) => rollbacks)), runs),
              percent(Math.max(...tallies.map(({ rollbacks, runs }) => rollbacks / runs)), 1),
              String(runs),
            ]
          }),
        },
      ],
      goals: found.flatMap(({ name, scenario, tallies }) => falseGoals(name, tallies, `36 null services, ${saying(scenario)}`)),
    }
  },
}
