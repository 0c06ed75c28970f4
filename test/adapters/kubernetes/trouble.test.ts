import { expect, test } from 'vitest'
import type { Fate } from '../../support/fake-kube/deployment-controller.js'
import { call, cluster, deploying, unit } from './set-up.js'

const troubles: [Fate, code: string, says: RegExp][] = [
  [
    'crashes',
    'adapter/rejected',
    /pod web-canary-\S+, container web: CrashLoopBackOff \(OOMKilled with exit code 137, restarted 3 times\)/,
  ],
  ['no such image', 'adapter/rejected', /ImagePullBackOff: .*reg.local\/web:1.5.0: not found/],
  ['registry down', 'adapter/unavailable', /ErrImagePull: .*i\/o timeout/],
  ['no config', 'adapter/rejected', /CreateContainerConfigError: configmap "checkout" not found/],
  ['no quota', 'adapter/unavailable', /no pod can be made: .*exceeded quota: compute/],
  ['no node', 'adapter/unavailable', /has no node: 0\/3 nodes are available: 3 Insufficient cpu/],
  ['never ready', 'adapter/rejected', /has timed out progressing/],
]

test.each(troubles)('a version that is "%s" fails as %s with the reason, long before its deadline', async (fate, code, says) => {
  const { kube, target } = await cluster()
  kube.fate(':1.5.0', fate)
  const error = await target()
    .deploy(deploying('1.5.0'), call)
    .catch((error) => error)
  expect(error).toMatchObject({ code, message: expect.stringMatching(says) })
  const looks = kube.calls.filter(({ path }) => path.endsWith('/deployments/web-canary')).length
  expect(looks).toBeLessThan(fate === 'never ready' ? 45 : 20)
  expect(JSON.stringify([error.message, error.details])).not.toMatch(/s3cr3t|hunter2/)
  expect((await target().observe(unit, call)).stable).toEqual({ version: '1.4.0' })
})

test('a pod without a node may wait for one as long as a cluster needs to get it', async () => {
  const { kube, target } = await cluster({ unschedulableMs: 60_000 })
  kube.fate(':1.5.0', 'no node')
  let looks = 0
  kube.instead = ({ path }) => {
    if (path.endsWith('/pods')) looks += 1
    if (looks === 8) kube.fate(':1.5.0', 'ready')
    return undefined
  }
  await target().deploy(deploying('1.5.0'), call)
  expect(looks).toBeGreaterThan(7)
})

test('the trouble of an older version in the same place is not that of the new one', async () => {
  const { kube, target } = await cluster()
  kube.fate(':1.5.0', 'crashes')
  await expect(target().deploy(deploying('1.5.0'), call)).rejects.toMatchObject({ code: 'adapter/rejected' })
  await target().deploy(deploying('1.5.1'), call)
})

test('a paused Deployment is not waited for', async () => {
  const { target, edit } = await cluster()
  edit('web', ({ spec }) => {
    spec.paused = true
  })
  await expect(target().deploy(deploying('1.5.0', 'stable'), call)).rejects.toMatchObject({
    code: 'adapter/rejected',
    message: expect.stringContaining('kubectl rollout resume deployment/web'),
  })
})

test('a Deployment is not ready because an older generation of it was', async () => {
  const { kube, target } = await cluster()
  await target().deploy(deploying('1.5.0'), call)
  kube.areControllersRunning = false
  const stop = new AbortController()
  let looks = 0
  kube.instead = ({ path }) => {
    if (path.endsWith('/web-canary')) looks += 1
    if (looks === 10) stop.abort(new Error('enough'))
    return undefined
  }
  await expect(target().deploy(deploying('1.6.0'), { ...call, signal: stop.signal })).rejects.toThrow('enough')
  kube.areControllersRunning = true
  await target().deploy(deploying('1.6.0'), call)
})

test('a Deployment that somebody deletes while it is waited for is missed', async () => {
  const { kube, target } = await cluster()
  kube.fate(':1.5.0', 'never ready')
  kube.instead = ({ path }) => {
    if (path.endsWith('/pods')) kube.store.remove('deployments', 'web-canary')
    return undefined
  }
  await expect(target().deploy(deploying('1.5.0'), call)).rejects.toMatchObject({
    message: expect.stringContaining('somebody deleted it'),
  })
})
