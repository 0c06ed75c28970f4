import { expect, test } from 'vitest'
import { type UnleashOptions, unleashFlagService } from '../../../adapters/unleash/index.js'
import { secret } from '../../../src/vocabulary/secret.js'
import { type Instead, recordedUnleash, reply } from './recorded-unleash.js'

const call = (signal = new AbortController().signal) => ({ signal, idempotencyKey: 'k', fencingToken: 1 })
const token = '*:*.1b8d-secret'

function setUp(
  strategies: Parameters<typeof recordedUnleash>[0][string],
  instead?: Instead,
  options: Partial<UnleashOptions> = {},
) {
  const unleash = recordedUnleash({ checkout: strategies }, instead)
  const { fetch } = unleash
  const service = unleashFlagService({
    url: 'https://unleash.example.com/base/',
    token: secret(async () => token),
    environment: 'production',
    fetch: (input, init) => fetch(String(input).replace('/base', ''), init),
    ...options,
  })
  return { ...unleash, service, held: unleash.production.get('checkout')! }
}

const refusing = (status: number, body: unknown, headers: Record<string, string> = {}): Instead => {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return ({ method }) => (method === 'GET' ? undefined : new Response(text, { status, headers }))
}

test('a share is the rollout of the gradual rollout, and all else of it is kept', async () => {
  const kept = {
    title: 'gradual',
    constraints: [{ contextName: 'country', operator: 'IN', values: ['NL'] }],
    segments: [3],
    variants: [{ name: 'a', weight: 1000 }],
  }
  const parameters = { rollout: '10', stickiness: 'tenant', groupId: 'since-2024' }
  const { service, held, calls, headers, acts } = setUp([{ ...kept, parameters }])
  await service.setRollout('checkout', 25, call())
  expect(held.strategies).toMatchObject([{ ...kept, parameters: { ...parameters, rollout: '25' } }])
  expect(acts()).toEqual(['PATCH strategies/checkout-0', 'POST on'])
  expect(calls[1]?.body).toEqual([{ op: 'add', path: '/parameters/rollout', value: '25' }])
  expect(headers.map((each) => each.get('authorization'))).toEqual(Array(3).fill(token))
})

test('a flag is turned on only after its share is right', async () => {
  const { service, acts } = setUp([{ parameters: { rollout: '100' } }])
  await service.setRollout('checkout', 1, call())
  expect(acts()).toEqual(['PATCH strategies/checkout-0', 'POST on'])
})

test('a flag is turned off before its share is taken back', async () => {
  const { service, held, acts } = setUp([{ parameters: { rollout: '50' } }])
  held.enabled = true
  await service.setRollout('checkout', 0, call())
  expect(acts()).toEqual(['POST off', 'PATCH strategies/checkout-0'])
  expect(held.strategies[0]?.parameters.rollout).toBe('0')
})

test('what is so already is not written again', async () => {
  const { service, held, acts } = setUp([{ parameters: { rollout: '50' } }])
  held.enabled = true
  await service.setRollout('checkout', 50, call())
  expect(acts()).toEqual([])
})

test.each([
  ['without a strategy', []],
  ['with a strategy that is switched off', [{ disabled: true, parameters: { rollout: '100' } }]],
])(
  'a flag %s gets a gradual rollout before it is turned on, or the server would add one for everybody',
  async (_, strategies) => {
    const { service, held, acts, calls } = setUp(strategies)
    await service.setRollout('checkout', 5, call())
    expect(acts()).toEqual(['POST strategies', 'POST on'])
    expect(calls[1]?.body).toMatchObject({
      name: 'flexibleRollout',
      parameters: { rollout: '5', stickiness: 'default', groupId: 'checkout' },
    })
    expect(held.strategies.filter(({ disabled }) => !disabled)).toHaveLength(1)
    expect(await service.getRollout('checkout', call())).toBe(5)
  },
)

test.each([
  ['two gradual rollouts', [{}, {}], '2 active strategies'],
  ['a strategy beside the rollout', [{}, { name: 'userWithId', parameters: { userIds: 'kim' } }], '2 active strategies'],
  ['another strategy', [{ name: 'default', parameters: {} }], 'its strategy is "default"'],
])('a flag with %s is not rolled out, has no share that could be told, and can be turned off', async (_, strategies, why) => {
  const { service, held, acts } = setUp(strategies)
  held.enabled = true
  const refusal = { code: 'adapter/rejected', message: expect.stringContaining(why) }
  await expect(service.setRollout('checkout', 5, call())).rejects.toMatchObject(refusal)
  expect(await service.getRollout('checkout', call())).toBe('unknown')
  expect(acts()).toEqual([])
  await service.setRollout('checkout', 0, call())
  expect(acts()).toEqual(['POST off'])
  expect(await service.getRollout('checkout', call())).toBe(0)
})

test.each(['133', 'abc', '', '-1', '5.5', '1e1', ' 5', '007'])(
  '%j, which the server stores as a share, is none',
  async (rollout) => {
    const { service, held } = setUp([{ parameters: { rollout } }])
    held.enabled = true
    expect(await service.getRollout('checkout', call())).toBe('unknown')
    await service.setRollout('checkout', 7, call())
    expect(await service.getRollout('checkout', call())).toBe(7)
  },
)

