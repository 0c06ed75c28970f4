import { expect, test } from 'vitest'
import { detection } from '../../../src/analysis/planning/detection.js'
import { recommendSteps, recommendWeight } from '../../../src/analysis/planning/recommend.js'

const question = { baseline: 0.005, ratio: 2, requestsPerSecond: 1_000 }
const minute = 60_000

test('the recommended weight is the smallest that is enough in the time there is', () => {
  const weightPercent = recommendWeight(question, 3 * minute)!
  const durationMs = (percent: number) => detection({ ...question, weightPercent: percent }).enough.durationMs
  expect(durationMs(weightPercent)).toBeLessThanOrEqual(3 * minute)
  expect(durationMs(weightPercent - 1)).toBeGreaterThan(3 * minute)
  expect(recommendWeight(question, 10 * minute)).toBe(1)
  expect(recommendWeight({ ...question, requestsPerSecond: 1 }, minute)).toBeUndefined()
})

test('recommended steps take as long as it takes to see, and weights that would take too long are left out', () => {
  const steps = recommendSteps({ ...question, requestsPerSecond: 100 }, 25 * minute)
  expect(steps.map(({ weightPercent, durationMs }) => [weightPercent, durationMs / minute])).toEqual([
    [5, 20],
    [10, 11],
    [20, 6],
    [50, 4],
  ])
  const failures = steps.map(({ blastRadius }) => Math.round(blastRadius.mean.failures))
  expect(failures).toEqual([32, 35, 40, 69])
})
