import { expect, test } from 'vitest'
import { both, call, mesh, rejected, route, unavailable, weightsIn } from './set-up.js'

test('a hundredth of a percent is exact, and nothing of the route changes but weights and the names of the versions', async () => {
  const { kube, router, rules } = await mesh()
  const before = kube.store.get('httproutes', 'web')!
  await router().setWeight(route, 0.01, call)
  expect(weightsIn(rules())).toEqual([[9999, 1]])
  const { spec, metadata } = kube.store.get('httproutes', 'web')!
  expect({ ...spec, rules: [] }).toEqual({ ...before.spec, rules: [] })
  expect(metadata.annotations).toEqual({ 'versions.taxiway.dev/web-stable': '{"stable":"1.4.0","canary":"1.5.0"}' })
  expect(await router().getWeight(route, call)).toBe(0.01)
})

test('what others put into the route stays: their rules, filters, matches, mirrors, backends and annotations', async () => {
  const mirror = { type: 'RequestMirror', requestMirror: { backendRef: { name: 'shadow', port: 80 }, percent: 10 } }
  const split = {
    ...both(),
    name: 'api',
    matches: [{ headers: [{ type: 'Exact', name: 'x-tenant', value: 'acme' }], path: { type: 'PathPrefix', value: '/api' } }],
    filters: [mirror],
    timeouts: { request: '10s' },
  }
  const foreign = {
    matches: [{ path: { type: 'PathPrefix', value: '/docs' } }],
    backendRefs: [{ name: 'docs', port: 80, weight: 7 }],
  }
  const { kube, router, rules, place } = await mesh([foreign, split])
  for (const name of ['docs', 'shadow']) kube.store.update('services', name, { metadata: {}, spec: { selector: {} } }, 'kubectl')
  await router({ checkout: place, billing: { ...place, route: 'other' } }).setWeight({ ...route, unit: 'billing' }, 5, call)
  await router().setWeight(route, 5, call)
  expect(rules()).toEqual([foreign, { ...split, ...both(9500, 500) }])
  expect(kube.store.get('httproutes', 'other')!.metadata.annotations).toMatchObject({ team: 'payments' })
})

test('only the rules that are named are split', async () => {
  const { router, rules, place } = await mesh([
    { ...both(), name: 'api' },
    { ...both(), name: 'assets' },
  ])
  await router({ checkout: { ...place, rules: ['api'] } }).setWeight(route, 10, call)
  expect(weightsIn(rules())).toEqual([
    [9000, 1000],
    [100, 0],
  ])
  await expect(router({ checkout: { ...place, rules: ['nosuch'] } }).setWeight(route, 10, call)).rejects.toMatchObject(
    rejected('has no rule named "nosuch"'),
  )
})

test('without names, every rule that sends to stable is split, and one without a place for the canary is refused', async () => {
  const pinned = { backendRefs: [{ name: 'web-stable', port: 80 }] }
  const { kube, router, rules, edit } = await mesh([both(), pinned])
  await expect(router().setWeight(route, 10, call)).rejects.toMatchObject(rejected('once in rule 1'))
  expect(weightsIn(rules())[0]).toEqual([100, 0])
  edit((spec) => {
    spec.rules = [both(), both(1, 0)]
  })
  kube.settle()
  await router().setWeight(route, 10, call)
  expect(weightsIn(rules())).toEqual([
    [9000, 1000],
    [9000, 1000],
  ])
})

test('beside other backends the two keep their sum, and a share that it cannot say is refused', async () => {
  const withOther = { backendRefs: [...both(80, 0).backendRefs!, { name: 'legacy', port: 80, weight: 20 }] }
  const { kube, router, rules } = await mesh([withOther])
  kube.store.update('services', 'legacy', { metadata: {}, spec: { selector: {} } }, 'kubectl')
  kube.settle()
  await router().setWeight(route, 25, call)
  expect(weightsIn(rules())).toEqual([[60, 20, 20]])
  expect(await router().getWeight(route, call)).toBe(25)
  await expect(router().setWeight(route, 0.1, call)).rejects.toMatchObject(rejected('where the two Services have 80 in all'))
  expect(weightsIn(rules())).toEqual([[60, 20, 20]])
})

test('two Services that have nothing beside another backend are not given anything', async () => {
  const { router } = await mesh([{ backendRefs: [...both(0, 0).backendRefs!, { name: 'legacy', port: 80, weight: 20 }] }])
  await expect(router().setWeight(route, 5, call)).rejects.toMatchObject(rejected('have 0 in all'))
  expect(await router().getWeight(route, call)).toBe('unknown')
})

test('an edit by hand is seen, and so is one that makes rules differ', async () => {
  const { kube, router, edit } = await mesh([both(), both()])
  await router().setWeight(route, 5, call)
  edit(({ rules }) => {
    for (const { backendRefs } of rules) backendRefs![1]!.weight = 9500
  })
  expect(await router().getWeight(route, call)).toBe('unknown') // the gateway has not taken it yet
  kube.settle()
  expect(await router().getWeight(route, call)).toBe(50)
  edit(({ rules }) => {
    rules[1]!.backendRefs![1]!.weight = 0
  })
  kube.settle()
  expect(await router().getWeight(route, call)).toBe('unknown')
  await router().setWeight(route, 5, call)
  expect(await router().getWeight(route, call)).toBe(5)
})

