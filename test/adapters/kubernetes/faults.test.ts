import { expect, test } from 'vitest'
import { kubernetesClient } from '../../../adapters/kubernetes/index.js'
import { secret } from '../../../src/vocabulary/secret.js'
import { recorded } from '../../support/fake-kube/recorded.js'
import { call, cluster, deploying, image, unavailable, unit } from './set-up.js'

const isPatch = ({ method }: { method: string }) => method === 'PATCH'

test.each([
  [400, 'adapter/rejected', /refused again/],
  [401, 'adapter/rejected', /credentials that are valid/],
  [403, 'adapter/rejected', /permissions that are named in the README/],
  [302, 'adapter/rejected', /302/],
  [408, 'adapter/unavailable', /obeyed nothing/],
  [429, 'adapter/unavailable', /obeyed nothing/],
  [500, 'adapter/unavailable', /Whether it obeyed is unknown/],
  [503, 'adapter/unavailable', /Whether it obeyed is unknown/],
])('%i to a change is %s', async (status, code, says) => {
  const { kube, target } = await cluster()
  kube.instead = (one) => (isPatch(one) ? { status, body: { message: 'no' } } : undefined)
  await expect(target().deploy(deploying('1.5.0'), call)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(says),
    details: { status },
  })
})

test('the server is left alone as long as it asks', async () => {
  const { kube, target } = await cluster()
  kube.instead = () => ({ status: 429, headers: { 'retry-after': '7' } })
  await expect(target().observe(unit, call)).rejects.toMatchObject({
    code: 'adapter/unavailable',
    details: { retryAfterSeconds: 7 },
  })
})

test('a change whose answer was lost is told apart from one that was never sent and from one that was refused', async () => {
  const { kube, target, imageOf } = await cluster()
  kube.instead = (one) => (isPatch(one) ? 'lost' : undefined)
  await expect(target().deploy(deploying('1.5.0'), call)).rejects.toMatchObject({
    ...unavailable('Whether it obeyed is unknown'),
    details: { outcome: 'unknown' },
  })
  expect(imageOf('web-canary')).toBe(`${image}:1.5.0`)
  await kube.kill()
  const error = await target()
    .deploy(deploying('1.5.0'), call)
    .catch((error) => error)
  expect(error).toMatchObject(unavailable('ECONNREFUSED'))
  expect(error.details.outcome).toBeUndefined()
  await kube.restart()
  kube.instead = () => undefined
  await target().deploy(deploying('1.5.0'), call)
  expect((await target().observe(unit, call)).versions).toHaveLength(2)
})

test('a server that dies in the middle of a rollout is unavailable, and the same call ends well when it is back', async () => {
  const { kube, target } = await cluster()
  let looks = 0
  kube.instead = ({ path }) => {
    looks += path.endsWith('/pods') ? 1 : 0
    return looks === 1 ? 'broken off' : undefined
  }
  await expect(target().deploy(deploying('1.5.0'), call)).rejects.toMatchObject({ code: 'adapter/unavailable' })
  kube.instead = () => undefined
  await kube.kill()
  await kube.restart()
  await target().deploy(deploying('1.5.0'), call)
})

test('a call that is given up ends, whatever the server does', async () => {
  const { kube, target } = await cluster()
  kube.instead = () => 'silence'
  const stop = new AbortController()
  const reason = new Error('shutting down')
  const asked = target().observe(unit, { ...call, signal: stop.signal })
  stop.abort(reason)
  await expect(asked).rejects.toBe(reason)
  kube.instead = () => undefined
  kube.fate(':1.5.0', 'never ready')
  const late = new AbortController()
  const waiting = target().deploy(deploying('1.5.0'), { ...call, signal: late.signal })
  kube.instead = ({ path }) => {
    if (path.endsWith('/pods')) late.abort(reason)
    return undefined
  }
  await expect(waiting).rejects.toBe(reason)
})

test('what a proxy answers with HTML is no success', async () => {
  const { kube, target } = await cluster()
  kube.instead = () => ({ status: 200, body: '<html>' })
  await expect(target().observe(unit, call)).rejects.toMatchObject(unavailable('not JSON'))
})

test('an answer of another shape is refused, with the place', async () => {
  const { kube, target } = await cluster()
  kube.instead = () => ({ status: 200, body: { metadata: {} } })
  await expect(target().observe(unit, call)).rejects.toMatchObject({
    code: 'adapter/rejected',
    message: expect.stringContaining('metadata.name'),
  })
})

test('no error quotes what was sent or the credentials, not even when the server does', async () => {
  const { kube, target } = await cluster()
  kube.token = 'tok-123'
  const quoting = JSON.parse(JSON.stringify(recorded('strict_unknown_field')).replaceAll('web-stable', 'hunter2'))
  kube.instead = (one) => (isPatch(one) ? { status: 422, body: quoting } : undefined)
  const error = await target()
    .deploy(deploying('1.5.0'), call)
    .catch((error) => error)
  expect(error.message).toContain('patch (FieldValueInvalid)')
  const token = secret(() => {
    throw new Error('tok-123')
  })
  const lost = await target({ client: kubernetesClient({ ...kube.client, token }) })
    .observe(unit, call)
    .catch((error: unknown) => error)
  kube.instead = () => ({ status: 403, body: { message: 'who is tok-123?' } })
  const told = await target()
    .observe(unit, call)
    .catch((error: unknown) => error)
  const broken = await target({ client: kubernetesClient({ ...kube.client, fetch: () => Promise.reject(new Error('tok-123')) }) })
    .observe(unit, call)
    .catch((error: unknown) => error)
  for (const one of [error, lost, told, broken]) {
    expect(one).toMatchObject({ code: expect.stringMatching(/^adapter\//) })
    expect(JSON.stringify([one.message, one.details, String(one.cause)])).not.toMatch(/hunter2|tok-123/)
  }
})

test('credentials are asked for at every call, and go nowhere else', async () => {
  const { kube, target } = await cluster()
  let asked = 0
  const token = secret(async () => {
    asked += 1
    return `${kube.token}\n`
  })
  const redirects: unknown[] = []
  const fetch: typeof globalThis.fetch = (input, init) => {
    redirects.push(init?.redirect)
    return globalThis.fetch(input, init)
  }
  await target({ client: kubernetesClient({ ...kube.client, token, fetch }) }).observe(unit, call)
  expect(asked).toBe(kube.calls.length)
  expect(new Set(redirects)).toEqual(new Set(['manual']))
})

test.each(['not a url', 'ftp://example.com', 'https://user:secret@example.com', 'https://example.com/?token=secret'])(
  '%j is no address of an API server, and is not repeated',
  (server) => {
    expect(() => kubernetesClient({ server })).toThrow(
      expect.objectContaining({ code: 'input/invalid', message: expect.not.stringContaining('secret') }),
    )
  },
)

test('a server behind a path of a proxy is reached', async () => {
  const urls: string[] = []
  const fetch = async (url: unknown) => {
    urls.push(String(url))
    return Response.json({ ok: true })
  }
  await kubernetesClient({ server: 'https://rancher.example.com/k8s/clusters/c-1/', fetch }).get('/api/v1/pods', call.signal)
  expect(urls).toEqual(['https://rancher.example.com/k8s/clusters/c-1/api/v1/pods'])
})
