import { test } from 'vitest'
import { connectHttpProxy } from '../../../adapters/http-proxy/index.js'
import { lawCases, trafficRouterLaws } from '../../../src/testing/index.js'
import { options, proxyTo, route, token, unit } from './set-up.js'

/** Nobody sends a request, so that nobody need listen. */
const origins = { [route.stable]: ['http://127.0.0.1:1'], [route.canary]: ['http://127.0.0.1:2'] }
const otherRoute = 'a proxy has one unit'

async function settledProxy() {
  const proxy = await proxyTo(origins, { control: { port: 0, token } })
  await proxy.router.settle({ unit, version: route.stable }, options)
  return proxy
}

const here = lawCases(
  trafficRouterLaws,
  async () => ({ router: (await settledProxy()).router, route, absentVersion: '9.9.9', fencing: true }),
  { lacks: { otherRoute, reopen: 'it ends with its process' } },
)
for (const { name, run } of here) test(`in this process, ${name}`, run)

const elsewhere = lawCases(
  trafficRouterLaws,
  async () => {
    const { controlUrl } = await settledProxy()
    const open = () => connectHttpProxy({ url: controlUrl!, token })
    return { router: open(), route, absentVersion: '9.9.9', fencing: true, reopen: open }
  },
  { lacks: { otherRoute } },
)
for (const { name, run } of elsewhere) test(`driven from another process, ${name}`, run)
