import { expect, test } from 'vitest'
import { call, cluster, deploying, image, rejected, unavailable, unit } from './set-up.js'

const digest = `sha256:${'b'.repeat(64)}`

test('a Deployment that runs already is adopted as it is, and nothing is written', async () => {
  const { kube, target } = await cluster({ image: `${image}:1.4.0@${digest}` })
  expect(await target().observe(unit, call)).toEqual({
    stable: { version: '1.4.0', digest },
    versions: [{ artifact: { version: '1.4.0', digest }, readyInstances: 3, instances: 3 }],
  })
  await target().deploy({ ...deploying('1.4.0', 'stable'), artifact: { version: '1.4.0', digest } }, call)
  expect(kube.acts()).toEqual([])
})

test('a canary is all that stable is, but for image, labels and a Service that takes it for stable', async () => {
  const { target, deployment } = await cluster()
  await target().deploy({ ...deploying('1.5.0'), artifact: { version: '1.5.0', digest } }, call)
  const [stable, canary] = [deployment('web')!.spec, deployment('web-canary')!.spec]
  expect(canary.selector).toEqual({ matchLabels: { app: 'web-canary' } })
  expect(canary.template.metadata.labels).toEqual({ app: 'web-canary', 'taxiway.dev/version': '1.5.0' })
  const [container] = stable.template.spec.containers
  expect(canary.template.spec).toEqual({
    ...stable.template.spec,
    containers: [{ ...container, image: `${image}:1.5.0@${digest}` }],
  })
  expect(canary.replicas).toBe(3)
  expect(canary.strategy).toEqual(stable.strategy)
  expect(stable.template.metadata.labels).toEqual({ app: 'web' })
})

test('the next canary takes the place of the last one, and is made from what stable is by then', async () => {
  const { target, edit, deployment } = await cluster()
  await target().deploy(deploying('1.5.0'), call)
  edit('web', ({ spec }) => {
    spec.template.spec.containers[0].env = [{ name: 'REGION', value: 'north' }]
  })
  await target().deploy(deploying('1.6.0'), call)
  const [container] = deployment('web-canary')!.spec.template.spec.containers
  expect(container).toMatchObject({ image: `${image}:1.6.0`, env: [{ name: 'REGION', value: 'north' }] })
  const { versions } = await target().observe(unit, call)
  expect(versions.map(({ artifact, readyInstances }) => [artifact.version, readyInstances])).toEqual([
    ['1.4.0', 3],
    ['1.6.0', 3],
  ])
})

test('promotion rolls stable over, takes nothing else of its Deployment, and the copy goes when the old version is retired', async () => {
  const { kube, target, deployment, imageOf } = await cluster()
  const before = deployment('web')!.spec
  await target().deploy(deploying('1.5.0'), call)
  await target().promote(deploying('1.5.0'), call)
  const { spec } = deployment('web')!
  expect(imageOf('web')).toBe(`${image}:1.5.0`)
  before.template.spec.containers[0].image = `${image}:1.5.0`
  before.template.metadata.labels['taxiway.dev/version'] = '1.5.0'
  expect(spec).toEqual(before)
  expect(await target().observe(unit, call)).toEqual({
    stable: { version: '1.5.0' },
    versions: [{ artifact: { version: '1.5.0' }, readyInstances: 6, instances: 6 }],
  })
  await target().retire(deploying('1.4.0'), call)
  expect(deployment('web-canary')).toBeUndefined()
  expect(kube.store.all('pods')).toHaveLength(3)
  expect((await target().observe(unit, call)).versions).toEqual([
    { artifact: { version: '1.5.0' }, readyInstances: 3, instances: 3 },
  ])
})

test('a rollback after promotion brings the old version back before the canary is stopped', async () => {
  const { target, imageOf, deployment } = await cluster()
  await target().deploy(deploying('1.5.0'), call)
  await target().promote(deploying('1.5.0'), call)
  await expect(target().retire(deploying('1.5.0'), call)).rejects.toMatchObject(rejected('is what users have'))
  await target().deploy(deploying('1.4.0', 'stable'), call)
  await target().promote(deploying('1.4.0'), call)
  await target().retire(deploying('1.5.0'), call)
  expect(imageOf('web')).toBe(`${image}:1.4.0`)
  expect(deployment('web-canary')).toBeUndefined()
})

test('a missed deadline of the version before does not fail the way back', async () => {
  const { kube, target } = await cluster()
  kube.fate(':1.5.0', 'never ready')
  await expect(target().deploy(deploying('1.5.0', 'stable'), call)).rejects.toMatchObject(rejected('timed out progressing'))
  await target().deploy(deploying('1.4.0', 'stable'), call)
  expect((await target().observe(unit, call)).versions).toEqual([
    { artifact: { version: '1.4.0' }, readyInstances: 3, instances: 3 },
  ])
})

test('nobody gets traffic with fewer replicas than the one before: the canary has those of stable, and stable those of the canary', async () => {
  const { kube, target, deployment, edit } = await cluster({ replicas: 2 })
  await target().deploy(deploying('1.5.0'), call)
  expect(deployment('web-canary')!.spec.replicas).toBe(2)
  edit('web-canary', ({ spec }) => {
    spec.replicas = 5
  })
  kube.settle()
  await target().deploy(deploying('1.5.0'), call)
  expect(deployment('web-canary')!.spec.replicas).toBe(5)
  await target().promote(deploying('1.5.0'), call)
  expect(deployment('web')).toMatchObject({ spec: { replicas: 5 }, status: { availableReplicas: 5 } })
})

