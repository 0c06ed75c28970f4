import { leastRequests } from '../bound.ts'
import {
  adaptive,
  argo,
  argoInARow,
  byDefault,
  fivePercent,
  flagger,
  kayentaOnce,
  kayentaPeeking,
  kayentaSafe,
  mixtureSprt,
  naive,
  oracle,
  strict,
} from '../contenders.ts'
import { byContender, race, type Tally } from '../race.ts'
import type { Goal, Section, Table } from '../section.ts'
import { geometricMean, mean, percent, range, rateWithInterval, sum, tailProbability, times, twoErrorsAbove } from '../words.ts'
import type { Service } from '../worlds.ts'

const contenders = [
  byDefault(),
  strict(),
  fivePercent,
  adaptive,
  oracle,
  kayentaSafe,
  mixtureSprt,
  naive,
  argo(1.5),
  argo(2),
  argoInARow,
  flagger,
  kayentaOnce,
  kayentaPeeking,
]
const ours = [byDefault(), strict(), fivePercent].map(({ name }) => name)

const services = [0.001, 0.005, 0.01].flatMap((baseline) =>
  [0.01, 0.05, 0.1, 0.5].flatMap((weight) =>
    [100, 1_000, 10_000].map((requestsPerSecond) => ({ baseline, weight, requestsPerSecond })),
  ),
)

/** Of the 10,000 runs with a good canary, what each contender takes part in: the slower it is, the fewer. */
const partOfGood = new Map([
  [byDefault().name, 1],
  [strict().name, 0.2],
  [kayentaPeeking.name, 0.05],
])
const good = contenders.map((contender) => ({ ...contender, part: partOfGood.get(contender.name) ?? 0.1 }))

/** 36 services and four canaries for each, one hour of one look a minute: false rollbacks, detection, and who got hurt meanwhile. */
export const grid: Section<Service, Tally[]> = {
  name: 'grid',
  cells: [1, 1.5, 2, 5].flatMap((ratio) => services.map((service) => ({ ...service, ratio }))),
  runs: ({ ratio }) => (ratio === 1 ? 10_000 : 200),
  simulate: (service, runs, random) => race(service.ratio === 1 ? good : contenders, { service, looks: 60 }, runs, random),
  report(done) {
    const nulls = byContender(done.filter(({ cell }) => cell.ratio === 1).map(({ found }) => found))
    const worse = done.filter(({ cell }) => cell.ratio > 1)
    const tables = [falseRollbacks(nulls), ...[1.5, 2, 5].map((ratio) => detection(worse, ratio)), blastRadius(worse)]
    const goals = [...ours.flatMap((name) => falseGoals(name, nulls.get(name)!)), ...blastGoals(worse, nulls)]
    return { tables, goals }
  },
}

type Cells = Parameters<typeof grid.report>[0]
const pooled = (tallies: readonly Tally[]) => ({
  hits: sum(tallies.map(({ rollbacks }) => rollbacks)),
  runs: sum(tallies.map(({ runs }) => runs)),
})

function falseRollbacks(nulls: Map<string, Tally[]>): Table {
  return {
    title: 'False rollbacks of a canary as good as its control, 36 services, 60 looks of a minute',
    head: ['judge', 'all services (95 % interval)', 'worst service', 'runs'],
    rows: [...nulls].map(([name, tallies]) => {
      const { hits, runs } = pooled(tallies)
      return [
        name,
        rateWithInterval(hits, runs),
        percent(Math.max(...tallies.map(({ rollbacks, runs }) => rollbacks / runs)), 1),
        String(runs),
      ]
    }),
    note: 'Promised to the sequential judges: at most 1 %. The Argo-like rules and mSPRT are told the true baseline.',
  }
}

