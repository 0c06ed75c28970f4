import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { type HaproxyOptions, haproxyRouter, type RuntimeSocket } from '../../../adapters/haproxy/index.js'
import { type FakeServer, fakeBackend, fakeHaproxy, recorded } from './fake-haproxy.js'

const call = (signal = new AbortController().signal) => ({ signal, idempotencyKey: 'r/1', fencingToken: 1 })
const route = { unit: 'checkout', stable: 'v1', canary: 'v2' }
/** v1 runs on servers whose names begin with s, v2 on those with c. */
const byLetter =
  (names: readonly string[]): HaproxyOptions['serversOf'] =>
  async (_, version) =>
    names.filter((name) => name.startsWith(version === 'v1' ? 's' : 'c'))
const pair = (): Record<string, FakeServer> => ({ s0: { weight: 100 }, c0: { weight: 0 } })
const routerTo = (socket: RuntimeSocket, servers: Record<string, FakeServer> = pair(), options: Partial<HaproxyOptions> = {}) =>
  haproxyRouter({ socket, backend: 'app', serversOf: byLetter(Object.keys(servers)), ...options })

const weight = fc.integer({ min: 0, max: 256 })
const fleet = fc.record({
  stables: fc.array(weight, { minLength: 1, maxLength: 4 }),
  canaries: fc.array(weight, { minLength: 1, maxLength: 4 }),
  halves: fc.nat(200),
})

test('from whatever weights, at no moment is there no server, nor the canary above both its old and its new share', async () => {
  let steps = 0
  await fc.assert(
    fc.asyncProperty(fleet, async ({ stables, canaries, halves }) => {
      fc.pre([...stables, ...canaries].some((weight) => weight > 0))
      const servers: Record<string, FakeServer> = Object.fromEntries([
        ...stables.map((weight, i) => [`s${i}`, { weight }]),
        ...canaries.map((weight, i) => [`c${i}`, { weight }]),
      ])
      const { socket, history } = await fakeBackend(servers)
      const router = routerTo(socket, servers)
      const share = (weights: Record<string, number>) => {
        const sum = (letter: string) =>
          Object.entries(weights).reduce((total, [name, weight]) => total + (name.startsWith(letter) ? weight : 0), 0)
        return sum('c') / (sum('c') + sum('s'))
      }
      const before = share(Object.fromEntries(Object.entries(servers).map(([name, { weight }]) => [name, weight])))
      await router.setWeight(route, halves / 2, call())
      const most = Math.max(before, halves / 200) + 1e-9
      for (const weights of history) expect(share(weights)).toBeLessThanOrEqual(most) // NaN where nobody has a weight
      steps += history.length
      expect(await router.getWeight(route, call())).toBe(halves / 2)
      history.length = 0
      await router.setWeight(route, halves / 2, call())
      expect(history).toEqual([])
    }),
    { numRuns: 60 },
  )
  expect(steps).toBeGreaterThan(200)
})

test('agents are switched off before any weight changes', async () => {
  const servers = { s0: { weight: 100, agent: 'L7OK' }, c0: { weight: 0, agent: 'L4CON' } }
  const { socket, commands } = await fakeBackend(servers)
  await routerTo(socket, servers).setWeight(route, 5, call())
  expect(commands).toEqual(['disable agent app/c0', 'disable agent app/s0', 'set weight app/s0 190', 'set weight app/c0 10'])
})

test('settling takes the weight from every other server but the backups', async () => {
  const servers: Record<string, FakeServer> = {
    s0: { weight: 100 },
    c0: { weight: 50 },
    other: { weight: 30 },
    sorry: { weight: 1, backup: true },
  }
  const { socket } = await fakeBackend(servers)
  await routerTo(socket, servers).settle({ unit: 'checkout', version: 'v2' }, call())
  expect(Object.values(servers).map(({ weight }) => weight)).toEqual([0, 200, 0, 1])
})

