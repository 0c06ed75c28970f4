import { expect, test } from 'vitest'
import { recorded } from '../../support/fake-kube/recorded.js'
import { both, call, mesh, rejected, route, unavailable, weightsIn } from './set-up.js'

const canary = { name: 'web-canary', port: 80 }
const mirrorTo = (backendRef: object, share: object = {}) => ({ type: 'RequestMirror', requestMirror: { backendRef, ...share } })
const rewrite = { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'x-edge', value: '1' }] } }

test.each(['HTTPRoute', 'GRPCRoute'] as const)(
  'a share of the requests of an %s is mirrored, and ends without a trace',
  async (kind) => {
    const { router, rules, place } = await mesh()
    const mirroring = router({ checkout: { ...place, kind } })
    const resource = kind === 'HTTPRoute' ? 'httproutes' : 'grpcroutes'
    const before = rules(resource)
    await mirroring.setMirror(route, 20, call)
    expect(rules(resource)).toEqual([{ ...before[0], filters: [mirrorTo(canary, { percent: 20 })] }])
    expect(await mirroring.getMirror(route, call)).toBe(20)
    expect(await mirroring.getWeight(route, call)).toBe(0)
    await mirroring.setMirror(route, 0, call)
    expect(rules(resource)).toEqual(before)
    expect(await mirroring.getMirror(route, call)).toBe(0)
  },
)

test('filters of others stay as they are and where they are, mirrors to other Services among them', async () => {
  const shadow = mirrorTo({ name: 'shadow', port: 80 }, { percent: 10 })
  const elsewhere = mirrorTo({ ...canary, namespace: 'infra' }, { fraction: { numerator: 5 } })
  const untouched = { backendRefs: [{ name: 'web-canary', port: 80, weight: 1 }], filters: [mirrorTo(canary)] }
  const { kube, router, rules } = await mesh([{ ...both(), filters: [shadow, rewrite, elsewhere] }, untouched])
  kube.store.update('services', 'shadow', { metadata: {}, spec: { selector: {} } }, 'kubectl')
  kube.settle()
  await router().setMirror(route, 30, call)
  expect(rules()).toEqual([{ ...both(), filters: [shadow, rewrite, elsewhere, mirrorTo(canary, { percent: 30 })] }, untouched])
  expect(await router().getMirror(route, call)).toBe(30)
  await router().setMirror(route, 0, call)
  expect(rules()).toEqual([{ ...both(), filters: [shadow, rewrite, elsewhere] }, untouched])
})

test('the same share twice is written once, in every rule that splits; all requests need no field of newer versions', async () => {
  const { kube, router, rules } = await mesh([both(), both()])
  await router().setMirror(route, 20, call)
  await router().setMirror(route, 20, call)
  expect(kube.acts()).toHaveLength(1)
  await router().setMirror(route, 100, call)
  expect(rules().map(({ filters }) => filters)).toEqual([[mirrorTo(canary)], [mirrorTo(canary)]])
  expect(await router().getMirror(route, call)).toBe(100)
})

test('weights and a mirror leave each other alone', async () => {
  const { router, rules } = await mesh()
  await router().setMirror(route, 20, call)
  await router().setWeight(route, 5, call)
  expect(await router().getMirror(route, call)).toBe(20)
  await router().setMirror(route, 0, call)
  expect(weightsIn(rules())).toEqual([[9500, 500]])
  expect(await router().getWeight(route, call)).toBe(5)
})

test('a mirror that is changed by hand is seen, and set right', async () => {
  const { kube, router, edit, rules } = await mesh([both(), both()])
  await router().setMirror(route, 20, call)
  edit((spec) => {
    delete spec.rules[1]!.filters
  })
  kube.settle()
  expect(await router().getMirror(route, call)).toBe('unknown')
  edit((spec) => {
    for (const rule of spec.rules) rule.filters = [mirrorTo(canary, { fraction: { numerator: 7 } })]
  })
  kube.settle()
  expect(await router().getMirror(route, call)).toBe(7)
  edit((spec) => {
    for (const rule of spec.rules) rule.filters = [mirrorTo(canary, { fraction: { numerator: 1, denominator: 8 } })]
  })
  expect(await router().getMirror(route, call)).toBe('unknown') // the gateway has not taken it yet
  kube.settle()
  expect(await router().getMirror(route, call)).toBe(12.5)
  edit((spec) => {
    for (const rule of spec.rules) rule.filters = [mirrorTo(canary), rewrite, mirrorTo(canary)]
  })
  kube.settle()
  await router().setMirror(route, 20, call)
  for (const { filters } of rules()) expect(filters).toEqual([rewrite, mirrorTo(canary, { percent: 20 })])
})

