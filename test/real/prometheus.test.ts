import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PrometheusQuery, prometheusSource } from '../../adapters/prometheus/index.js'
import type { Reading } from '../../src/vocabulary/reading.js'
import { type MeteredService, startMeteredService } from './metered-service.js'
import { type MetricsServer, startPrometheus, startVictoriaMetrics } from './prometheus-server.js'
import { isMissing } from './servers.js'

/** A version with every character that PromQL treats in a way of its own. */
const odd = 'v"2"\\.*{a|b}\n$1'
const call = { signal: new AbortController().signal, idempotencyKey: 'r/1', fencingToken: 1 }
const of = (name: string, labels = {}) => ({ name, labels: { version: '$version', ...labels } })

const errors: PrometheusQuery = {
  total: of('http_requests_total'),
  bad: of('http_requests_total', { code: { prefix: '5' } }),
  reduce: 'sum',
  absentBad: 'zero',
}
const grown = (labels: string) => `sum(http_requests_total{${labels}} - http_requests_total{${labels}} offset $interval)`
const latency: PrometheusQuery = { histogram: of('http_request_duration_seconds'), reduce: 'sum' }

describe.each([
  ['prometheus', startPrometheus],
  ['victoria-metrics', startVictoriaMetrics],
] as const)('%s', (program, start) => {
  describe.skipIf(isMissing(program))('scrapes two versions', () => {
    let [stable, canary, natives]: MeteredService[] = []
    let server: MetricsServer
    const requests: string[] = []

    beforeAll(async () => {
      stable = await startMeteredService('v1')
      canary = await startMeteredService(
        'v2',
        `odd{version="${odd.replace(/[\\"]/g, '\\$&').replace('\n', '\\n')}"} 7\nnothing{version="v2"} NaN\nendless{version="v2"} +Inf\n`,
      )
      natives = await startMeteredService('native-v2')
      await stable.request(100)
      await canary.request(10)
      server = await start([stable.address, canary.address, natives.address])
      await server.caughtUp()
    })
    afterAll(async () => {
      await server[Symbol.asyncDispose]()
      for (const service of [stable, canary, natives]) service?.close()
    })

    const source = () =>
      prometheusSource({
        url: server.url,
        fetch: (input, init) => {
          requests.push(String(input))
          return fetch(input, init)
        },
      })

    /** What happened while `work` was going on. */
    async function during(
      work: () => Promise<void>,
      queries: Record<string, PrometheusQuery>,
      versions = { canary: 'v2', control: 'v1' },
    ) {
      await server.caughtUp()
      const from = Date.now()
      await work()
      await server.caughtUp()
      const to = Date.now()
      await server.caughtUp()
      requests.length = 0
      return source().read({ unit: 'checkout', versions, queries: queries as never, from, to }, call)
    }

    test('a look at both versions is one request, and counts every request once', async () => {
      const look = await during(
        async () => {
          await stable!.request(150)
          await stable!.request(50, { seconds: 0.05 })
          await canary!.request(93)
          await canary!.request(7, { code: 500, seconds: 0.5 })
        },
        { errors, latency },
      )
      expect(look).toEqual({
        errors: { canary: { kind: 'counts', total: 100, bad: 7 }, control: { kind: 'counts', total: 200, bad: 0 } },
        latency: {
          canary: { kind: 'histogram', bounds: [0.01, 0.1, 1], counts: [93, 0, 7, 0] },
          control: { kind: 'histogram', bounds: [0.01, 0.1, 1], counts: [150, 50, 0, 0] },
        },
      })
      expect(requests).toHaveLength(1)
    })

    test('intervals that follow each other count everything once', async () => {
      await server.caughtUp()
      const instants = [Date.now()]
      for (const times of [40, 0, 25]) {
        await canary!.request(times)
        await canary!.request(times / 5, { code: 503 })
        await server.caughtUp()
        instants.push(Date.now())
      }
      await server.caughtUp()
      const totals: (Reading | undefined)[] = []
      for (const [i, from] of instants.slice(0, -1).entries()) {
        const look = await source().read(
          { unit: 'checkout', versions: { canary: 'v2' }, queries: { errors: errors as never }, from, to: instants[i + 1]! },
          call,
        )
        totals.push(look.errors?.canary)
      }
      const sum = (key: 'total' | 'bad') =>
        totals.reduce((all, counts) => all + (counts?.kind === 'counts' ? counts[key] : Number.NaN), 0)
      expect([sum('total'), sum('bad')]).toEqual([78, 13])
    })

    test('the first errors of a canary count, in a series that has just begun', async () => {
      const look = await during(() => canary!.request(3, { code: 501 }), { errors })
      expect(look.errors).toEqual({ canary: { kind: 'counts', total: 3, bad: 3 }, control: { kind: 'counts', total: 0, bad: 0 } })
    })

    test('a version that nobody has heard of is missing, and not healthy', async () => {
      const look = await during(async () => {}, { errors, latency }, { canary: 'v3', control: 'v1' })
      expect(look.errors?.canary).toMatchObject({ kind: 'missing', reason: 'empty' })
      expect(look.latency?.canary).toMatchObject({ kind: 'missing', reason: 'empty' })
      expect(look.errors?.control).toMatchObject({ kind: 'counts' })
    })

    test('what is written in PromQL is a request of its own, and so is a mistake in it', async () => {
      const look = await during(() => canary!.request(20), {
        errors,
        written: { total: grown('version="$version"'), bad: `${grown('version=~"$version",code="500"')} # of those` },
        mistaken: { gauge: 'sum((up{version="$version"})' },
        joined: { gauge: 'up * on (job) up + on () group_left () absent(http_requests_total{version="$version!"})' },
      })
      expect(requests).toHaveLength(4)
      expect(look.errors?.canary).toMatchObject({ kind: 'counts', total: 20 })
      expect(look.written?.canary).toEqual({ kind: 'counts', total: 20, bad: 0 })
      expect(look.mistaken?.canary).toMatchObject({
        kind: 'missing',
        reason: 'outage',
        detail: expect.stringContaining('refused'),
      })
      expect(look.joined?.canary).toMatchObject({ kind: 'missing', reason: 'outage', detail: expect.stringContaining('refused') })
    })

    test('no version can break out of its quotes', async () => {
      const queries: Record<string, PrometheusQuery> = {
        equal: { gauge: of('odd') },
        among: { gauge: { name: 'odd', labels: { version: { in: ['$version', 'other'] } } }, reduce: 'max' },
        prefix: { gauge: { name: 'odd', labels: { version: { prefix: '$version' } } }, reduce: 'max' },
        double: { gauge: 'odd{version="$version"}' },
        single: { gauge: "odd{version='$version'}" },
        pattern: { gauge: 'odd{version=~"$version"}' },
      }
      const look = await during(async () => {}, queries, { canary: odd, control: 'v1"} or odd{' })
      for (const name of Object.keys(queries)) {
        expect(look[name]?.canary, name).toEqual({ kind: 'gauge', values: [7] })
        expect(look[name]?.control, name).toMatchObject({ kind: 'missing', reason: 'empty' })
      }
    })

    test('values that are no numbers are missing, and several series are ambiguous', async () => {
      const look = await during(() => canary!.request(1), {
        nothing: { gauge: of('nothing') },
        endless: { gauge: of('endless') },
        several: { counter: of('http_requests_total'), exposure: of('in_flight') },
      })
      expect(look.nothing?.canary).toMatchObject({ kind: 'missing', reason: program === 'prometheus' ? 'not-a-number' : 'empty' })
      expect(look.endless?.canary).toMatchObject({ kind: 'missing', reason: 'not-a-number' })
      expect(look.several?.canary).toMatchObject({ kind: 'missing', reason: 'ambiguous' })
    })

    test('events come with their exposure, and a gauge with its value', async () => {
      const look = await during(() => canary!.request(9, { code: 418 }), {
        teapots: { counter: of('http_requests_total', { code: '418' }), exposure: of('in_flight') },
        flights: { gauge: of('in_flight'), reduce: 'each' },
      })
      expect(look.teapots?.canary).toMatchObject({ kind: 'events', count: 9 })
      expect(look.flights?.canary).toEqual({ kind: 'gauge', values: [3] })
    })

    test('a restart neither takes back what was counted nor counts it again', async () => {
      const look = await during(
        async () => {
          await canary!.request(10)
          await server.caughtUp()
          canary!.restart()
          await canary!.request(20, { code: 500 }) // more than before the restart, so that no counter seems to go back
        },
        { errors },
      )
      expect(look.errors?.canary).toEqual({ kind: 'counts', total: 30, bad: 20 })
    })

    test.runIf(program === 'prometheus')('a native histogram is read with the bounds of its buckets', async () => {
      const queries: Record<string, PrometheusQuery> = {
        native: { histogram: of('native_seconds'), native: true, reduce: 'sum' },
      }
      const requests = async () => {
        await natives!.request(10, { seconds: 0.9 })
        await natives!.request(20, { seconds: 3 })
        await server.caughtUp()
      }
      await requests()
      const look = await during(
        async () => {
          await requests()
          await requests()
        },
        queries,
        { canary: 'native-v2', control: 'native-v1' },
      )
      const reading = look.native?.canary
      if (reading?.kind !== 'histogram') throw new Error(JSON.stringify(reading))
      expect(reading.bounds).toEqual([Math.SQRT1_2, 1, 2 * Math.SQRT2, 4].map((bound) => expect.closeTo(bound)))
      const [below, some, between, twice, above] = reading.counts
      expect([below, between, above]).toEqual([0, 0, 0])
      expect(some).toBeGreaterThan(0)
      expect(twice! / some!).toBeCloseTo(2)
    })
  })
})
