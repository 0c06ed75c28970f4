import { ruleJudge } from '../../../dist/src/analysis/index.js'
import { argo, argoInARow, byDefault, type Contender, comparisonOf, kayentaPeeking, naive } from '../contenders.ts'
import { seededRandom } from '../random.ts'
import { type Axis, type Line, lineChart } from '../svg.ts'
import { countStream, type Service } from '../worlds.ts'
import { limit, minutes } from './lines.ts'

const busy: Service = { baseline: 0.001, weight: 0.1, requestsPerSecond: 100, ratio: 1 }

/** What share of good canaries each rule has rolled back by then. */
function rolledBack(contenders: readonly Contender[], looks = 60, runs = 400): Line[] {
  return contenders.map(({ name, start }): Line => {
    const random = seededRandom(99)
    const failed = new Array<number>(looks + 1).fill(0)
    for (let run = 0; run < runs; run++) {
      const next = countStream(busy, 'steady', random)
      const watch = start(busy, next)
      let at = 1
      while (at <= looks && !watch(next())) at += 1
      for (let look = at; look <= looks; look++) failed[look]! += 1
    }
    return { name, points: failed.map((count, look) => [look, (100 * count) / runs] as const) }
  })
}
const ofGood = (highest: number): Axis => ({
  title: '% of good canaries rolled back',
  ticks: [0, 1, 2, 3, 4, 5].map((part) => (part * highest) / 5),
})

function threshold(): string {
  const lines = rolledBack([argo(1.5), argo(2), argoInARow, naive, kayentaPeeking, byDefault()])
  return lineChart('Good canaries rolled back by then (0.1 % errors, 10 % of 100/s)', minutes(60), ofGood(100), lines)
}

/** A rule on two error ratios, told to wait for more or for fewer requests. */
function rule(): string {
  const contenders = [1_000, 10_000, 30_000].map((minimumSamples): Contender => {
    const judge = ruleJudge({
      metrics: { errors: 'ratio' },
      minimumSamples,
      rule: ({ errors }) => ({ outcome: errors.canary > 1.5 * errors.control ? 'fail' : 'pass', says: 'half as many again' }),
    })
    return {
      name: `fails above 1.5 times control, after ${minimumSamples.toLocaleString('en')} requests`,
      start() {
        let [state, from] = [judge.begin(), 0]
        return (counts) => {
          const look = judge.look(state, { from, to: from + 60_000, metrics: { errors: comparisonOf(counts) } })
          state = look.state
          from += 60_000
          return look.verdict.outcome === 'fail'
        }
      },
    }
  })
  return lineChart('Good canaries rolled back by a rule (0.1 % errors, 10 % of 100/s)', minutes(60), ofGood(100), [
    ...rolledBack(contenders),
    ...rolledBack([byDefault()]),
  ])
}

/** A test at 1 % that is asked at every look, against what it promises when asked once. */
function fixedSample(): string {
  return lineChart('Good canaries with p < 1 % at some look so far (0.1 % errors, 10 % of 100/s)', minutes(60), ofGood(10), [
    ...rolledBack([naive, byDefault()], 60, 2_000),
    limit('asked once, at whatever minute', 1, 60),
  ])
}

/** How often rules that are asked again and again roll a good canary back. */
export const rollbackPlots = (): Record<string, string> => ({
  threshold: threshold(),
  rule: rule(),
  'fixed-sample': fixedSample(),
})