test('a weight that is in force already is not written again', async () => {
  const { kube, router } = await mesh()
  await router().setWeight(route, 5, call)
  const { generation } = kube.store.get('httproutes', 'web')!.metadata
  await router().setWeight(route, 5, call)
  expect(kube.acts()).toHaveLength(1)
  expect(kube.store.get('httproutes', 'web')!.metadata.generation).toBe(generation)
})

test('a promoted version has all the traffic through the Service of stable, and its old one has none', async () => {
  const { router, rules } = await mesh()
  await router().setWeight(route, 100, call)
  expect(weightsIn(rules())).toEqual([[0, 10000]])
  await router().settle({ unit: 'checkout', version: '1.5.0' }, call)
  expect(weightsIn(rules())).toEqual([[10000, 0]])
  expect(await router().getWeight(route, call)).toBe(100)
  expect(await router().getWeight({ unit: 'checkout', stable: '1.5.0', canary: '1.6.0' }, call)).toBe(0)
})

test('the share of a version nobody has named is unknown as soon as the place of the canary gets some', async () => {
  const { router } = await mesh()
  await router().setWeight(route, 20, call)
  expect(await router().getWeight({ ...route, canary: '1.6.0' }, call)).toBe('unknown')
})

test('a weight counts only when every parent has taken it', async () => {
  const { kube, router, edit, givenUpAfter } = await mesh()
  edit((spec) => {
    spec.parentRefs = [
      { name: 'gw', sectionName: 'https' },
      { name: 'inner', namespace: 'infra' },
    ]
  })
  kube.settle()
  await router().setWeight(route, 5, call)
  const now = kube.store.get('httproutes', 'web')!
  now.status.parents.pop()
  kube.store.setStatus('httproutes', now)
  kube.gateway = 'sleeps'
  expect(await router().getWeight(route, call)).toBe('unknown')
  await expect(router().setWeight(route, 10, givenUpAfter(10))).rejects.toThrow('enough')
  expect(await router().getWeight(route, call)).toBe('unknown')
})

test.each([
  ['refuses', 'gw says NotAllowedByListeners'],
  ['takes in part', 'gw says UnsupportedValue: Dropped Rule(s)'],
] as const)('a route that its gateway %s is told with the reason', async (mood, says) => {
  const { kube, router } = await mesh()
  kube.gateway = mood
  kube.settle()
  await expect(router().setWeight(route, 5, call)).rejects.toMatchObject(rejected(says))
  expect(await router().getWeight(route, call)).toBe('unknown')
})

test('a weight is not in force while a backend of the route is missing, and 0 % is', async () => {
  const { kube, router } = await mesh([both(), { backendRefs: [{ name: 'legacy', port: 80 }] }])
  kube.settle()
  await expect(router().setWeight(route, 5, call)).rejects.toMatchObject(rejected('Service legacy not found'))
  await router().setWeight(route, 0, call)
  expect(await router().getWeight(route, call)).toBe(0)
})

test('nobody loses traffic to a Service that has nobody ready', async () => {
  const { kube, router, rules, ail } = await mesh()
  ail('web-canary')
  await expect(router().setWeight(route, 5, call)).rejects.toMatchObject(unavailable('"web-canary" has no ready endpoint'))
  kube.store.remove('pods', 'web-canary')
  await expect(router().setWeight(route, 5, call)).rejects.toMatchObject(unavailable('"web-canary" has no ready endpoint'))
  expect(weightsIn(rules())).toEqual([[100, 0]])
})

test('the way back needs no canary: its Service may be gone, while that of stable has to be ready', async () => {
  const { kube, router, rules, ail } = await mesh()
  await router().setWeight(route, 50, call)
  kube.store.remove('services', 'web-canary')
  kube.settle()
  expect(await router().getWeight(route, call)).toBe('unknown')
  await router().setWeight(route, 0, call)
  expect(weightsIn(rules())).toEqual([[10000, 0]])
  expect(await router().getWeight(route, call)).toBe(0)
  const other = await mesh([both(50, 50)])
  other.ail('web-stable')
  await expect(other.router().setWeight(route, 0, call)).rejects.toMatchObject(unavailable('"web-stable" has no ready endpoint'))
  expect(weightsIn(other.rules())).toEqual([[50, 50]])
  ail('web-canary')
})

test.each([
  ['is not there', { route: 'nosuch' }],
  ['has no rule that sends to "api"', { stable: 'api' }],
])('a route that %s is refused for good', async (says, changes) => {
  const { router, place } = await mesh()
  await expect(router({ checkout: { ...place, ...changes } }).setWeight(route, 5, call)).rejects.toMatchObject(rejected(says))
})

test('a route without parents, and a unit that is not configured, are refused for good', async () => {
  const { kube, router, edit } = await mesh()
  edit((spec) => {
    spec.parentRefs = []
  })
  kube.settle()
  await expect(router().setWeight(route, 5, call)).rejects.toMatchObject(rejected('it has no parentRefs'))
  await expect(router({}).setWeight(route, 5, call)).rejects.toMatchObject(rejected('has no unit "checkout"'))
})

test.each(['', '../x', 'Web'])('%j is no name of a route', async (name) => {
  const { router, place } = await mesh()
  expect(() => router({ checkout: { ...place, route: name } })).toThrow(expect.objectContaining({ code: 'input/invalid' }))
})
