import { byDefault, strict } from '../contenders.ts'
import { race, type Tally } from '../race.ts'
import type { Section } from '../section.ts'

interface Cell {
  readonly ratio: number
  readonly onset: number
}

const onsets = [0, 10, 30, 60, 120]
const ratios = [2, 3]
const names = [byDefault(), strict()].map(({ name }) => name)

/** A canary that gets worse only after a while. */
export const late: Section<Cell, Tally[]> = {
  name: 'onset',
  cells: ratios.flatMap((ratio) => onsets.map((onset) => ({ ratio, onset }))),
  runs: () => 4_000,
  simulate({ ratio, onset }, runs, random) {
    const service = { baseline: 0.005, weight: 0.1, requestsPerSecond: 100, ratio }
    return race([byDefault(), strict()], { service, looks: onset + 240, onset }, runs, random)
  },
  report(done) {
    const delay = (name: string, ratio: number, onset: number) => {
      const { found } = done.find(({ cell }) => cell.ratio === ratio && cell.onset === onset)!
      const { looks, runs } = found.find((tally) => tally.name === name)!
      return looks / runs
    }
    const slowest = (name: string) =>
      Math.max(...ratios.flatMap((ratio) => onsets.map((onset) => delay(name, ratio, onset) / delay(name, ratio, 0))))
    return {
      tables: [
        {
          title: 'Minutes from when the canary gets worse to the rollback, by the minute in which it does',
          head: ['judge', 'errors', ...onsets.map((onset) => `minute ${onset}`)],
          rows: names.flatMap((name) =>
            ratios.map((ratio) => [name, `x${ratio}`, ...onsets.map((onset) => delay(name, ratio, onset).toFixed(1))]),
          ),
          note: '0.5 % errors, 10 % of 100 requests per second.',
        },
      ],
      goals: names.map((name) => ({
        goal: `${name}: a regression from any minute up to 120 is found within 1.7x the delay of one from minute 0`,
        measured: `at most ${slowest(name).toFixed(2)}x`,
        isMet: slowest(name) <= 1.7,
      })),
    }
  },
}