test.each<[situation: string, servers: Record<string, FakeServer>, share: number]>([
  ['a third server with a part of the traffic', { s0: { weight: 50 }, c0: { weight: 50 }, other: { weight: 100 } }, 25],
  ['a canary in maintenance', { s0: { weight: 100 }, c0: { weight: 100, status: 'MAINT (via app/s0)' } }, 0],
  ['a stable that is drained', { s0: { weight: 100, status: 'DRAIN' }, c0: { weight: 1 } }, 100],
  ['nobody with a weight', { s0: { weight: 0 }, c0: { weight: 0 } }, 0],
  ['a backup', { s0: { weight: 99 }, c0: { weight: 1 }, sorry: { weight: 100, backup: true } }, 1],
  [
    'less than a hundredth of a percent',
    { ...Object.fromEntries(Array.from({ length: 90 }, (_, i) => [`s${i}`, { weight: 256 }])), c0: { weight: 1 } },
    0.01,
  ],
  [
    'all but less than a hundredth',
    { ...Object.fromEntries(Array.from({ length: 90 }, (_, i) => [`c${i}`, { weight: 256 }])), s0: { weight: 1 } },
    99.99,
  ],
  ['a canary that is down, which is for health checks to say', { s0: { weight: 100 }, c0: { weight: 100, status: 'DOWN' } }, 50],
])('the weight in force is told as it is: %s', async (_, servers, share) => {
  const { socket } = await fakeBackend(servers)
  expect(await routerTo(socket, servers).getWeight(route, call())).toBe(share)
})

test('a canary in maintenance loses its weight in a rollback too, so that it does not come back with it', async () => {
  const servers = { s0: { weight: 100 }, c0: { weight: 100, status: 'MAINT' } }
  const { socket } = await fakeBackend(servers)
  await routerTo(socket, servers).setWeight(route, 0, call())
  expect(servers.c0.weight).toBe(0)
})

test('servers of a canary that are gone already do not stop a rollback', async () => {
  const servers = { s0: { weight: 95 } }
  const { socket } = await fakeBackend(servers)
  const router = routerTo(socket, { ...servers, c0: { weight: 5 } })
  await router.setWeight(route, 0, call())
  expect(await router.getWeight(route, call())).toBe(0)
})

test.each<[fault: string, servers: Record<string, FakeServer>, percent: number, code: string, says: RegExp]>([
  ['a canary without servers', { s0: { weight: 100 } }, 5, 'adapter/rejected', /v2 can get no traffic.*has no server/],
  [
    'a backup as canary',
    { s0: { weight: 100 }, c0: { weight: 1, backup: true } },
    5,
    'adapter/rejected',
    /"c0" is not one of the backend's servers/,
  ],
  [
    'a stable that is down',
    { s0: { weight: 100, status: 'DOWN' }, c0: { weight: 100 } },
    0,
    'adapter/unavailable',
    /None of s0.*can take traffic/,
  ],
  ['a canary that is down', { s0: { weight: 100 }, c0: { weight: 0, status: 'DOWN' } }, 5, 'adapter/unavailable', /None of c0/],
  ['a quarter of a percent', pair(), 0.25, 'input/invalid', /steps of 0.5/],
  ['more than everything', pair(), 100.5, 'input/invalid', /not a weight/],
  ['no number', pair(), Number.NaN, 'input/invalid', /not a weight/],
])('%s is refused, and no server loses weight', async (_, servers, percent, code, says) => {
  const { socket, history } = await fakeBackend(servers)
  const before = Object.fromEntries(Object.entries(servers).map(([name, { weight }]) => [name, weight]))
  await expect(routerTo(socket, servers).setWeight(route, percent, call())).rejects.toMatchObject({
    code,
    message: expect.stringMatching(says),
  })
  for (const weights of history)
    for (const [name, weight] of Object.entries(weights)) expect(weight).toBeGreaterThanOrEqual(before[name]!)
})

test('before a first release, everything or nothing', async () => {
  const { socket } = await fakeBackend({ c0: { weight: 0 } })
  const router = routerTo(socket, { c0: { weight: 0 } })
  await router.setWeight({ unit: 'checkout', canary: 'v2' }, 100, call())
  expect(await router.getWeight({ unit: 'checkout', canary: 'v2' }, call())).toBe(100)
  await expect(router.setWeight({ unit: 'checkout', canary: 'v2' }, 50, call())).rejects.toMatchObject({
    code: 'adapter/rejected',
  })
})

