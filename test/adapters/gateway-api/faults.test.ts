import { expect, test } from 'vitest'
import { recorded } from '../../support/fake-kube/recorded.js'
import { call, mesh, rejected, route, unavailable, weightsIn } from './set-up.js'

const isPatch = ({ method }: { method: string }) => method === 'PATCH'

test('a change that somebody makes between our look and our write is not undone', async () => {
  const { kube, router, rules, edit } = await mesh()
  await router().setWeight(route, 1, call)
  kube.instead = (one) => {
    if (isPatch(one))
      edit(({ rules }) => {
        rules[0]!.backendRefs![0]!.port = 8080
      })
    return undefined
  }
  await expect(router().setWeight(route, 5, call)).rejects.toMatchObject(unavailable('Somebody changed the object meanwhile'))
  expect(rules()[0]!.backendRefs![0]).toMatchObject({ port: 8080, weight: 9900 })
  kube.instead = () => undefined
  await router().setWeight(route, 5, call)
  expect(weightsIn(rules())).toEqual([[9500, 500]])
  expect(rules()[0]!.backendRefs![0]!.port).toBe(8080)
})

test('a gateway that writes the status between our look and our write is no reason to begin again', async () => {
  const { kube, router } = await mesh()
  await router().setWeight(route, 5, call)
  kube.instead = (one) => {
    const now = kube.store.get('httproutes', 'web')!
    if (isPatch(one)) kube.store.setStatus('httproutes', { ...now, status: { parents: [] } })
    return undefined
  }
  await router().setWeight(route, 10, call)
  expect(await router().getWeight(route, call)).toBe(10)
})

test('the first annotations of a route do not replace those that somebody else writes first', async () => {
  const { kube, router } = await mesh()
  kube.instead = (one) => {
    const now = kube.store.get('httproutes', 'web')!
    now.metadata.annotations = { team: 'payments' }
    if (isPatch(one)) kube.store.update('httproutes', 'web', now as never, 'kubectl-annotate')
    return undefined
  }
  await expect(router().setWeight(route, 5, call)).rejects.toMatchObject(unavailable('Somebody changed the object meanwhile'))
  expect(kube.store.get('httproutes', 'web')!.metadata.annotations).toEqual({ team: 'payments' })
})

test('a weight that the server calls invalid is refused for good, with the place', async () => {
  const { kube, router } = await mesh()
  kube.instead = (one) => (isPatch(one) ? { status: 422, body: recorded('patch_invalid_weight') } : undefined)
  await expect(router().setWeight(route, 5, call)).rejects.toMatchObject(
    rejected('spec.rules[0].backendRefs[1].weight (FieldValueInvalid)'),
  )
})

test('a weight whose answer was lost is in force all the same, and is read back', async () => {
  const { kube, router } = await mesh()
  kube.instead = (one) => (isPatch(one) ? 'lost' : undefined)
  await expect(router().setWeight(route, 5, call)).rejects.toMatchObject({
    code: 'adapter/unavailable',
    details: { outcome: 'unknown' },
  })
  expect(await router().getWeight(route, call)).toBe(5)
})

test('a killed API server is unavailable, and tells the truth when it is back', async () => {
  const { kube, router } = await mesh()
  await router().setWeight(route, 5, call)
  await kube.kill()
  await expect(router().setWeight(route, 0, call)).rejects.toMatchObject({ code: 'adapter/unavailable' })
  await expect(router().getWeight(route, call)).rejects.toMatchObject({ code: 'adapter/unavailable' })
  await kube.restart()
  expect(await router().getWeight(route, call)).toBe(5)
})

test('a cluster without the Gateway API is told from a route that is not there', async () => {
  const { kube, router } = await mesh()
  const body = {
    kind: 'Status',
    reason: 'NotFound',
    message: 'the server could not find the requested resource',
    details: {},
    code: 404,
  }
  kube.instead = () => ({ status: 404, body })
  await expect(router().getWeight(route, call)).rejects.toMatchObject(rejected('could not find the requested resource'))
})

test('a slow gateway is waited for, until the call is given up', async () => {
  const { kube, router } = await mesh()
  kube.gateway = 'sleeps'
  let looks = 0
  kube.instead = () => {
    looks += 1
    if (looks === 8) kube.gateway = 'takes'
    return undefined
  }
  await router().setWeight(route, 5, call)
  expect(looks).toBeGreaterThan(7)
  expect(await router().getWeight(route, call)).toBe(5)
})
