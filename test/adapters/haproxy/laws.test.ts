import { test } from 'vitest'
import { haproxyMetrics, haproxyRouter } from '../../../adapters/haproxy/index.js'
import { lawCases, metricsSourceLaws, trafficRouterLaws } from '../../../src/testing/index.js'
import { fakeBackend, fakeHaproxy, recorded } from './fake-haproxy.js'

const serversOf = (servers: Record<string, string[]>) => async (_: string, version: string) => servers[version] ?? []

const routerCases = lawCases(
  trafficRouterLaws,
  async () => {
    const { socket } = await fakeBackend({ s0: { weight: 100 }, s1: { weight: 100 }, c0: { weight: 0 } })
    const open = () => haproxyRouter({ socket, backend: 'app', serversOf: serversOf({ v1: ['s0', 's1'], v2: ['c0'] }) })
    return {
      router: open(),
      route: { unit: 'checkout', stable: 'v1', canary: 'v2' },
      reopen: open,
      absentVersion: 'v3',
    }
  },
  { lacks: { otherRoute: 'a router has one backend, and a backend one unit', fencing: 'the Runtime API knows no such token' } },
)
for (const { name, run } of routerCases) test(name, run)

const metricsCases = lawCases(
  metricsSourceLaws,
  async () => {
    let answer = recorded('show-backend')
    const socket = await fakeHaproxy(() => answer)
    return {
      source: haproxyMetrics({ socket, backend: 'app', serversOf: serversOf({ v1: ['blue1', 'blue2'], v2: ['green1'] }) }),
      request: {
        unit: 'checkout',
        versions: { canary: 'v2', control: 'v1' },
        queries: { errors: { bad: ['5xx'] }, refusals: { bad: ['4xx', 'connection-error'] } },
        from: 0,
        to: 60_000,
      },
      impossible: { bad: ['418'] },
      absentVersion: 'v3',
      breakDown() {
        answer = ''
      },
    }
  },
  { lacks: { quiet: 'its counters stand where they stand, whatever the interval' } },
)
for (const { name, run } of metricsCases) test(name, run)
