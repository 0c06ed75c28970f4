import { expect, test } from 'vitest'
import type { Adapters } from '../../src/engine/adapters.js'
import { parsePlan } from '../../src/plan/define-plan.js'
import { allAtOnce } from '../../src/plan/strategy.js'
import { dryRun } from '../../src/simulation/dry-run.js'
import { type FakeWorldOptions, fakeWorld } from '../../src/testing/fake-world.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { plan, planTree } from './worlds.js'

const artifacts = { checkout: { version: '2' } }
const changing = ['deploy', 'promote', 'retire', 'setWeight', 'settle']

function installed(options: Partial<FakeWorldOptions> = {}, change: (adapters: Adapters) => Adapters = (same) => same) {
  const world = fakeWorld({ stable: { checkout: '1' }, ...options })
  return {
    world,
    adapters: change({ deploy: { cluster: world.deploy }, router: { edge: world.router }, metrics: { scrape: world.metrics } }),
  }
}
const amiss = async (adapters: Adapters, version = '2') => {
  const { findings, isReady } = await dryRun(plan, adapters, { artifacts: { checkout: { version } } })
  const found = findings.filter(({ isFine }) => !isFine).map(({ where, what, says }) => `${where} ${what}: ${says}`)
  expect(isReady).toBe(found.length === 0)
  return found.join('\n')
}

test('a dry run tells what is live, what would be done, and changes nothing', async () => {
  const { world, adapters } = installed()
  const { isReady, findings, would, calls } = await dryRun(plan, adapters, { artifacts })
  expect(isReady).toBe(true)
  expect(findings.map(({ what }) => what)).toEqual(['bindings', 'artifacts', 'live version', 'weight', 'metrics', 'unchanged'])
  expect(findings[2]?.says).toBe('Version 1 is live.')
  expect(would[0]?.steps.slice(0, 3)).toEqual([
    'deploy the new version',
    'send it 5 % of traffic',
    'stay for 10m, while healthy looks every 30s',
  ])
  const seen = ['deploy cluster: observe', 'router edge: getWeight']
  expect(calls).toEqual(['metrics scrape: check', ...seen, 'metrics scrape: read', ...seen])
  expect(world.calls.filter(({ method }) => changing.includes(method))).toEqual([])
})

test.each<[string, ReturnType<typeof installed>, RegExp]>([
  [
    'an adapter that is not there',
    installed({}, ({ router: _, ...rest }) => rest),
    /plan bindings: plan\/unbound: .*router binding "edge"/,
  ],
  [
    'a router that takes whole tens only',
    installed({}, (all) => ({
      ...all,
      router: { edge: { ...all.router!.edge!, capabilities: { mirror: false, smallestStepPercent: 10 } } },
    })),
    /plan\/incapable: .*steps of 10 %/,
  ],
  [
    'a target that does not answer',
    installed({
      before: ({ port }) => {
        if (port === 'deploy') throw new ReleaseError('adapter/unavailable', 'connection refused')
      },
    }),
    /live version: adapter\/unavailable: connection refused/,
  ],
  [
    'credentials that are refused',
    installed({
      before: ({ method }) => {
        if (method === 'getWeight') throw new ReleaseError('adapter/rejected', 'HTTP 403')
      },
    }),
    /production\/checkout weight: adapter\/rejected: HTTP 403/,
  ],
  [
    'metrics that nobody writes',
    installed({ measure: () => ({ kind: 'missing', reason: 'empty', detail: 'no series' }) }),
    /metrics: Nothing is measured of the live version: errors \(no series\), latency/,
  ],
])('a dry run finds %s', async (_, { adapters }, says) => {
  expect(await amiss(adapters)).toMatch(says)
})

test('a dry run finds a version that is live already, and one that has traffic of its own', async () => {
  expect(await amiss(installed().adapters, '1')).toMatch(/live version: Version 1 is live already/)
  const { world, adapters } = installed()
  const options = { signal: new AbortController().signal, idempotencyKey: 'x', fencingToken: 1 }
  await world.deploy.deploy({ unit: 'checkout', artifact: { version: '2' }, role: 'canary' }, options)
  await world.router.setWeight({ unit: 'checkout', stable: '1', canary: '2' }, 30, options)
  expect(await amiss(adapters)).toMatch(/weight: Version 2 has 30 % of traffic/)
})

test('a canary of what was never live is found, and a first release is not', async () => {
  const { world, adapters } = installed({ stable: {} })
  expect(await amiss(adapters)).toMatch(/live version: Nothing was ever live\. Release the first version all-at-once/)
  const first = parsePlan({ ...planTree, stages: [{ name: 'production', strategy: allAtOnce() }] })
  expect((await dryRun(first, adapters, { artifacts })).isReady).toBe(true)
  expect(world.calls.filter(({ method }) => changing.includes(method))).toEqual([])
})

test('a product that changes by being asked is found out', async () => {
  const { world, adapters } = installed({
    after: ({ method, unit }, options) =>
      method === 'read' ? world.deploy.deploy({ unit, artifact: { version: '2' }, role: 'canary' }, options) : undefined,
  })
  expect(await amiss(adapters)).toMatch(
    /unchanged: Somebody changes it: .*"versions":\["1"\].* after it .*"versions":\["1","2"\]/,
  )
})

test('an adapter with a mistake in it is a finding like any other', async () => {
  const { adapters } = installed()
  const { findings } = await dryRun(plan, { ...adapters, router: { edge: {} as never } }, { artifacts })
  expect(findings.filter(({ isFine }) => !isFine).map(({ what }) => what)).toEqual(['bindings', 'weight'])
})

test('artifacts that are not those of the plan are found', async () => {
  const { findings } = await dryRun(plan, installed().adapters, { artifacts: { web: { version: '2' } } })
  expect(findings[1]).toMatchObject({ isFine: false, says: expect.stringMatching(/artifacts\.web: the plan has no such unit/) })
})
