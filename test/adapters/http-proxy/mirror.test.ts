import type { RequestListener } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { ask, instance, options, proxyTo, route, tally, unit } from './set-up.js'

async function mirrored(listener: RequestListener, config: Parameters<typeof proxyTo>[1] = {}) {
  const stable = await instance('1.0.0')
  const canary = await instance('1.1.0', listener)
  const proxy = await proxyTo({ '1.0.0': [stable.origin], '1.1.0': [canary.origin] }, config)
  await proxy.router.settle({ unit, version: '1.0.0' }, options)
  return { proxy, canary }
}

test('a share of requests is copied, users are answered by stable only, and the copies are counted apart', async () => {
  const seen: string[] = []
  const { proxy } = await mirrored((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers['x-taxiway-mirror']}`)
    response.writeHead(500).end('from the canary')
  })
  await proxy.router.setMirror(route, 20, options)
  expect(await tally(proxy.url, 100)).toEqual({ '1.0.0': 100 })
  await expect.poll(() => proxy.counters().mirrored['1.1.0']).toMatchObject({ requests: 20, responses: { '5xx': 20 } })
  expect(new Set(seen)).toEqual(new Set(['GET / true']))
  expect(proxy.counters().live).toMatchObject({ '1.0.0': { requests: 100, responses: { '2xx': 100 } } })
  expect(proxy.counters().live['1.1.0']).toBeUndefined()
  await proxy.router.setMirror(route, 0, options)
  await tally(proxy.url, 50)
  expect(seen).toHaveLength(20)
})

test('a canary that never answers, or is gone, does no harm, and takes no more than its bound', async () => {
  const { proxy, canary } = await mirrored(() => {})
  await proxy.router.setMirror(route, 100, options)
  expect(await tally(proxy.url, 300)).toEqual({ '1.0.0': 300 })
  expect(proxy.counters().mirrored['1.1.0']).toMatchObject({ requests: 64, inFlight: 64 })
  expect(proxy.counters().copiesDropped).toBe(236)
  await canary.stop()
  await expect.poll(() => proxy.counters().mirrored['1.1.0']).toMatchObject({ inFlight: 0, connectionErrors: 64 })
  expect(await tally(proxy.url, 300)).toEqual({ '1.0.0': 300 })
})

test('what changes something is copied only where that was asked for, and no larger than its bound', async () => {
  const seen: string[] = []
  const listener: RequestListener = async (request, response) => {
    seen.push(`${request.method} ${(await text(request)).length}`)
    response.end()
  }
  const careful = await mirrored(listener)
  await careful.proxy.router.setMirror(route, 100, options)
  await ask(careful.proxy.url, { method: 'POST', body: 'order' })
  const bold = await mirrored(listener, { mirrorMethods: ['POST'] })
  await bold.proxy.router.setMirror(route, 100, options)
  await ask(bold.proxy.url, { method: 'POST', body: 'x'.repeat(60_000) })
  await ask(bold.proxy.url, { method: 'POST', body: 'x'.repeat(70_000) })
  await expect.poll(() => seen).toEqual(['POST 60000'])
  expect(careful.proxy.counters().mirrored).toEqual({})
  expect(bold.proxy.counters().copiesDropped).toBe(1)
})

test('settling ends the copies', async () => {
  const { proxy } = await mirrored((_, response) => response.end())
  await proxy.router.setMirror(route, 100, options)
  await proxy.router.settle({ unit, version: '1.0.0' }, options)
  await tally(proxy.url, 20)
  expect(proxy.counters().mirrored).toEqual({})
})
