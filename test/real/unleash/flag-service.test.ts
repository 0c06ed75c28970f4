import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { unleashFlagService } from '../../../adapters/unleash/index.js'
import { flagServiceLaws, lawCases } from '../../../src/testing/index.js'
import { secret } from '../../../src/vocabulary/secret.js'
import { freePort } from '../../support/free-port.js'
import { until } from '../servers.js'
import { isUnleashMissing, startClient, startUnleash } from './unleash-server.js'

const call = () => ({ signal: new AbortController().signal, idempotencyKey: 'k', fencingToken: 1 })
const features = '/projects/default/features'
let flags = 0

describe.skipIf(isUnleashMissing())('Unleash 8.2', () => {
  let unleash: Awaited<ReturnType<typeof startUnleash>>
  let client: Awaited<ReturnType<typeof startClient>>
  beforeAll(async () => {
    unleash = await startUnleash()
    client = await startClient(unleash)
  }, 180_000)
  afterAll(async () => {
    client?.destroy()
    await unleash?.[Symbol.asyncDispose]()
  })

  const open = (options = {}) =>
    unleashFlagService({ url: unleash.url, token: secret(() => unleash.adminToken), environment: 'production', ...options })

  async function newFlag(): Promise<string> {
    const name = `flag-${++flags}`
    await unleash.admin('POST', features, { name, type: 'release' })
    return name
  }

  const strategiesOf = (flag: string) => unleash.admin('GET', `${features}/${flag}/environments/production/strategies`)
  const users = Array.from({ length: 10_000 }, (_, i) => `user-${i}`)

  /** Who has the feature, once what applications are told is this share or thereabouts: the server keeps answers for a second. */
  async function usersOn(flag: string, percent: number, properties: Record<string, string> = {}): Promise<Set<string>> {
    let found = new Set<string>()
    await until(`${percent} % of the users have ${flag}`, async () => {
      found = new Set(users.filter((userId) => client.isEnabled(flag, { userId, properties })))
      return Math.abs(found.size - percent * 100) <= 4 * Math.sqrt(percent * (100 - percent))
    })
    return found
  }

  const cases = lawCases(
    flagServiceLaws,
    async () => ({
      service: open(),
      flag: await newFlag(),
      otherFlag: await newFlag(),
      unknownFlag: 'no-such-flag',
      reopen: open,
    }),
    { lacks: { fencing: 'the Admin API knows no such token' } },
  )
  for (const { name, run } of cases) test(name, run)

  test('ten thousand users see the share that was set, and nobody loses the feature as it grows', async () => {
    const flag = await newFlag()
    let before = new Set<string>()
    for (const percent of [5, 25, 50, 100]) {
      await open().setRollout(flag, percent, call())
      const now = await usersOn(flag, percent)
      expect([...before].filter((user) => !now.has(user))).toEqual([])
      before = now
    }
    await open().setRollout(flag, 0, call())
    expect((await usersOn(flag, 0)).size).toBe(0)
  })

  test('a flag without a strategy never reaches everybody on its way to 5 %', async () => {
    const flag = await newFlag()
    expect(await strategiesOf(flag)).toEqual([])
    await open().setRollout(flag, 5, call())
    expect(await strategiesOf(flag)).toMatchObject([{ name: 'flexibleRollout', parameters: { rollout: '5', groupId: flag } }])
  })

  test('constraints, segments, variants, stickiness and group survive, and only those who fit get the feature', async () => {
    const flag = await newFlag()
    const constraint = { contextName: 'country', operator: 'IN', values: ['NL'], inverted: false, caseInsensitive: false }
    const segment = await unleash.admin('POST', '/segments', {
      name: `segment-${flag}`,
      constraints: [{ ...constraint, contextName: 'plan', values: ['pro'] }],
    })
    const strategy = {
      name: 'flexibleRollout',
      title: 'gradual',
      constraints: [constraint],
      segments: [segment.id],
      variants: [{ name: 'a', weight: 1000, weightType: 'variable', stickiness: 'default' }],
      parameters: { rollout: '1', stickiness: 'userId', groupId: 'since-2024' },
    }
    await unleash.admin('POST', `${features}/${flag}/environments/production/strategies`, strategy)
    const [before] = await strategiesOf(flag)
    await open().setRollout(flag, 40, call())
    expect(await strategiesOf(flag)).toEqual([{ ...before, parameters: { ...before.parameters, rollout: '40' } }])
    expect(before).toMatchObject({
      segments: [segment.id],
      constraints: [{ values: ['NL'] }],
      parameters: { groupId: 'since-2024' },
    })
    expect((await usersOn(flag, 40, { country: 'NL', plan: 'pro' })).size).toBeGreaterThan(0)
    expect((await usersOn(flag, 0, { country: 'BE', plan: 'pro' })).size).toBe(0)
    expect((await usersOn(flag, 0, { country: 'NL', plan: 'free' })).size).toBe(0)
  })

  test('the other environment is left alone', async () => {
    const flag = await newFlag()
    await open().setRollout(flag, 30, call())
    expect(await open({ environment: 'development' }).getRollout(flag, call())).toBe(0)
    await expect(open({ environment: 'prod' }).getRollout(flag, call())).rejects.toThrow(/development, production/)
  })

  test('a flag that somebody gave a second strategy can only be turned off', async () => {
    const flag = await newFlag()
    await open().setRollout(flag, 30, call())
    await unleash.admin('POST', `${features}/${flag}/environments/production/strategies`, { name: 'default' })
    await usersOn(flag, 100)
    expect(await open().getRollout(flag, call())).toBe('unknown')
    await expect(open().setRollout(flag, 40, call())).rejects.toMatchObject({ code: 'adapter/rejected' })
    await open().setRollout(flag, 0, call())
    expect(await open().getRollout(flag, call())).toBe(0)
    expect((await usersOn(flag, 0)).size).toBe(0)
  })

  test('a wrong token is refused for good, and a server that is away may come back', async () => {
    const wrong = open({ token: secret(() => '*:*.wrong') })
    await expect(wrong.getRollout('x', call())).rejects.toMatchObject({ code: 'adapter/rejected', details: { status: 401 } })
    const away = open({ url: `http://127.0.0.1:${await freePort()}` })
    await expect(away.getRollout('x', call())).rejects.toMatchObject({ code: 'adapter/unavailable' })
  })
})
