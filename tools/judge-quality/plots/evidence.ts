import {
  countEProcess,
  type DeadlineState,
  deadlineLook,
  drawOf,
  firstDeadlineState,
  firstSampleRatioWealth,
  firstSignState,
  nodeMixture,
  sampleRatio,
  signSymmetric,
  type Wealth,
} from '../../../dist/src/analysis/index.js'
import { logSumExp } from '../../../dist/src/analysis/stats/log-space.js'
import { comparisonOf, ratioTest } from '../contenders.ts'
import { seededRandom } from '../random.ts'
import { type Axis, type Line, lineChart } from '../svg.ts'
import { countStream, type Service } from '../worlds.ts'
import { limit, minutes } from './lines.ts'

const odds: Axis = {
  title: 'evidence, to 1',
  ticks: [0.01, 0.1, 1, 10, 100, 1_000],
  isLog: true,
  say: (tick) => tick.toLocaleString('en'),
}
const service: Service = { baseline: 0.005, weight: 0.1, requestsPerSecond: 100, ratio: 1 }

/** Evidence after each look, as odds. */
const evidence = (name: string, looks: number, look: (i: number) => number): Line => ({
  name,
  points: Array.from({ length: looks }, (_, i) => [i + 1, Math.exp(look(i))] as const),
})

function ratio(): string {
  const lines = [1, 1.5, 2, 3].map((ratio, i) => {
    const next = countStream({ ...service, requestsPerSecond: 300, ratio }, 'steady', seededRandom(11 + i))
    const test = ratioTest({})
    let state = test.begin()
    return evidence(ratio === 1 ? 'as good as control' : `${ratio} times the errors`, 60, () => {
      const observed = test.observe(state, comparisonOf(next()), 60)
      if (typeof observed !== 'string') state = observed
      return test.harm(state)
    })
  })
  return lineChart('Evidence of harm, look by look (0.5 % errors, 10 % of 300/s)', minutes(60), odds, [
    ...lines,
    limit('rolled back from here on', 100, 60),
  ])
}

function events(): string {
  const random = seededRandom(5)
  const lines = [1, 2, 4].map((ratio) => {
    const engine = countEProcess(nodeMixture(), { relative: 1.1, absolute: 0 })
    let wealth = engine.begin()
    return evidence(ratio === 1 ? 'crashes as often as control' : `${ratio} times as many crashes`, 60, () => {
      // Crashes of instances, rare enough to be binomial of seconds.
      const counts = {
        controlTotal: 540,
        controlBad: random.binomial(540, 0.005),
        canaryTotal: 60,
        canaryBad: random.binomial(60, 0.005 * ratio),
      }
      wealth = engine.update(wealth, [counts], { share: 1 / 60 })
      return logSumExp(wealth)
    })
  })
  return lineChart('Evidence from crashes (0.3 a minute expected of the canary)', minutes(60), odds, [
    ...lines,
    limit('rolled back from here on', 100, 60),
  ])
}

function gauge(): string {
  const lines = [0, 0.5, 1, 2].map((shift, i) => {
    const random = seededRandom(31 + i)
    let state = firstSignState
    return evidence(shift === 0 ? 'no shift' : `shifted by ${shift} standard deviations`, 60, () => {
      state = signSymmetric(state, shift + random.normal())
      return logSumExp(state.wealth)
    })
  })
  return lineChart('Evidence from a gauge, one pair of values a look', minutes(60), odds, [
    ...lines,
    limit('rolled back from here on', 100, 60),
  ])
}

function deadline(): string {
  const looks = 40
  const walk = (name: string, ratio: number, seed: number, height: (state: DeadlineState) => number): Line => {
    const next = countStream({ ...service, ratio }, 'steady', seededRandom(seed))
    let [state, expected] = [firstDeadlineState, 0]
    const points = Array.from({ length: looks }, (_, look) => {
      const draw = drawOf(next(), 1)
      state = deadlineLook(state, draw, looks, 0.01)
      expected += draw.bad * draw.share
      return [look + 1, height(state) - expected] as const
    })
    return { name, points }
  }
  const sum = (state: DeadlineState) => state.sum
  const across: Axis = { title: 'minutes', ticks: [0, 10, 20, 30, 40] }
  const up: Axis = { title: "canary's bad requests beyond its share", ticks: [-20, 0, 20, 40, 60, 80] }
  return lineChart('Forty declared looks: excess and the boundary (0.5 % errors, 10 % of 100/s)', across, up, [
    walk('as good as control', 1, 3, sum),
    walk('1.5 times the errors', 1.5, 4, sum),
    walk('2 times the errors', 2, 5, sum),
    { ...walk('rolled back from here on', 1, 3, ({ boundary }) => boundary), isDashed: true },
  ])
}

function split(): string {
  const lines = [0.05, 0.0525, 0.06, 0.04].map((share, i) => {
    const random = seededRandom(17 + i)
    let wealth: Wealth = firstSampleRatioWealth
    return evidence(`canary gets ${(100 * share).toFixed(2)} %`, 30, () => {
      wealth = sampleRatio(wealth, random.binomial(6_000, share), 6_000, 0.05)
      return logSumExp(wealth)
    })
  })
  return lineChart('Evidence that the split is not 5 % (100/s, 5 % of that tolerated)', minutes(30), odds, [
    ...lines,
    limit('mismatch from here on', 1_000, 30),
  ])
}

/** What sequential tests gather look by look, one run for each line. */
export const evidencePlots = (): Record<string, string> => ({
  'sequential-ratio': ratio(),
  events: events(),
  gauge: gauge(),
  deadline: deadline(),
  'sample-ratio': split(),
})
