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
    healthy: {
      use: 'threshold',
      rules: [
        { metric: 'errors', statistic: 'ratio', max: 0.01, minimumSamples: 30, failures: 2 },
        { metric: 'latency', statistic: 'p95', max: 0.05, unit: 's', minimumSamples: 30, failures: 2 },
      ],
    },
  },
  stages: [
    {
      name: 'production',
      strategy: canary(
        shift(10),
        bake('4s', { every: '1s', judge: 'healthy', patience: '10s' }),
        shift(50),
        bake('4s', { every: '1s', judge: 'healthy', patience: '10s' }),
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