test('an autoscaler that takes replicas back before stable takes over is told', async () => {
  const { kube, target, edit } = await cluster({ replicas: 2 })
  await target().deploy(deploying('1.5.0'), call)
  edit('web-canary', ({ spec }) => {
    spec.replicas = 4
  })
  kube.instead = ({ path, method }) => {
    if (method === 'GET' && path.endsWith('/deployments/web'))
      edit(
        'web',
        ({ spec }) => {
          spec.replicas = 2
        },
        'kube-controller-manager',
      )
    return undefined
  }
  await expect(target().promote(deploying('1.5.0'), call)).rejects.toMatchObject(unavailable("autoscaler's minReplicas"))
})

test('the copy of what is stable stays while stable is not whole', async () => {
  const { kube, target, edit, deployment } = await cluster()
  await target().deploy(deploying('1.5.0'), call)
  await target().promote(deploying('1.5.0'), call)
  kube.areControllersRunning = false
  edit('web', ({ spec }) => {
    spec.replicas = 6
  })
  await expect(target().retire(deploying('1.4.0'), call)).rejects.toMatchObject(
    unavailable('"web" does not run all of the same version'),
  )
  expect(deployment('web-canary')!.metadata.deletionTimestamp).toBeUndefined()
})

test('retiring waits until the last pod has ended, and a new canary waits for its place', async () => {
  const { kube, target, deployment } = await cluster()
  await target().deploy(deploying('1.5.0'), call)
  kube.instead = ({ method }) =>
    method === 'GET' && deployment('web-canary')?.metadata.deletionTimestamp ? { status: 503 } : undefined
  await expect(target().retire(deploying('1.5.0'), call)).rejects.toMatchObject({ code: 'adapter/unavailable' })
  expect(kube.store.all('pods').length).toBeGreaterThan(3)
  kube.instead = () => undefined
  await target().deploy(deploying('1.6.0'), call)
  expect(kube.store.all('pods')).toHaveLength(6)
  await target().retire(deploying('1.6.0'), call)
  expect(kube.store.all('pods')).toHaveLength(3)
})

test('what somebody set by hand behind our back is seen', async () => {
  const { kube, target, edit } = await cluster()
  edit('web', ({ spec }) => {
    spec.template.spec.containers[0].image = `${image}:9.9.9`
  })
  kube.areControllersRunning = false
  expect(await target().observe(unit, call)).toEqual({
    stable: { version: '9.9.9' },
    versions: [
      { artifact: { version: '9.9.9' }, readyInstances: 0, instances: 0 },
      { artifact: { version: '1.4.0' }, readyInstances: 3, instances: 3 },
    ],
  })
})

test('a field of the canary that somebody took over is theirs, and they are named', async () => {
  const { target, edit, imageOf } = await cluster()
  await target().deploy(deploying('1.5.0'), call)
  edit('web-canary', ({ spec }) => {
    spec.template.spec.containers[0].image = `${image}:hotfix`
  })
  await expect(target().deploy(deploying('1.5.0'), call)).rejects.toMatchObject(rejected('belong to kubectl-edit'))
  expect(imageOf('web-canary')).toBe(`${image}:hotfix`)
})

test('the image of stable is taken over from whoever had it, and the rest is theirs still', async () => {
  const { kube, target } = await cluster()
  await target().deploy(deploying('1.5.0'), call)
  await target().promote(deploying('1.5.0'), call)
  const containers = [{ name: 'web', image: `${image}:1.4.0` }]
  expect(
    kube.store.apply('deployments', 'web', { spec: { replicas: 4, template: { spec: { containers } } } }, 'gitops', false),
  ).toEqual([
    { manager: 'helm', field: '.spec.replicas' },
    { manager: 'taxiway', field: '.spec.template.spec.containers[name="web"].image' },
  ])
})

test('a Deployment of somebody else in the place of the canary is left alone', async () => {
  const { kube, target, deployment } = await cluster()
  const { spec } = deployment('web')!
  kube.store.update(
    'deployments',
    'web-canary',
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: {}, spec, status: {} },
    'kubectl',
  )
  for (const act of [target().deploy(deploying('1.5.0'), call), target().retire(deploying('1.5.0'), call)])
    await expect(act).rejects.toMatchObject(rejected('was not made by this adapter'))
  expect(kube.acts()).toEqual([])
})

test.each([
  ['without a Deployment', 'has no Deployment "nosuch"', { units: { [unit]: { deployment: 'nosuch', image } } }],
  ['of another image', 'and has reg.local/web:1.4.0', { units: { [unit]: { deployment: 'web', image: 'reg.local/api' } } }],
  ['that is not configured', 'has no unit "checkout"', { units: {} }],
])('a unit %s is refused for good, with what is there', async (_, says, changes) => {
  const { target } = await cluster()
  await expect(target(changes).deploy(deploying('1.5.0'), call)).rejects.toMatchObject(rejected(says))
})

test('a unit that does not exist yet has nothing, and nothing is stable', async () => {
  const { target } = await cluster()
  expect(await target({ units: { [unit]: { deployment: 'nosuch', image } } }).observe(unit, call)).toEqual({ versions: [] })
})

test.each(['', '../kube-system', 'Web', 'a/b'])('%j is no name of a Deployment', async (name) => {
  const { target } = await cluster()
  expect(() => target({ units: { [unit]: { deployment: name, image } } })).toThrow(
    expect.objectContaining({ code: 'input/invalid' }),
  )
})