export function falseGoals(name: string, tallies: readonly Tally[], where = '36 null services, 60 looks'): Goal[] {
  const { hits, runs } = pooled(tallies)
  const limit = 0.05 / tallies.length
  const significant = tallies.filter(({ rollbacks, runs }) => tailProbability(rollbacks, runs, 0.01) < limit)
  return [
    {
      goal: `${name}: false rollbacks pooled <= 1 % (+ 2 s.e.), no cell significantly above; ${where}`,
      measured: `${rateWithInterval(hits, runs)}, ${significant.length} of ${tallies.length} cells above`,
      isMet: hits / runs <= twoErrorsAbove(0.01, runs) && significant.length === 0,
    },
  ]
}

const find = (found: readonly Tally[], name: string) => found.find((tally) => tally.name === name)!

function detection(worse: Cells, ratio: number): Table {
  const telling = worse.filter(({ cell }) => {
    const minutes = leastRequests(cell) / (cell.weight * cell.requestsPerSecond * 60)
    return cell.ratio === ratio && minutes >= 1 && minutes <= 20
  })
  return {
    title: `Errors x${ratio}, in the ${telling.length} services where the bound is 1 to 20 minutes: found within the hour, and at what price`,
    head: ['judge', 'found (95 % interval)', 'canary requests', 'failed ones', 'requests over the bound'],
    rows: contenders.map(({ name }) => {
      const tallies = telling.map(({ found }) => find(found, name))
      const { hits, runs } = pooled(tallies)
      const typical = (amount: (tally: Tally) => number) => geometricMean(tallies.map((tally) => amount(tally) / tally.runs))
      return [
        name,
        rateWithInterval(hits, runs),
        Math.round(typical(({ requests }) => requests)).toLocaleString('en'),
        typical(({ failed }) => failed).toFixed(0),
        times(geometricMean(telling.map(({ cell }, i) => tallies[i]!.requests / tallies[i]!.runs / leastRequests(cell)))),
      ]
    }),
    note: 'Geometric means over the services; a minute that has begun counts in full; what is not found counts as the whole hour. The bound is that of a test that tolerates nothing, also for the default judge, which tolerates 10 % and 1 in 10,000.',
  }
}

/** Cells that our judge finds in nearly every run: in the others it would be compared for what it does not promise. */
const found = (worse: Cells, name: string) =>
  worse.filter(({ found }) => find(found, name).rollbacks >= 0.99 * find(found, name).runs)

const failures = (tallies: readonly Tally[], name: string) => {
  const { failed, runs } = find(tallies, name)
  return failed / runs
}

const relative = (cells: Cells, name: string, to: string) =>
  geometricMean(cells.map(({ found }) => Math.max(failures(found, name), 0.5) / Math.max(failures(found, to), 0.5)))

function blastRadius(worse: Cells): Table {
  const heads = ours.map((name) => `times those of ${name} (${found(worse, name).length} services)`)
  return {
    title: 'Failed canary requests until the rollback, or the end of the hour, where our judge finds 99 % of the regressions',
    head: ['judge', ...heads],
    rows: contenders.map(({ name }) => [name, ...ours.map((to) => times(relative(found(worse, to), name, to)))]),
    note: 'Geometric means over services and regressions.',
  }
}

function blastGoals(worse: Cells, nulls: Map<string, Tally[]>): Goal[] {
  return [
    [kayentaOnce.name, 20],
    [kayentaPeeking.name, 3],
    [argo(2).name, 5],
  ].flatMap(([peer, least]) =>
    ours.map((name) => {
      const ratio = relative(found(worse, name), String(peer), name)
      const [mine, theirs] = [pooled(nulls.get(name)!), pooled(nulls.get(String(peer))!)]
      const [rate, theirRate] = [mine.hits / mine.runs, theirs.hits / theirs.runs]
      return {
        goal: `${name}: >= ${least}x fewer failed requests than ${peer}, at fewer false rollbacks`,
        measured: `${times(ratio, 1)}, ${percent(rate)} against ${percent(theirRate)}`,
        isMet: ratio >= Number(least) && rate <= theirRate,
      }
    }),
  )
}

export const meanOver = (values: readonly number[]) => `${times(mean(values))} (${range(values, times)})`
