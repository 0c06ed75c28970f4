import { parsePlan } from '../../src/plan/define-plan.js'
import type { PlanInput } from '../../src/plan/plan-schema.js'
import { approve, bake, shift } from '../../src/plan/step.js'
import { canary } from '../../src/plan/strategy.js'
import type { WorldInput } from '../../src/simulation/world.js'

export const planTree = {
  name: 'checkout',
  units: { checkout: { deploy: 'cluster', router: 'edge', metrics: 'scrape' } },
  metrics: { errors: 'errors', latency: 'latency' },
  judges: {
    healthy: { use: 'sequential', guardrails: { errors: { kind: 'ratio' }, latency: { kind: 'latency', unit: 's' } } },
  },
  stages: [
    {
      name: 'production',
      strategy: canary(
        shift(5),
        bake('10m', { every: '30s', judge: 'healthy', patience: '20m' }),
        shift(50),
        bake('20m', { every: '30s', judge: 'healthy', patience: '20m' }),
      ),
    },
  ],
} as const satisfies PlanInput

/** Two steps, judged by errors and latency. */
export const plan = parsePlan(planTree)
/** The same, which waits for an approval first. */
export const gatedPlan = parsePlan({
  ...planTree,
  stages: [{ ...planTree.stages[0], gates: { before: [approve({ name: 'go', roles: ['sre'], timeout: '2h' })] } }],
})

/** A shop with some errors, and a new version as good as the old one. */
export const good = {
  traffic: { perSecond: 500 },
  stable: { errors: { kind: 'ratio', bad: 0.002 }, latency: { kind: 'latency', median: 0.08 } },
} as const satisfies WorldInput

/** A new version that fails five times as often. */
export const bad = { ...good, canary: { errors: { kind: 'ratio', bad: 0.01 } } } as const satisfies WorldInput

/** Fixed bounds instead of evidence: quick to simulate, and often wrong. */
export const quickPlan = parsePlan({
  ...planTree,
  name: 'bounds',
  judges: { healthy: { use: 'threshold', rules: [{ metric: 'errors', statistic: 'ratio', max: 0.006 }] } },
})
