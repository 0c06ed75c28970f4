import { allAtOnce, bake, canary, definePlan, shift } from 'taxiway'

const service = { shop: { deploy: 'local', router: 'proxy', metrics: 'scrape' } } as const

/** How every version after the first one reaches its users. */
export const plan = definePlan({
  name: 'shop',
  units: service,
  metrics: {
    errors: {
      total: { name: 'http_requests_total' },
      bad: { name: 'http_requests_total', labels: { code: { prefix: '5' } } },
      reduce: 'sum',
    },
    latency: { histogram: { name: 'http_request_duration_seconds' } },
  },
  judges: {
    // Wide margins: a demo has little traffic to prove anything with, and shares a laptop with whatever else runs there.
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
        bake('5s', { every: '1s', judge: 'healthy', patience: '10s' }),
        shift(50),
        bake('3s', { every: '1s', judge: 'healthy', patience: '10s' }),
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
