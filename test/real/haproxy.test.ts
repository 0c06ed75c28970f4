import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type HaproxyOptions, haproxyMetrics, haproxyRouter } from '../../adapters/haproxy/index.js'
import { difference } from '../../src/analysis/cumulative.js'
import type { Reading } from '../../src/vocabulary/reading.js'
import { type Haproxy, send, startAgent, startHaproxy, startNamedService } from './haproxy-server.js'
import { isMissing } from './servers.js'

const call = { signal: new AbortController().signal, idempotencyKey: 'r/1', fencingToken: 1 }
const route = { unit: 'checkout', stable: 'v1', canary: 'v2' }
const places: Record<string, string[]> = {
  v1: ['blue1', 'blue2'],
  v2: ['green1', 'green2'],
  v3: ['blue1', 'blue2'],
  solo: ['green1'],
}
const serversOf: HaproxyOptions['serversOf'] = async (_, version) => places[version] ?? []

describe.skipIf(isMissing('haproxy'))('HAProxy', () => {
  let services: Awaited<ReturnType<typeof startNamedService>>[]
  const server = (name: string, i: number, rest = '') => `  server ${name} 127.0.0.1:${services[i]?.port} ${rest}\n`
  const fleet = (name: string, balance = 'roundrobin', options = '') =>
    `${name}\n  balance ${balance}\n${options}${server('blue1', 0, 'weight 100')}${server('blue2', 1, 'weight 100')}${server('green1', 2, 'weight 0')}${server('green2', 3, 'weight 0')}${server('sorry', 4, 'backup')}`

  beforeAll(async () => {
    services = await Promise.all(['v1', 'v1', 'v2', 'v2', 'sorry'].map(startNamedService))
  })
  afterAll(() => {
    for (const service of services) service.close()
  })

  async function haproxy(...backends: string[]): Promise<Haproxy> {
    const running = await startHaproxy(...backends)
    onTestFinished(() => running[Symbol.asyncDispose]())
    return running
  }
  const routerOf = ({ path }: Haproxy, options: Partial<HaproxyOptions> = {}) =>
    haproxyRouter({ socket: path, backend: 'app', serversOf, ...options })

  test('20,000 requests are split as asked at every weight, and none fails', { timeout: 180_000 }, async () => {
    const running = await haproxy(fleet('app'))
    const router = routerOf(running)
    for (const percent of [0, 0.5, 5, 33.5, 100]) {
      await router.setWeight(route, percent, call)
      expect(await router.getWeight(route, call)).toBe(percent)
      const { v1 = 0, v2 = 0, ...others } = await send(20_000, running.url)
      console.log(`${percent} %: ${v2} of 20,000`)
      expect(others).toEqual({})
      expect(v1 + v2).toBe(20_000)
      expect(Math.abs(v2 - 200 * percent)).toBeLessThanOrEqual(percent % 100 === 0 ? 0 : 20)
    }
  })

  test('no request is lost while weights rise, fall, and settle under load', { timeout: 120_000 }, async () => {
    const running = await haproxy(fleet('app'))
    const router = routerOf(running, { socket: running.tcp })
    let isDone = false
    const load = (async () => {
      const answers = []
      while (!isDone) answers.push(await send(500, running.url, false))
      return answers
    })()
    for (const percent of [5, 25, 100, 0, 50, 0]) await router.setWeight(route, percent, call)
    for (let i = 0; i < 50; i++) await router.setWeight(route, i % 2 === 0 ? 100 : 0, call)
    await router.settle({ unit: 'checkout', version: 'v2' }, call)
    isDone = true
    expect(new Set((await load).flatMap(Object.keys))).toEqual(new Set(['v1', 'v2']))
    expect(await send(500, running.url)).toEqual({ v2: 500 })
  })

  test('blue and green take turns: what was canary is stable, and the next version gets the other place', async () => {
    const running = await haproxy(fleet('app'))
    const router = routerOf(running)
    await router.setWeight(route, 50, call)
    await router.settle({ unit: 'checkout', version: 'v2' }, call)
    const next = { unit: 'checkout', stable: 'v2', canary: 'v3' }
    expect(await router.getWeight(next, call)).toBe(0)
    await router.setWeight(next, 25, call)
    const { v1 = 0, v2 = 0 } = await send(4_000, running.url) // v3 runs where v1 did
    expect(Math.abs(v1 - 1_000)).toBeLessThanOrEqual(20)
    expect(v1 + v2).toBe(4_000)
  })

  test('weights lost in a reload are seen, and set again', async () => {
    const running = await haproxy(fleet('app'))
    const router = routerOf(running)
    await router.setWeight(route, 25, call)
    await running.reload()
    expect(await router.getWeight(route, call)).toBe(0)
    await router.setWeight(route, 25, call)
    expect(await router.getWeight(route, call)).toBe(25)
  })

  test('an edit by hand is seen, in weights and in states', async () => {
    const running = await haproxy(fleet('app'))
    const router = routerOf(running)
    await router.setWeight(route, 10, call)
    await running.type('set weight app/green1 200')
    expect(await router.getWeight(route, call)).toBeGreaterThan(10)
    await running.type('set server app/green1 state maint;set server app/green2 state drain')
    expect(await router.getWeight(route, call)).toBe(0)
  })

  test('a killed HAProxy is unavailable, and tells the truth when it is back', async () => {
    const running = await haproxy(fleet('app'))
    const router = routerOf(running)
    await router.setWeight(route, 50, call)
    await running.kill()
    await expect(router.setWeight(route, 0, call)).rejects.toMatchObject({ code: 'adapter/unavailable' })
    await expect(router.getWeight(route, call)).rejects.toMatchObject({ code: 'adapter/unavailable' })
    await running.restart()
    expect(await router.getWeight(route, call)).toBe(0)
  })

  test('nothing falls while nobody can take over', async () => {
    const running = await haproxy(fleet('app'))
    const router = routerOf(running)
    await router.setWeight(route, 50, call)
    await running.type('set server app/blue1 state maint;set server app/blue2 state maint')
    await expect(router.setWeight(route, 0, call)).rejects.toMatchObject({
      code: 'adapter/unavailable',
      message: expect.stringContaining('blue1, blue2'),
    })
    expect(await send(100, running.url)).toEqual({ v2: 100 })
    await running.type('set server app/blue1 state ready')
    await router.setWeight(route, 0, call)
    expect(await send(100, running.url)).toEqual({ v1: 100 })
  })

  test('an agent check sets no weights any more', async () => {
    const agent = await startAgent('10%')
    onTestFinished(() => void agent.close())
    const running = await haproxy(
      `app\n  balance roundrobin\n${server('blue1', 0, `weight 100 agent-check agent-port ${agent.port} agent-inter 20ms`)}${server('green1', 2, 'weight 0')}`,
    )
    const router = routerOf(running, { serversOf: async (_, version) => [version === 'v1' ? 'blue1' : 'green1'] })
    const asked = () => agent.asked.length
    while (asked() < 3) await running.type('show info')
    await router.setWeight(route, 50, call)
    for (let i = 0; i < 200; i++) await running.type('show info')
    expect(await router.getWeight(route, call)).toBe(50)
  })

  test.each([
    ['source', ''],
    ['source', '  hash-type consistent\n'],
    ['static-rr', ''],
    ['first', ''],
    ['leastconn', ''],
    ['random', ''],
  ])('balance %s %s cannot split by weight, and is refused before anything is changed', async (balance, options) => {
    const running = await haproxy(fleet('app', balance, options))
    const before = await running.type('show servers state app')
    const router = routerOf(running)
    await expect(router.getWeight(route, call)).rejects.toMatchObject({
      code: 'adapter/rejected',
      message: expect.stringContaining('does not split by weight'),
    })
    await expect(router.setWeight(route, 5, call)).rejects.toMatchObject({ code: 'adapter/rejected' })
    const weights = (state: string) => state.split('\n').map((line) => line.split(' ').slice(3, 8).join(' '))
    expect(weights(await running.type('show servers state app'))).toEqual(weights(before))
  })

  test('a socket without the level, a backend that is not there, and a place of both versions are refused for good', async () => {
    const running = await haproxy(fleet('app'))
    const operator = { path: (running.path as { path: string }).path.replace('admin', 'operator') }
    const rejected = (says: string) => ({ code: 'adapter/rejected', message: expect.stringContaining(says) })
    await expect(routerOf(running, { socket: operator }).setWeight(route, 5, call)).rejects.toMatchObject(rejected('level admin'))
    await expect(routerOf(running, { backend: 'nosuch' }).getWeight(route, call)).rejects.toMatchObject(rejected('No such proxy'))
    await expect(routerOf(running).setWeight({ ...route, canary: 'v3' }, 5, call)).rejects.toMatchObject(
      rejected('both v3 and v1'),
    )
    await expect(routerOf(running).setWeight({ ...route, canary: 'v9' }, 5, call)).rejects.toMatchObject(
      rejected('it has no server'),
    )
  })

  test('counts what each version answered, what it did not, and starts anew after a reload', async () => {
    const running = await haproxy(fleet('app').replace(/server blue2 127.0.0.1:\d+/, 'server blue2 127.0.0.1:1'))
    const options = { socket: running.path, backend: 'app', serversOf }
    const source = haproxyMetrics(options)
    const read = async (at: number, versions = { canary: 'v2', control: 'v1' }) =>
      (
        await source.read(
          {
            unit: 'checkout',
            versions,
            queries: { errors: { bad: ['5xx', 'connection-error', 'response-error'] } },
            from: at - 1,
            to: at,
          },
          call,
        )
      ).errors!
    const between = (before: Reading, after: Reading) => {
      const counts = before.kind === 'cumulative' ? difference(before, after) : undefined
      if (counts?.kind !== 'counts') throw new Error(JSON.stringify([before, after]))
      return counts
    }
    await haproxyRouter(options).setWeight(route, 50, call)
    const before = await read(Date.now())
    await send(100, running.url)
    await send(20, `${running.url}/?500`)
    await send(10, `${running.url}/?hangup`)
    const after = await read(Date.now() + 1)
    const [canary, control] = [between(before.canary, after.canary), between(before.control, after.control)]
    expect(canary.total + control.total).toBe(130)
    expect(Math.abs(canary.total - 65)).toBeLessThanOrEqual(4)
    expect(Math.abs(canary.bad - 15)).toBeLessThanOrEqual(4)
    expect(Math.abs(control.bad - 45)).toBeLessThanOrEqual(8) // half of its servers is dead

    await running.reload()
    await haproxyRouter(options).setWeight(route, 50, call)
    await send(10, `${running.url}/?500`)
    const reloaded = await read(Date.now() + 2)
    expect(between(after.canary, reloaded.canary).total + between(after.control, reloaded.control).total).toBe(10)
    const missing = await read(Date.now(), { canary: 'v9', control: 'v1' })
    expect(missing.canary).toMatchObject({ kind: 'missing', reason: 'empty' })
  })
})
