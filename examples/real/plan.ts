import { allAtOnce, bake, canary, definePlan, run, shift } from 'taxiway'

const service = { shop: { deploy: 'fleet', router: 'haproxy', metrics: 'prometheus' } } as const
const ofVersion = { job: '$unit', version: '$version' }
const watched = { every: '500ms', judge: 'healthy', patience: '20s' }

/** How every version after the first one reaches its users; half-way the new basket is turned on for a quarter of them. */
export const plan = definePlan({
  name: 'shop',
  units: service,
  metrics: {
    errors: {
      total: { name: 'http_requests_total', labels: ofVersion },
      bad: { name: 'http_requests_total', labels: { ...ofVersion, code: { prefix: '5' } } },
      reduce: 'sum',
    },
    latency: { histogram: { name: 'http_request_duration_seconds', labels: ofVersion }, reduce: 'sum' },
  },
  judges: {
    // Wide margins, as in the demo: there is little traffic to prove anything with.
    healthy: {
      use: 'sequential',
      guardrails: {
        errors: { kind: 'ratio', tolerate: { relative: 1.1, absolute: 0.001 }, promote: { relative: 1.5, absolute: 0.05 } },
        latency: { kind: 'latency', unit: 's', levels: [0.5, 0.9], highest: 0.9, tolerate: { odds: 8 }, promote: { odds: 16 } },
      },
    },
  },
  stages: [
    {
      name: 'production',
      strategy: canary(
        shift(10),
        bake('6s', watched),
        run('flag', { name: 'basket', input: { flag: 'new-basket', percent: 25 }, undo: 'unflag' }),
        shift(25),
        bake('5s', watched),
        shift(50),
        bake('5s', watched),
      ),
    },
  ],
})

/** The very first version: there is nothing to compare it with. */
export const firstPlan = definePlan({
  name: 'shop-first',
  units: service,
  stages: [{ name: 'production', strategy: allAtOnce() }],
})
