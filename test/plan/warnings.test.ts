import { expect, test } from 'vitest'
import { definePlan } from '../../src/plan/define-plan.js'
import { bake, shift } from '../../src/plan/step.js'
import { canary } from '../../src/plan/strategy.js'
import { planWarnings } from '../../src/plan/warnings.js'

const plan = definePlan({
  name: 'checkout',
  units: { checkout: { deploy: 'local', router: 'proxy', metrics: 'scrape' } },
  metrics: { errors: 'errors' },
  judges: { healthy: { guardrails: { errors: { kind: 'ratio' } } } },
  stages: [
    {
      name: 'production',
      strategy: canary(
        shift(1),
        bake('1m', { judge: 'healthy' }),
        shift(10),
        bake('5m', { judge: 'healthy' }),
        shift(20),
        bake('12h', { judge: 'healthy' }),
        shift(100),
        bake('1m', { judge: 'healthy' }),
      ),
    },
  ],
})

test('bakes that could not see what they are there for are named, with the numbers, and the others are not', () => {
  const warnings = planWarnings(plan, { checkout: { requestsPerSecond: 100, baseline: { errors: 0.001 } } })
  expect(warnings.map(({ step, code }) => `${step} ${code}`)).toEqual([
    'production/checkout#bake-2 bake-blind',
    'production/checkout#bake-4 bake-blind',
  ])
  const [first] = warnings
  expect(first!.numbers).toMatchObject({ requests: 60, baseline: 0.001, ratio: 2 })
  expect(first!.says).toMatch(
    /A bake of 1m at 1 % has 60 canary requests\. To see an error rate of 0\.1 % become 2 times as high takes /,
  )
})

test('with enough traffic there is nothing to warn of, and unknown traffic is not guessed', () => {
  expect(planWarnings(plan, { checkout: { requestsPerSecond: 1_000_000, baseline: { errors: 0.001 } } })).toEqual([])
  expect(planWarnings(plan, { checkout: { requestsPerSecond: 1, baseline: {} } })).toEqual([])
  expect(planWarnings(plan, {})).toEqual([])
})

test('impossible traffic is refused', () => {
  expect(() => planWarnings(plan, { checkout: { requestsPerSecond: -1, baseline: { errors: 0.001 } } })).toThrow(
    /requestsPerSecond above 0/,
  )
})
