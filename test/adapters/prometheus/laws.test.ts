import { text } from 'node:stream/consumers'
import { test } from 'vitest'
import { prometheusSource } from '../../../adapters/prometheus/index.js'
import { lawCases, metricsSourceLaws } from '../../../src/testing/index.js'
import { interval, sample, serve, vector } from './server.js'

const gauges: Record<string, number> = { 'depth v1': 7, 'depth v2': 4, 'heat v1': 70, 'heat v2': 71 }

/** Knows the gauges at the end of the interval alone. */
function answerTo(form: URLSearchParams): unknown {
  if (Number(form.get('time')) * 1000 !== interval.to) return vector()
  const selected = (form.get('query') ?? '').matchAll(/(\w+)\{version="(\w+)"\}(?:[^,]*,"taxiway","(\d+)")?/g)
  return vector(
    ...[...selected].flatMap(([, name, version, tag]) => {
      const value = gauges[`${name} ${version}`]
      return value === undefined ? [] : [sample(String(value), tag === undefined ? {} : { taxiway: tag })]
    }),
  )
}

const cases = lawCases(metricsSourceLaws, async () => {
  let isBroken = false
  const url = await serve(async (request, response) => {
    const form = new URLSearchParams(await text(request))
    if (isBroken) response.writeHead(503).end()
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(answerTo(form)))
  })
  const gauge = (name: string) => ({ gauge: { name, labels: { version: '$version' } } })
  return {
    source: prometheusSource({ url }),
    request: {
      unit: 'checkout',
      versions: { canary: 'v2', control: 'v1' },
      queries: { depth: gauge('depth'), heat: gauge('heat') },
      ...interval,
    },
    impossible: { gauge: 'depth' },
    absentVersion: 'v3',
    quiet: { from: interval.from - 86_400_000, to: interval.to - 86_400_000 },
    breakDown() {
      isBroken = true
    },
  }
})
for (const { name, run } of cases) test(name, run)
