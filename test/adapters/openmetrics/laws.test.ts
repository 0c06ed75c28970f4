import { test } from 'vitest'
import { openMetricsSource } from '../../../adapters/openmetrics/index.js'
import { lawCases, metricsSourceLaws } from '../../../src/testing/index.js'
import { exposes, instance, interval } from './instance.js'

const exposition = (requests: number, depth: number) => `http_requests_total{code="200"} ${requests}
http_requests_total{code="500"} 3
queue_depth ${depth}
`

const cases = lawCases(
  metricsSourceLaws,
  async () => {
    let isBroken = false
    const answers = (text: string) =>
      instance((request, response) => (isBroken ? void response.writeHead(500).end() : exposes(text)(request, response)))
    const origins: Record<string, string[]> = {
      v1: [await answers(exposition(100, 7))],
      v2: [await answers(exposition(9, 2)), await answers(exposition(11, 4))],
    }
    const requests = { name: 'http_requests_total' }
    return {
      source: openMetricsSource({ instances: async (_, version) => origins[version] ?? [] }),
      request: {
        unit: 'checkout',
        versions: { canary: 'v2', control: 'v1' },
        queries: {
          errors: { total: requests, bad: { ...requests, labels: { code: { prefix: '5' } } }, reduce: 'sum' },
          depth: { gauge: { name: 'queue_depth' } },
        },
        ...interval,
      },
      impossible: { gauge: 'queue_depth{' },
      absentVersion: 'v3',
      breakDown() {
        isBroken = true
      },
    }
  },
  { lacks: { quiet: 'instances expose where they stand, whatever the interval' } },
)
for (const { name, run } of cases) test(name, run)
