import { expect, test } from 'vitest'
import { ask, options, quarters, route, stableAndCanary, tally } from './set-up.js'

const users = Array.from({ length: 200 }, (_, index) => `user-${index}`)

type Side = Record<string, string>
async function sides(url: string, header: (user: string) => Record<string, string>): Promise<Side> {
  const answers = await Promise.all(users.map(async (user) => [user, (await ask(url, { headers: header(user) })).body] as const))
  return Object.fromEntries(answers)
}

const canaryUsers = (side: Side) => users.filter((user) => side[user] === '1.1.0')

test.each([
  ['a header', { header: 'X-User' }, (user: string) => ({ 'x-user': user })],
  ['a cookie', { cookie: 'seen' }, (user: string) => ({ cookie: `other=1; seen=${user}; more=2` })],
])('users known by %s stay on their side, and only move to the canary as its weight rises', async (_, sticky, header) => {
  const { proxy } = await stableAndCanary({ sticky })
  let before: string[] = []
  for (const weight of [10, 30, 60]) {
    await proxy.router.setWeight(route, weight, options)
    const [first, second] = [await sides(proxy.url, header), await sides(proxy.url, header)]
    expect(second).toEqual(first)
    const now = canaryUsers(first)
    expect(now).toEqual(expect.arrayContaining(before))
    expect(now.length).toBeGreaterThan(before.length)
    expect(Math.abs(now.length - (users.length * weight) / 100)).toBeLessThan(30)
    before = now
  }
  await proxy.router.setWeight(route, 0, options)
  expect(canaryUsers(await sides(proxy.url, header))).toEqual([])
})

test('a new user gets a cookie beside those of the service, and stays where it puts them', async () => {
  const { proxy } = await stableAndCanary({ sticky: { cookie: 'taxiway' } })
  await proxy.router.setWeight(route, 50, options)
  const first = await Promise.all(Array.from({ length: 100 }, () => ask(proxy.url)))
  expect(new Set(first.map(({ body }) => body)).size).toBe(2)
  for (const { headers, body } of first) {
    const [cookie = ''] = headers['set-cookie'] ?? []
    expect(cookie).toMatch(/^taxiway=[0-9a-f-]{36}; Path=\/; HttpOnly; SameSite=Lax$/)
    const again = await ask(proxy.url, { headers: { cookie: cookie.split(';')[0] ?? '' } })
    expect(again.body).toBe(body)
    expect(again.headers['set-cookie']).toBeUndefined()
  }
})

test('requests without the header are split one by one', async () => {
  const { proxy } = await stableAndCanary({ sticky: { header: 'x-user' }, random: quarters() })
  await proxy.router.setWeight(route, 25, options)
  expect(await tally(proxy.url, 100)).toEqual({ '1.0.0': 75, '1.1.0': 25 })
})
