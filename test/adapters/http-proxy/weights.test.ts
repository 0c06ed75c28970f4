import { expect, test } from 'vitest'
import { ask, instance, nobody, options, proxyTo, quarters, route, stableAndCanary, tally, unit } from './set-up.js'

test('ten thousand requests at 5 % are split as asked, and 0 and 100 % are exact', async () => {
  const { proxy } = await stableAndCanary()
  await proxy.router.setWeight(route, 5, options)
  const { '1.1.0': canary = 0, '1.0.0': stable = 0 } = await tally(proxy.url, 10_000)
  expect(canary + stable).toBe(10_000)
  expect(Math.abs(canary - 500)).toBeLessThan(10)
  await proxy.router.setWeight(route, 0, options)
  expect(await tally(proxy.url, 500)).toEqual({ '1.0.0': 500 })
  await proxy.router.setWeight(route, 100, options)
  expect(await tally(proxy.url, 500)).toEqual({ '1.1.0': 500 })
})

test('a split by chance follows the dice it is given', async () => {
  const { proxy } = await stableAndCanary({ random: quarters() })
  await proxy.router.setWeight(route, 50, options)
  expect(await tally(proxy.url, 8)).toEqual({ '1.0.0': 4, '1.1.0': 4 })
  await proxy.router.setWeight(route, 25, options)
  expect(await tally(proxy.url, 8)).toEqual({ '1.0.0': 6, '1.1.0': 2 })
})

test('the very next request follows a changed weight, and the weight read back is the one in force', async () => {
  const { proxy } = await stableAndCanary()
  for (const [weight, version] of [
    [100, '1.1.0'],
    [0, '1.0.0'],
    [100, '1.1.0'],
    [0, '1.0.0'],
  ] as const) {
    await proxy.router.setWeight(route, weight, options)
    expect((await ask(proxy.url)).body).toBe(version)
    expect(await proxy.router.getWeight(route, options)).toBe(weight)
  }
  await proxy.router.setWeight(route, 33.33, options)
  expect(await proxy.router.getWeight(route, options)).toBe(33.33)
})

test('settling gives all traffic to the version, and frees the place of the canary', async () => {
  const { proxy } = await stableAndCanary()
  await proxy.router.setWeight(route, 50, options)
  await proxy.router.settle({ unit, version: '1.1.0' }, options)
  expect(await tally(proxy.url, 100)).toEqual({ '1.1.0': 100 })
  expect(await proxy.router.getWeight(route, options)).toBe(100)
  expect(await proxy.router.getWeight({ unit, stable: '1.1.0', canary: '1.2.0' }, options)).toBe(0)
})

test('a version without a ready instance gets no traffic, and what was in force stays so', async () => {
  const { proxy, origins } = await stableAndCanary()
  await proxy.router.setWeight(route, 10, options)
  origins['1.1.0'] = []
  const refused = { code: 'adapter/rejected', message: expect.stringContaining('no ready instance') }
  await expect(proxy.router.setWeight(route, 20, options)).rejects.toMatchObject(refused)
  await expect(proxy.router.settle({ unit, version: '1.1.0' }, options)).rejects.toMatchObject(refused)
  await expect(proxy.router.setMirror(route, 20, options)).rejects.toMatchObject(refused)
  expect(await proxy.router.getWeight(route, options)).toBe(10)
  await proxy.router.setWeight(route, 0, options)
  expect(await tally(proxy.url, 50)).toEqual({ '1.0.0': 50 })
})

test('a rollback waits for nobody: stable is not asked again whether it is ready', async () => {
  const { proxy, origins } = await stableAndCanary()
  await proxy.router.setWeight(route, 50, options)
  origins['1.0.0'] = []
  await proxy.router.setWeight(route, 0, options)
  expect(await tally(proxy.url, 50)).toEqual({ '1.0.0': 50 })
})

