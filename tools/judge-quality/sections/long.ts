import { byDefault, strict } from '../contenders.ts'
import { byContender, race, type Tally } from '../race.ts'
import type { Section } from '../section.ts'
import { percent, rateWithInterval, sum } from '../words.ts'
import type { Service } from '../worlds.ts'
import { falseGoals, grid } from './grid.ts'

const day = 1_440

/** A whole day of looks at a good canary. */
export const long: Section<Service, Tally[]> = {
  name: 'long',
  cells: grid.cells.filter(({ ratio }) => ratio === 1),
  // Exact evidence about thousands of bad requests a minute takes its time.
  runs: ({ requestsPerSecond }) => (requestsPerSecond > 1_000 ? 30 : 200),
  simulate: (service, runs, random) => race([byDefault(), strict()], { service, looks: day }, runs, random),
  report(done) {
    const nulls = byContender(done.map(({ found }) => found))
    return {
      tables: [
        {
          title: 'False rollbacks of a canary as good as its control, 36 services, 1,440 looks of a minute',
          head: ['judge', 'all services (95 % interval)', 'worst service', 'runs'],
          rows: [...nulls].map(([name, tallies]) => {
            const runs = sum(tallies.map(({ runs }) => runs))
            const worst = Math.max(...tallies.map(({ rollbacks, runs }) => rollbacks / runs))
            return [name, rateWithInterval(sum(tallies.map(({ rollbacks }) => rollbacks)), runs), percent(worst, 1), String(runs)]
          }),
        },
      ],
      goals: [...nulls].flatMap(([name, tallies]) => falseGoals(name, tallies, '36 null services, 1,440 looks')),
    }
  },
}