test.each(['app;shutdown sessions', 'app\nset', 'a b', ''])('%j is no name, so that it cannot be a command', async (name) => {
  const rejected = expect.objectContaining({ code: 'adapter/rejected', message: expect.stringContaining('is not the name of a') })
  expect(() => haproxyRouter({ socket: { path: '/nowhere' }, backend: name, serversOf: byLetter([]) })).toThrow(rejected)
  const { socket, commands } = await fakeBackend(pair())
  await expect(routerTo(socket, pair(), { serversOf: async () => [name] }).setWeight(route, 5, call())).rejects.toEqual(rejected)
  expect(commands).toEqual([])
})

test('servers that cannot be looked up are an outage, with its cause', async () => {
  const { socket } = await fakeBackend(pair())
  const cause = new Error('registry is down')
  const router = routerTo(socket, pair(), { serversOf: () => Promise.reject(cause) })
  await expect(router.getWeight(route, call())).rejects.toMatchObject({ code: 'adapter/unavailable', cause })
})

test.each<[fault: string, answer: string, code: string, says: RegExp]>([
  ['no answer', '', 'adapter/unavailable', /broke off its answer/],
  ['half of an answer', recorded('show-backend').slice(0, -40), 'adapter/unavailable', /broke off/],
  ['an unknown backend', recorded('no-such-backend'), 'adapter/rejected', /No such proxy\./],
  ['somebody else', 'HTTP/1.0 400 Bad request\r\n', 'adapter/rejected', /400 Bad request/],
  ['an old HAProxy', recorded('show-backend').replace('uweight', 'other'), 'adapter/rejected', /uweight/],
  [
    'a weight that is none',
    recorded('show-backend')
      .replace(/(\nS?app,blue1.*),100,0,0,0,-/, '$1,many,0,0,0,-')
      .replace(',100,', ',1e2,')
      .replaceAll(',100,', ',-1,'),
    'adapter/rejected',
    /uweight/,
  ],
])('%s is not taken for a state', async (_, answer, code, says) => {
  const socket = await fakeHaproxy(() => answer)
  await expect(routerTo(socket).getWeight(route, call())).rejects.toMatchObject({ code, message: expect.stringMatching(says) })
})

test('the answer of a real HAProxy is read, quotes and all', async () => {
  const socket = await fakeHaproxy(() =>
    recorded('show-backend').replace('Layer4 connection problem', '"Layer7, ""odd"", problem"'),
  )
  const of = (...names: string[]) =>
    haproxyRouter({ socket, backend: 'app', serversOf: async () => names }).getWeight(route, call())
  expect([await of('blue1'), await of('blue1', 'blue2'), await of('green1'), await of('green2'), await of('sorry')]).toEqual([
    50, 100, 0, 0, 0,
  ])
})

test('what HAProxy complains of is told in its words', async () => {
  const socket = await fakeHaproxy((line) => (line.startsWith('show') ? recorded('show-backend') : 'Permission denied\n\n'))
  const router = haproxyRouter({
    socket,
    backend: 'app',
    serversOf: async (_, version) => [version === 'v1' ? 'blue1' : 'green2'],
  })
  await expect(router.setWeight(route, 50, call())).rejects.toMatchObject({
    code: 'adapter/rejected',
    message: expect.stringMatching(/"Permission denied".*level admin/),
  })
})

test('a stopped call stops, though HAProxy says nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'taxiway-'))
  const path = join(folder, 'admin.sock')
  const stopped = new AbortController()
  const silent = createServer((connection) => connection.on('error', () => {}).once('data', () => stopped.abort())).listen(path)
  await once(silent, 'listening')
  onTestFinished(async () => {
    silent.close()
    await rm(folder, { recursive: true })
  })
  await expect(routerTo({ path }).getWeight(route, call(stopped.signal))).rejects.toMatchObject({ code: 'adapter/unavailable' })
  await expect(routerTo({ path: join(folder, 'nobody.sock') }).getWeight(route, call())).rejects.toMatchObject({
    code: 'adapter/unavailable',
    message: expect.stringContaining('ENOENT'),
  })
})
