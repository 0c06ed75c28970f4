/** How often is the policy wrong, how soon is it right, and is it better than fixed bounds? */
import { bake, canary, definePlan, shift } from 'taxiway'
import { comparePolicies, evaluatePolicy, policyTable, type WorldInput } from 'taxiway/simulation'
import { expect, test } from 'vitest'

const common = {
  units: { checkout: { deploy: 'cluster', router: 'edge', metrics: 'prometheus' } },
  metrics: {
    errors: { total: { name: 'http_requests_total' }, bad: { name: 'http_requests_total', labels: { code: { prefix: '5' } } } },
  },
  stages: [
    {
      name: 'production',
      strategy: canary(shift(10), bake('10m', { every: '1m', judge: 'healthy', patience: '30m' })),
    },
  ],
} as const
const evidence = definePlan({
  ...common,
  name: 'evidence',
  judges: { healthy: { use: 'sequential', guardrails: { errors: { kind: 'ratio' } } } },
})
const bounds = definePlan({
  ...common,
  name: 'bounds',
  judges: { healthy: { use: 'threshold', rules: [{ metric: 'errors', statistic: 'ratio', max: 0.003 }] } },
})

const usual: WorldInput = { traffic: { perSecond: 200 }, stable: { errors: { kind: 'ratio', bad: 0.002 } } }
const worlds = {
  'as good as before': { is: 'good', world: usual },
  'five times the errors': { is: 'bad', world: { ...usual, canary: { errors: { kind: 'ratio', bad: 0.01 } } } },
} as const

test('evidence is seldom wrong where fixed bounds often are, and finds what they find', async () => {
  const [ours, theirs] = [
    await evaluatePolicy(evidence, worlds, { runs: 30 }),
    await evaluatePolicy(bounds, worlds, { runs: 30 }),
  ]
  console.log(policyTable(ours, theirs))
  const [good, bad] = ours.trials
  expect(good?.rolledBack.lower).toBeLessThan(0.01)
  expect(bad?.rolledBack.rate).toBe(1)
  const wrong = comparePolicies(ours, theirs).find(
    ({ world, measure }) => world === 'as good as before' && measure === 'rolled back',
  )
  expect(wrong).toMatchObject({ isReal: true })
})
