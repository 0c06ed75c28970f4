/** A plan from the builder. `plan.json` beside it is the same plan, and has the same hash. */
import { approve, bake, canary, definePlan, shift, verify } from 'taxiway'

export const plan = definePlan({
  name: 'checkout',
  units: { checkout: { deploy: 'cluster', router: 'edge', metrics: 'prometheus' } },
  metrics: {
    errors: { total: { name: 'http_requests_total' }, bad: { name: 'http_requests_total', labels: { code: { prefix: '5' } } } },
  },
  judges: { healthy: { guardrails: { errors: { kind: 'ratio' } } } },
  stages: [
    {
      name: 'production',
      gates: { before: [approve({ name: 'go', roles: ['sre'] })] },
      strategy: canary(
        shift(1),
        verify('smoke'),
        bake('10m', { judge: 'healthy' }),
        shift(25),
        bake('30m', { judge: 'healthy', patience: '15m' }),
      ),
    },
  ],
})