test('where changes need a change request, the error says so', async () => {
  const body = {
    id: 'x',
    name: 'PermissionError',
    message:
      'You don\'t have the required permissions to perform this operation. To perform this action, you need the "SKIP_CHANGE_REQUEST" permission.',
    permissions: ['SKIP_CHANGE_REQUEST'],
  }
  const { service } = setUp([{}], refusing(403, body))
  await expect(service.setRollout('checkout', 5, call())).rejects.toMatchObject({
    code: 'adapter/rejected',
    message: expect.stringMatching(/change request only.*SKIP_CHANGE_REQUEST/),
  })
})

test.each<[number, string, string]>([
  [400, 'adapter/rejected', 'create_bad.400'],
  [401, 'adapter/rejected', 'unauth.401'],
  [403, 'adapter/rejected', 'unauth.401'],
  [404, 'adapter/rejected', 'nosuch.404'],
  [409, 'adapter/rejected', 'nosuch.404'],
  [408, 'adapter/unavailable', 'nosuch.404'],
  [429, 'adapter/unavailable', 'nosuch.404'],
  [500, 'adapter/unavailable', 'nosuch.404'],
  [503, 'adapter/unavailable', 'nosuch.404'],
])('%i is %s', async (status, code, name) => {
  const { service } = setUp([{}], () => reply(status, name))
  for (const act of [() => service.setRollout('checkout', 5, call()), () => service.getRollout('checkout', call())])
    await expect(act()).rejects.toMatchObject({ code, details: { status } })
})

test('a server that asks to wait is quoted', async () => {
  const { service } = setUp([{}], refusing(429, '', { 'retry-after': '17' }))
  await expect(service.setRollout('checkout', 5, call())).rejects.toMatchObject({
    code: 'adapter/unavailable',
    message: expect.stringContaining('wait 17 s'),
    details: { status: 429, retryAfterSeconds: 17 },
  })
})

test('a redirect is not followed with the token', async () => {
  let followed: string | undefined
  const { service } = setUp([{}], undefined, {
    fetch: async (_, init) => {
      followed = init?.redirect
      return new Response(null, { status: 302, headers: { location: 'https://evil.example' } })
    },
  })
  await expect(service.getRollout('checkout', call())).rejects.toMatchObject({ code: 'adapter/rejected' })
  expect(followed).toBe('manual')
})

test.each<[string, string, string]>([
  ['a page of a proxy', 'adapter/unavailable', '<html>maintenance</html>'],
  ['another document', 'adapter/rejected', '[]'],
  ['nothing', 'adapter/rejected', ''],
])('%s in place of a flag is no share', async (_, code, text) => {
  const { service } = setUp([{}], () => new Response(text))
  await expect(service.getRollout('checkout', call())).rejects.toMatchObject({ code })
})

test('an environment that is misspelt is named, with those there are', async () => {
  const { service } = setUp([{}], undefined, { environment: 'prod' })
  await expect(service.getRollout('checkout', call())).rejects.toThrow(/no environment "prod".*development, production/)
})

test('a server that does not answer may answer later, and the token stays out of the error', async () => {
  const { service } = setUp([{}], undefined, {
    fetch: async () => {
      throw new TypeError(`Headers.append: "${token}" is an invalid header value.`)
    },
  })
  const error = await service.setRollout('checkout', 5, call()).catch((caught) => caught)
  expect(error).toMatchObject({ code: 'adapter/unavailable' })
  expect(JSON.stringify([error, error.message, String(error.cause), error.stack])).not.toContain(token)
})

test('a change whose answer was lost is told apart from one that was refused, never sent, or only a question', async () => {
  const gone = (code: string) => () => Promise.reject(new TypeError('fetch failed', { cause: { code } }))
  const answers: [object, Partial<UnleashOptions>, Instead?][] = [
    [{ outcome: 'unknown' }, {}, refusing(502, '')],
    [{ status: 429 }, {}, refusing(429, '')],
    [{ method: 'GET' }, { fetch: gone('ECONNRESET') }],
    [{ method: 'GET' }, { fetch: gone('ECONNREFUSED') }],
  ]
  for (const [details, options, instead] of answers) {
    const error = await setUp([{}], instead, options)
      .service.setRollout('checkout', 5, call())
      .catch((caught) => caught)
    expect(error).toMatchObject({ code: 'adapter/unavailable', details })
    expect('outcome' in error.details).toBe('outcome' in details)
  }
})

test('a call that is given up ends with the reason why', async () => {
  const controller = new AbortController()
  const { service } = setUp([{}], undefined, {
    fetch: (_, init) =>
      new Promise((_, reject) => {
        init?.signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')))
        controller.abort(new Error('the release was aborted'))
      }),
  })
  await expect(service.setRollout('checkout', 5, call(controller.signal))).rejects.toThrow('the release was aborted')
})

test.each(['..', '.', '', 'a/b', 'a?b', 'a#b', '%2e%2e', 'a b'])('%j is not the name of a flag', async (flag) => {
  const { service, calls } = setUp([{}])
  await expect(service.setRollout(flag, 5, call())).rejects.toMatchObject({ code: 'input/invalid' })
  expect(calls).toEqual([])
})

test.each([{ project: '../x' }, { environment: '..' }, { url: 'unleash' }, { url: 'https://me:secret@unleash.example.com' }])(
  'a setting that leads elsewhere is refused at once: %j',
  (options) => {
    expect(() => setUp([], undefined, options)).toThrow(expect.objectContaining({ code: 'input/invalid' }))
  },
)
