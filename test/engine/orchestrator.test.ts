import { expect, test } from 'vitest'
import { createOrchestrator } from '../../src/engine/orchestrator.js'
import { definePlan } from '../../src/plan/define-plan.js'
import { bake, shift } from '../../src/plan/step.js'
import { canary } from '../../src/plan/strategy.js'
import { fakeWorld } from '../../src/testing/fake-world.js'
import { memoryJournal } from '../../src/testing/memory-journal.js'
import { virtualClock } from '../../src/testing/virtual-clock.js'

const plan = definePlan({
  name: 'checkout',
  units: { checkout: { deploy: 'local', router: 'proxy', metrics: 'scrape' } },
  metrics: { errors: 'errors' },
  judges: { healthy: { use: 'threshold', rules: [{ metric: 'errors', statistic: 'ratio', max: 0.01 }] } },
  stages: [
    {
      name: 'production',
      strategy: canary(shift(5), bake('1m', { judge: 'healthy' }), shift(50), bake('1m', { judge: 'healthy' })),
    },
  ],
})

test('smoke', async () => {
  const clock = virtualClock()
  const journal = memoryJournal()
  const world = fakeWorld({ stable: { checkout: '1' } })
  const o = createOrchestrator({
    adapters: { deploy: { local: world.deploy }, router: { proxy: world.router }, metrics: { scrape: world.metrics } },
    journal,
    clock,
    random: () => 0.5,
  })
  const h = await o.start(plan, { artifacts: { checkout: { version: '2' } }, author: { id: 'ann' }, id: 'r1' })
  let done = false
  void h.result.then(() => {
    done = true
  })
  await clock.runUntil(() => done)
  console.log(world.calls.map((c) => `${c.method} ${c.detail}`).join('\n'))
  expect((await h.result).status).toBe('promoted')
  expect(world.stable('checkout')).toBe('2')
  expect(world.running('checkout')).toEqual(['2'])
})