test('before the first release nobody is served, and beside a first canary only its share is', async () => {
  const { proxy } = await stableAndCanary({ random: quarters() })
  const first = { unit, canary: '1.1.0' }
  expect(await proxy.router.getWeight(first, options)).toBe(0)
  expect((await ask(proxy.url)).status).toBe(503)
  await proxy.router.setWeight(first, 25, options)
  expect(await tally(proxy.url, 100)).toEqual({ '1.1.0': 25, '503': 75 })
  expect(proxy.counters().unrouted).toBe(76)
})

test('a process that is no longer in charge moves no traffic', async () => {
  const { proxy } = await stableAndCanary()
  await proxy.router.setWeight(route, 10, { ...options, fencingToken: 7 })
  const refused = { code: 'adapter/rejected', message: expect.stringContaining('taken over') }
  await expect(proxy.router.setWeight(route, 50, { ...options, fencingToken: 6 })).rejects.toMatchObject(refused)
  await expect(proxy.router.settle({ unit, version: '1.1.0' }, { ...options, fencingToken: 6 })).rejects.toMatchObject(refused)
  await expect(proxy.router.setMirror(route, 50, { ...options, fencingToken: 6 })).rejects.toMatchObject(refused)
  expect(await proxy.router.getWeight(route, options)).toBe(10)
})

test('a slow call cannot raise the weight after a newer one lowered it', async () => {
  const { stable, canary } = await stableAndCanary()
  let answer = (_: string[]) => {}
  let isSlow = false
  const slowly = new Promise<string[]>((resolve) => {
    answer = resolve
  })
  const resolve = async (_: string, version: string) =>
    version === '1.0.0' ? [stable.origin] : isSlow ? slowly : [canary.origin]
  const proxy = await proxyTo({}, { resolve })
  await proxy.router.setWeight(route, 10, options)
  isSlow = true
  const late = proxy.router.setWeight(route, 50, options)
  const stop = new AbortController()
  const aborted = proxy.router.setWeight(route, 60, { ...options, signal: stop.signal })
  await proxy.router.setWeight(route, 0, options)
  stop.abort(new Error('rolled back'))
  answer([canary.origin])
  await expect(late).rejects.toMatchObject({ code: 'adapter/rejected' })
  await expect(aborted).rejects.toThrow('rolled back')
  expect(await proxy.router.getWeight(route, options)).toBe(0)
  expect(await tally(proxy.url, 50)).toEqual({ '1.0.0': 50 })
})

test.each([
  [{ ...route, unit: 'search' }, 5, 'adapter/rejected'],
  [{ ...route, canary: '../1.1.0' }, 5, 'input/invalid'],
  [route, 101, 'input/invalid'],
  [route, Number.NaN, 'input/invalid'],
  [route, 0.001, 'input/invalid'],
])('a route or weight that makes no sense is refused: %o, %d', async (asked, weight, code) => {
  const { proxy } = await stableAndCanary()
  await expect(proxy.router.setWeight(asked, weight, options)).rejects.toMatchObject({ code })
})

test('a lookup that fails is told apart from one that finds nothing', async () => {
  const resolve = () => Promise.reject(new Error('no directory'))
  const proxy = await proxyTo({}, { resolve })
  await expect(proxy.router.settle({ unit, version: '1.0.0' }, options)).rejects.toMatchObject({ code: 'adapter/unavailable' })
  const odd = await proxyTo({ '1.0.0': ['https://example.org'] })
  await expect(odd.router.settle({ unit, version: '1.0.0' }, options)).rejects.toMatchObject({ code: 'adapter/rejected' })
})

test('instances that came back elsewhere are found again by the requests that miss them', async () => {
  const origins: Record<string, string[]> = { '1.0.0': [await nobody()] }
  const proxy = await proxyTo(origins)
  await proxy.router.settle({ unit, version: '1.0.0' }, options)
  expect((await ask(proxy.url)).status).toBe(502)
  origins['1.0.0'] = [(await instance('1.0.0')).origin]
  expect(await tally(proxy.url, 20)).toEqual({ '1.0.0': 20 })
})
