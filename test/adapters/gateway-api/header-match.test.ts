import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { both, call, mesh, type Rule, rejected, route, unavailable, weightsIn } from './set-up.js'

const testers = { name: 'x-tester', value: 'let-me-see' }
const condition = { type: 'Exact', ...testers }
const toCanary: Rule = { matches: [{ headers: [condition] }], backendRefs: [{ name: 'web-canary', port: 80, weight: 1 }] }
const api = { path: { type: 'PathPrefix', value: '/api' } }
const acme = { headers: [{ type: 'Exact', name: 'x-tenant', value: 'acme' }] }

test.each(['HTTPRoute', 'GRPCRoute'] as const)(
  'a header of an %s leads to the canary, and ends without a trace',
  async (kind) => {
    const { kube, router, rules, place } = await mesh()
    const matching = router({ checkout: { ...place, kind } })
    const resource = kind === 'HTTPRoute' ? 'httproutes' : 'grpcroutes'
    await matching.setHeaderMatch(route, testers, call)
    expect(rules(resource)).toEqual([toCanary, both()])
    expect(await matching.getHeaderMatch(route, call)).toEqual(testers)
    expect(await matching.getWeight(route, call)).toBe(0)
    await matching.setHeaderMatch(route, 'none', call)
    expect(rules(resource)).toEqual([both()])
    expect(await matching.getHeaderMatch(route, call)).toBe('none')
    expect(Object.keys(kube.store.get(resource, 'web')!.metadata.annotations!)).toEqual(['versions.taxiway.dev/web-stable'])
  },
)

test('each rule that splits has its own before it: same matches, filters and timeouts, and the backend of the canary', async () => {
  const shadow = { type: 'RequestMirror', requestMirror: { backendRef: { name: 'shadow', port: 80 } } }
  const split: Rule = {
    ...both(),
    name: 'api',
    matches: [{ ...api, ...acme }, api],
    filters: [shadow],
    timeouts: { request: '9s' },
  }
  const foreign: Rule = { matches: [{ path: { type: 'PathPrefix', value: '/docs' } }], backendRefs: [{ name: 'docs', port: 80 }] }
  const { kube, router, rules } = await mesh([foreign, split, both()])
  for (const name of ['docs', 'shadow']) kube.store.update('services', name, { metadata: {}, spec: { selector: {} } }, 'kubectl')
  kube.settle()
  await router().setMirror(route, 20, call)
  const mirrored = rules()
  await router().setHeaderMatch(route, testers, call)
  const { name: _, ...same } = split
  const own = {
    ...same,
    ...toCanary,
    matches: [
      { ...api, headers: [...acme.headers, condition] },
      { ...api, headers: [condition] },
    ],
  }
  expect(rules()).toEqual([foreign, own, mirrored[1], toCanary, mirrored[2]])
  await router().setMirror(route, 0, call)
  expect(await router().getHeaderMatch(route, call)).toEqual(testers)
  await router().setHeaderMatch(route, 'none', call)
  expect(rules()).toEqual([foreign, split, both()])
})

test('twice is once, another header replaces the first, and weights are split beside it', async () => {
  const { kube, router, rules } = await mesh([both(), both()])
  await router().setHeaderMatch(route, testers, call)
  await router().setHeaderMatch(route, testers, call)
  expect(kube.acts()).toHaveLength(1)
  await router().setWeight(route, 5, call)
  expect(weightsIn(rules())).toEqual([[1], [9500, 500], [1], [9500, 500]])
  const insiders = { name: 'X-Insider', value: 'yes' }
  await router().setHeaderMatch(route, insiders, call)
  expect(rules().map(({ matches }) => matches)).toEqual([
    [{ headers: [{ type: 'Exact', ...insiders }] }],
    undefined,
    [{ headers: [{ type: 'Exact', ...insiders }] }],
    undefined,
  ])
  expect(await router().getWeight(route, call)).toBe(5)
})

test('what was done by hand behind our back is seen, and set right', async () => {
  const { kube, router, rules, edit } = await mesh()
  await router().setHeaderMatch(route, testers, call)
  edit((spec) => {
    spec.rules[1]!.timeouts = { request: '9s' }
  })
  expect(await router().getHeaderMatch(route, call)).toBe('unknown')
  kube.settle()
  expect(await router().getHeaderMatch(route, call)).toBe('unknown')
  await router().setHeaderMatch(route, testers, call)
  expect(rules()).toEqual([
    { ...toCanary, timeouts: { request: '9s' } },
    { ...both(), timeouts: { request: '9s' } },
  ])
  edit((spec) => void spec.rules.reverse())
  kube.settle()
  expect(await router().getHeaderMatch(route, call)).toBe('unknown')
  await router().setHeaderMatch(route, testers, call)
  expect(rules().map(({ backendRefs }) => backendRefs!.length)).toEqual([1, 2])
  edit((spec) => void spec.rules.shift())
  kube.settle()
  expect(await router().getHeaderMatch(route, call)).toBe('none')
  await router().setHeaderMatch(route, 'none', call)
  expect(rules()).toHaveLength(1)
})

