import { expect, test } from 'vitest'
import { connectHttpProxy, startHttpProxy } from '../../../adapters/http-proxy/index.js'
import { secret } from '../../../src/vocabulary/secret.js'
import { credential, instance, nobody, options, proxyTo, quarters, route, stableAndCanary, tally, token, unit } from './set-up.js'

const control = { port: 0, token }

async function controlled() {
  const { proxy, ...rest } = await stableAndCanary({ control, random: quarters() })
  const url = proxy.controlUrl ?? ''
  return { proxy, url, router: connectHttpProxy({ url, token }), ...rest }
}

test('another process drives the proxy through its control port', async () => {
  const { proxy, router } = await controlled()
  expect(await router.getWeight(route, options)).toBe('unknown')
  await router.setWeight(route, 25, options)
  expect(await router.getWeight(route, options)).toBe(25)
  expect(await tally(proxy.url, 100)).toEqual({ '1.0.0': 75, '1.1.0': 25 })
  await router.setMirror(route, 100, options)
  await router.setWeight(route, 0, options)
  await tally(proxy.url, 10)
  await expect.poll(() => proxy.counters().mirrored['1.1.0']?.requests).toBe(10)
  await router.settle({ unit, version: '1.1.0' }, options)
  expect(await router.getWeight(route, options)).toBe(100)
})

test('refusals come back as they were made, and lower fencing tokens are among them', async () => {
  const { router, origins } = await controlled()
  await router.setWeight(route, 10, { ...options, fencingToken: 3 })
  const late = await router.setWeight(route, 50, { ...options, fencingToken: 2 }).catch((error) => error)
  expect(late).toMatchObject({ code: 'adapter/rejected', details: { token: 2, highest: 3 } })
  origins['1.1.0'] = []
  const missing = { code: 'adapter/rejected', message: expect.stringContaining('no ready instance') }
  await expect(router.setWeight(route, 50, { ...options, fencingToken: 3 })).rejects.toMatchObject(missing)
  await expect(router.setWeight(route, 500, { ...options, fencingToken: 3 })).rejects.toMatchObject({ code: 'input/invalid' })
  expect(await router.getWeight(route, options)).toBe(10)
})

test('nobody without the token learns or changes anything', async () => {
  const { url } = await controlled()
  for (const wrong of ['x', `${credential}x`, credential.toUpperCase()]) {
    const router = connectHttpProxy({ url, token: secret(() => wrong) })
    await expect(router.setWeight(route, 5, options)).rejects.toMatchObject({
      code: 'adapter/rejected',
      message: expect.stringMatching(/token/),
    })
  }
  expect((await fetch(`${url}/metrics`)).status).toBe(401)
  await expect(proxyTo({}, { control: { port: 0, token: secret(() => 'short') } })).rejects.toMatchObject({
    code: 'input/invalid',
  })
})

test('a call that is not one of ours is turned away', async () => {
  const { url } = await controlled()
  const headers = { authorization: `Bearer ${credential}` }
  const send = (body: string) => fetch(`${url}/router`, { method: 'POST', headers, body })
  expect((await send('{}')).status).toBe(400)
  expect((await send('{')).status).toBe(500)
  expect((await send('x'.repeat(20_000))).status).toBe(413)
  expect((await fetch(`${url}/elsewhere`, { headers })).status).toBe(404)
})

test('a proxy that is away, and a stranger in its place, are told apart', async () => {
  const away = connectHttpProxy({ url: await nobody(), token })
  await expect(away.setWeight(route, 5, options)).rejects.toMatchObject({ code: 'adapter/unavailable' })
  const stranger = connectHttpProxy({ url: (await instance('1.0.0')).origin, token })
  await expect(stranger.setWeight(route, 5, options)).rejects.toMatchObject({ code: 'adapter/rejected' })
})

test('a call that is told to stop ends with that reason, and does nothing when its answer comes late', async () => {
  const { stable, canary } = await stableAndCanary()
  let answer = (_: string[]) => {}
  let asked = () => {}
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve
  })
  const late = new Promise<string[]>((resolve) => {
    answer = resolve
  })
  const resolve = async (_: string, version: string) => {
    if (version === '1.0.0') return [stable.origin]
    asked()
    return late
  }
  const proxy = await proxyTo({}, { resolve, control })
  const router = connectHttpProxy({ url: proxy.controlUrl ?? '', token })
  await router.settle({ unit, version: '1.0.0' }, options)
  const stop = new AbortController()
  const call = router.setWeight(route, 50, { ...options, signal: stop.signal })
  call.catch(() => {})
  await isAsked
  stop.abort(new Error('lease lost'))
  await expect(call).rejects.toThrow('lease lost')
  expect(await router.getWeight(route, options)).toBe(0) // a round trip: by now the proxy knows that the caller is gone
  answer([canary.origin])
  for (let i = 0; i < 3; i++) expect(await router.getWeight(route, options)).toBe(0)
})

test('a port that is taken is named, with what to do', async () => {
  const { port } = await instance('other')
  const taken = { code: 'adapter/rejected', message: expect.stringMatching(`Port ${port} on 127.0.0.1 is taken.*another port`) }
  const resolve = async () => []
  await expect(startHttpProxy({ unit, port, resolve })).rejects.toMatchObject(taken)
  await expect(startHttpProxy({ unit, port: 0, resolve, control: { port, token } })).rejects.toMatchObject(taken)
  await expect(startHttpProxy({ unit, port, resolve, control })).rejects.toMatchObject(taken)
})