test('what is mirrored to another version than the one asked for is not its share', async () => {
  const { router } = await mesh()
  await router().setMirror(route, 20, call)
  expect(await router().getMirror({ ...route, canary: '1.6.0' }, call)).toBe('unknown')
  await router().setMirror(route, 0, call)
  expect(await router().getMirror({ ...route, canary: '1.6.0' }, call)).toBe(0)
})

test('a promotion ends the mirror, and a late undo does not rename what is live', async () => {
  const { router, rules } = await mesh()
  await router().setMirror(route, 20, call)
  await router().settle({ unit: 'checkout', version: '1.5.0' }, call)
  expect(rules()).toEqual([both(10000, 0)])
  await router().setMirror(route, 0, call)
  expect(await router().getWeight(route, call)).toBe(100)
})

test('a server that drops the percent without a word is not believed', async () => {
  const { kube, router } = await mesh()
  kube.instead = ({ method, body }) => {
    if (method !== 'PATCH') return undefined
    const [add] = (body as { op: string; value: ReturnType<typeof mirrorTo>[] }[]).filter(({ op }) => op === 'add')
    for (const { requestMirror } of add!.value) delete (requestMirror as { percent?: number }).percent
    return undefined
  }
  await expect(router().setMirror(route, 20, call)).rejects.toMatchObject({
    code: 'adapter/unverified',
    message: expect.stringContaining('was to have 20 % mirrored to the canary'),
  })
  expect(await router().getMirror(route, call)).toBe(100)
})

test('a server that refuses the percent is told from one that refuses the filter', async () => {
  const { kube, router } = await mesh()
  kube.instead = ({ method }) => (method === 'PATCH' ? { status: 422, body: recorded('strict_unknown_field') } : undefined)
  await expect(router().setMirror(route, 20, call)).rejects.toMatchObject(rejected('needs the CRDs of Gateway API 1.3'))
  const error: Error = await router()
    .setMirror(route, 100, call)
    .catch((error) => error)
  expect(error).toMatchObject({ code: 'adapter/rejected' })
  expect(error.message).not.toContain('1.3')
})

test('nothing is mirrored to nobody, and the way back needs no canary', async () => {
  const { kube, router, rules, ail } = await mesh()
  await router().setMirror(route, 20, call)
  ail('web-canary')
  await expect(router().setMirror(route, 50, call)).rejects.toMatchObject(unavailable('"web-canary" has no ready endpoint'))
  kube.store.remove('services', 'web-canary')
  kube.settle()
  expect(await router().getMirror(route, call)).toBe('unknown')
  await router().setMirror(route, 0, call)
  expect(rules()).toEqual([both()])
  expect(await router().getMirror(route, call)).toBe(0)
})

test.each([-1, 101, 0.5, Number.NaN])('%d is no share to mirror', async (share) => {
  const { kube, router } = await mesh()
  await expect(router().setMirror(route, share, call)).rejects.toMatchObject({ code: 'input/invalid' })
  expect(kube.calls).toEqual([])
})

test('a rule that has as many filters as it may is refused for good, with the place', async () => {
  const filters = Array.from({ length: 16 }, (_, i) => mirrorTo({ name: `shadow-${i}`, port: 80 }))
  const { router, rules } = await mesh([{ ...both(), filters }])
  await expect(router().setMirror(route, 100, call)).rejects.toMatchObject(rejected('filters'))
  expect(rules()).toEqual([{ ...both(), filters }])
})