test('a rule of somebody else that looks like ours is neither taken over nor taken away', async () => {
  const { router, rules } = await mesh([toCanary, both()])
  await expect(router().setHeaderMatch(route, testers, call)).rejects.toMatchObject(
    rejected('"x-tester" to the canary by rule 0 already'),
  )
  await router().setHeaderMatch(route, { name: 'x-insider', value: 'yes' }, call)
  await router().setHeaderMatch(route, 'none', call)
  await router().settle({ unit: 'checkout', version: '1.4.0' }, call)
  expect(rules()).toEqual([toCanary, both(10000, 0)])
})

test('a header that the rule looks at itself is refused: gateways would look at one of the two', async () => {
  const split = { ...both(), name: 'api', matches: [acme] }
  const { router, rules } = await mesh([split])
  await expect(router().setHeaderMatch(route, { name: 'X-Tenant', value: 'other' }, call)).rejects.toMatchObject(
    rejected('matches "X-Tenant" itself in rule api'),
  )
  expect(rules()).toEqual([split])
})

test('nobody is sent to a canary that has nobody ready, and the way back needs no canary', async () => {
  const { kube, router, rules, ail } = await mesh()
  ail('web-canary')
  await expect(router().setHeaderMatch(route, testers, call)).rejects.toMatchObject(
    unavailable('"web-canary" has no ready endpoint'),
  )
  expect(rules()).toEqual([both()])
  const other = await mesh()
  await other.router().setHeaderMatch(route, testers, call)
  other.kube.store.remove('services', 'web-canary')
  other.kube.settle()
  expect(await other.router().getHeaderMatch(route, call)).toBe('unknown')
  await other.router().setHeaderMatch(route, 'none', call)
  expect(other.rules()).toEqual([both()])
  expect(kube.acts()).toEqual([])
})

test('a promotion ends header match and mirror in one change', async () => {
  const { kube, router, rules } = await mesh()
  await router().setHeaderMatch(route, testers, call)
  await router().setMirror(route, 20, call)
  await router().setWeight(route, 100, call)
  const acts = kube.acts().length
  await router().settle({ unit: 'checkout', version: '1.5.0' }, call)
  expect(kube.acts()).toHaveLength(acts + 1)
  expect(rules()).toEqual([both(10000, 0)])
  expect(kube.store.get('httproutes', 'web')!.metadata.annotations).toEqual({
    'versions.taxiway.dev/web-stable': '{"stable":"1.5.0"}',
  })
})

test('the requests of another version are not those of the one asked for', async () => {
  const { router } = await mesh()
  await router().setHeaderMatch(route, testers, call)
  expect(await router().getHeaderMatch({ ...route, canary: '1.6.0' }, call)).toBe('unknown')
})

test('an edit between our look and our write is not undone', async () => {
  const { kube, router, rules, edit } = await mesh()
  kube.instead = ({ method }) => {
    if (method === 'PATCH') edit((spec) => void spec.rules.unshift({ backendRefs: [{ name: 'docs', port: 80 }] }))
    return undefined
  }
  await expect(router().setHeaderMatch(route, testers, call)).rejects.toMatchObject(unavailable('Somebody changed the object'))
  expect(rules()).toHaveLength(2)
})

test('a route that has as many rules as it may is refused for good', async () => {
  const full = [both(), ...Array.from({ length: 15 }, () => ({ backendRefs: [{ name: 'web-canary', port: 80 }] }))]
  const { router, rules } = await mesh(full)
  await expect(router().setHeaderMatch(route, testers, call)).rejects.toMatchObject(rejected('spec.rules (FieldValueInvalid)'))
  expect(rules()).toEqual(full)
})

test('no error tells the value of the header', async () => {
  const { kube, router, ail } = await mesh()
  const failures: unknown[] = []
  const fails = async (match = testers, on = router()) =>
    failures.push(await on.setHeaderMatch(route, match, call).catch((error) => error))
  await fails({ ...testers, name: 'not a name' })
  await fails(testers, router({}))
  kube.gateway = 'refuses'
  kube.settle()
  await fails()
  ail('web-canary')
  await fails({ ...testers, name: 'x-other' })
  await kube.kill()
  await fails()
  const codes = ['input/invalid', 'adapter/rejected', 'adapter/rejected', 'adapter/unavailable', 'adapter/unavailable']
  expect(failures).toMatchObject(codes.map((code) => ({ code })))
  expect(inspect(failures, { depth: 9 })).not.toContain(testers.value)
})

test.each([
  { name: '', value: 'x' },
  { name: ':method', value: 'GET' },
  { name: 'x'.repeat(257), value: 'x' },
  { name: 'x', value: '' },
  { name: 'x', value: ' padded ' },
  { name: 'x', value: 'two\nlines' },
  { name: 'x', value: 'x'.repeat(4097) },
])('%o is no header to match', async (match) => {
  const { kube, router } = await mesh()
  await expect(router().setHeaderMatch(route, match, call)).rejects.toMatchObject({ code: 'input/invalid' })
  expect(kube.calls).toEqual([])
})

test('a slow gateway is waited for, until the call is given up', async () => {
  const { kube, router, givenUpAfter } = await mesh()
  kube.gateway = 'sleeps'
  await expect(router().setHeaderMatch(route, testers, givenUpAfter(10))).rejects.toThrow('enough')
  expect(await router().getHeaderMatch(route, call)).toBe('unknown')
})
