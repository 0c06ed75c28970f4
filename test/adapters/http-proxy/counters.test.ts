import { expect, test } from 'vitest'
import { latencyBounds } from '../../../adapters/http-proxy/index.js'
import { ask, credential, instance, options, proxyTo, quarters, route, tally, token, unit } from './set-up.js'

async function mixedTraffic() {
  const stable = await instance('1.0.0')
  const canary = await instance('1.1.0', (request, response) => response.writeHead(request.url === '/' ? 200 : 404).end())
  const proxy = await proxyTo({ '1.0.0': [stable.origin], '1.1.0': [canary.origin] }, { control: { port: 0, token } })
  await proxy.router.setWeight(route, 100, options)
  await Promise.all([...Array(7)].map(() => ask(proxy.url)))
  await Promise.all([...Array(3)].map(() => ask(proxy.url, { path: '/lost' })))
  return proxy
}

test('each version has its own counters, and they add up', async () => {
  const proxy = await mixedTraffic()
  await expect.poll(() => proxy.counters().live['1.1.0']?.inFlight).toBe(0)
  const counters = proxy.counters().live['1.1.0']
  expect(counters).toMatchObject({ requests: 10, aborted: 0, connectionErrors: 0, responses: { '2xx': 7, '4xx': 3, '5xx': 0 } })
  expect(counters?.latency.count).toBe(10)
  expect(counters?.latency.counts).toHaveLength(latencyBounds.length)
  expect(counters?.latency.counts).toEqual([...(counters?.latency.counts ?? [])].sort((a, b) => a - b))
  expect(counters?.latency.sumSeconds).toBeGreaterThan(0)
})

test('Prometheus reads the counters from the control port', async () => {
  const proxy = await mixedTraffic()
  await expect.poll(() => proxy.counters().live['1.1.0']?.inFlight).toBe(0)
  const response = await fetch(`${proxy.controlUrl}/metrics`, { headers: { authorization: `Bearer ${credential}` } })
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4')
  const text = await response.text()
  const labels = 'unit="checkout",version="1.1.0",traffic="live"'
  expect(text).toContain(`taxiway_proxy_responses_total{${labels},code="2xx"} 7\n`)
  expect(text).toContain(`taxiway_proxy_responses_total{${labels},code="4xx"} 3\n`)
  expect(text).toContain(`taxiway_proxy_in_flight{${labels}} 0\n`)
  expect(text).toContain(`taxiway_proxy_duration_seconds_bucket{${labels},le="+Inf"} 10\n`)
  expect(text).toContain('taxiway_proxy_unrouted_total{unit="checkout"} 0\n')
  for (const line of text.trimEnd().split('\n'))
    expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+\{(\w+="[^"]*",?)+\} [\d.e+-]+)$/)
})

test('versions long gone are forgotten, those with traffic are not', async () => {
  const { origin } = await instance('any')
  const proxy = await proxyTo(Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`1.${index}.0`, [origin]])), {
    random: quarters(),
  })
  for (let index = 1; index < 30; index++) {
    await proxy.router.setWeight({ unit, stable: '1.0.0', canary: `1.${index}.0` }, 50, options)
    await tally(proxy.url, 8)
  }
  const { live } = proxy.counters()
  expect(Object.keys(live).length).toBeLessThan(15)
  expect(live['1.0.0']?.requests).toBe(116)
  expect(live['1.29.0']?.requests).toBe(4)
})
