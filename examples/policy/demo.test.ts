/** What the demo's plan does with a good version, a bad one and a slow one, without starting a single process. */
import { expectRelease, simulate } from 'taxiway/simulation'
import { test } from 'vitest'
import { plan } from '../demo/plan.ts'

const shop = {
  traffic: { perSecond: 300 },
  stable: {
    errors: { kind: 'ratio', bad: 0 },
    latency: { kind: 'latency', median: 0.005, spread: 0.2, bounds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1] },
  },
} as const

test('a good version is live within a minute', async () => {
  expectRelease(await simulate(plan, shop)).toPromote({ within: '1m' })
})

test('a version that fails 2 % of its requests never gets more than 50 % of users', async () => {
  const canary = { errors: { kind: 'ratio', bad: 0.02 } } as const
  expectRelease(await simulate(plan, { ...shop, canary }))
    .toRollBack()
    .neverToExpose('50%')
})

test('a version that is ten times as slow goes back within seconds', async () => {
  const canary = { latency: { ...shop.stable.latency, median: 0.06 } }
  expectRelease(await simulate(plan, { ...shop, canary }))
    .toRollBack({ within: '10s' })
    .neverToExpose('10%')
    .toFailAtMost(0)
})
