/** Gates, holds and signals: who is waited for, and what happens when nobody comes. */
import { approve, bake, canary, definePlan, shift } from 'taxiway'
import { type RolloutMatchers, rolloutMatchers, simulate, startSimulation, type WorldInput } from 'taxiway/simulation'
import { expect, test } from 'vitest'

declare module 'vitest' {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends RolloutMatchers<R> {}
}
expect.extend(rolloutMatchers)

const plan = definePlan({
  name: 'checkout',
  units: { checkout: { deploy: 'cluster', router: 'edge', metrics: 'prometheus' } },
  metrics: {
    errors: { total: { name: 'http_requests_total' }, bad: { name: 'http_requests_total', labels: { code: { prefix: '5' } } } },
  },
  judges: { healthy: { use: 'sequential', guardrails: { errors: { kind: 'ratio' } } } },
  stages: [
    {
      name: 'production',
      gates: { before: [approve({ name: 'go', roles: ['sre'] })] },
      strategy: canary(
        shift(5),
        bake('30m', { judge: 'healthy', patience: '1h' }),
        shift(50),
        bake('1h', { judge: 'healthy', patience: '1h' }),
      ),
    },
  ],
})
const sam = { who: 'sam@example.com', roles: ['sre'] }
const checkout: WorldInput = {
  traffic: { perSecond: 400, swing: 0.6 },
  stable: { errors: { kind: 'ratio', bad: 0.002 } },
  people: [{ ...sam, when: 'asked', does: 'approve', after: '20m' }],
}

test('an approved good version is promoted on the same day', async () => {
  expect(await simulate(plan, checkout)).toPromote({ within: '4h' })
})

test('an approval that never comes exposes nobody', async () => {
  const result = await simulate(plan, { ...checkout, people: [] })
  expect(result).toHold({ for: 'approval' })
  expect(result).toRollBack()
  expect(result).neverToExpose(0)
})

test('a metrics outage asks a human, and whoever is on call can end it', async () => {
  const pipeline = { outages: [{ from: '25m', for: '3h' }] }
  const onCall = { ...sam, when: 'held', does: 'abort', after: '5m', reason: 'we are blind' } as const
  const result = await simulate(plan, { ...checkout, pipeline, people: [...(checkout.people ?? []), onCall] })
  expect(result).toHold({ for: 'human' })
  expect(result).toRollBack({ because: 'abort/requested' })
  expect(result).neverToExpose('5%')
})

test('an abort during the first bake takes everything back', async () => {
  const run = await startSimulation(plan, checkout)
  await run.next() // the gate waits
  await run.next() // it is approved
  await run.advance('10m')
  expect(run.status().tracks.find(({ unit }) => unit === 'checkout')?.weight).toBe(5)
  await run.release.abort({ actor: { id: 'support@example.com' }, reason: 'customers are calling' })
  expect(await run.end()).toRollBack({ within: '11m' })
})
