import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startHttpProxy } from '../../../adapters/http-proxy/index.js'
import { processTarget } from '../../../adapters/process/index.js'
import { processesMarked, tinyService } from '../../support/tiny-service.js'
import { ask, options, route, unit } from './set-up.js'

test('a whole release of real processes under load fails no request', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'taxiway-'))
  const target = processTarget({ directory, units: { [unit]: tinyService({ mark: directory, instances: 2 }) } })
  const proxy = await startHttpProxy({ unit, port: 0, resolve: target.urls })
  onTestFinished(async () => {
    await proxy.close()
    await target.stopAll()
    await rm(directory, { recursive: true })
  })
  await target.deploy({ unit, artifact: { version: '1.0.0' }, role: 'stable' }, options)
  await proxy.router.settle({ unit, version: '1.0.0' }, options)

  let isLoaded = true
  const seen: Record<string, number> = {}
  const client = async (index: number) => {
    for (let turn = 0; isLoaded; turn++) {
      const sent = (index + turn) % 3 === 0 ? { method: 'POST', path: '/echo', body: 'echo' } : {}
      const answer = await ask(proxy.url, sent).then(({ status, body }) => `${status} ${body}`, String)
      seen[answer] = (seen[answer] ?? 0) + 1
    }
  }
  const clients = Array.from({ length: 8 }, (_, index) => client(index))
  const total = () => Object.values(seen).reduce((sum, count) => sum + count, 0)

  await target.deploy({ unit, artifact: { version: '1.1.0' }, role: 'canary' }, options)
  for (let change = 1; change <= 50; change++) {
    await proxy.router.setWeight(route, change * 2, options)
    const before = total()
    await expect.poll(total).toBeGreaterThan(before + 20)
  }
  await proxy.router.settle({ unit, version: '1.1.0' }, options)
  await target.promote({ unit, artifact: { version: '1.1.0' } }, options)
  await target.retire({ unit, artifact: { version: '1.0.0' } }, options)
  const after = total()
  await expect.poll(total).toBeGreaterThan(after + 200)
  isLoaded = false
  await Promise.all(clients)

  expect(Object.keys(seen).sort()).toEqual(['200 1.0.0', '200 1.1.0', '200 echo'])
  expect(processesMarked(directory)).toHaveLength(2)
  expect(proxy.counters().live['1.0.0']).toMatchObject({ inFlight: 0, connectionErrors: 0, aborted: 0 })
})
