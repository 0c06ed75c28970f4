import { expectTypeOf, test } from 'vitest'
import type { StartOptions } from '../../src/engine/orchestrator.js'
import { createOrchestrator } from '../../src/engine/orchestrator.js'
import { definePlan, parsePlan } from '../../src/plan/define-plan.js'
import { approve, bake, run, shift, verify } from '../../src/plan/step.js'
import { allAtOnce, canary } from '../../src/plan/strategy.js'
import { fakeWorld } from '../../src/testing/fake-world.js'
import { memoryJournal } from '../../src/testing/memory-journal.js'

const world = fakeWorld({ stable: { checkout: '1' } })
const orchestrator = createOrchestrator({
  journal: memoryJournal(),
  adapters: {
    deploy: { local: world.deploy },
    router: { proxy: world.router },
    metrics: { scrape: world.metrics },
    hook: { smoke: async () => ({ outcome: 'pass', says: 'ok' }) },
  },
})
const options: StartOptions = { artifacts: { checkout: { version: '2' } }, author: { id: 'ann' } }
// Only the types are under test: nothing here is ever called.
const neverCalled = (_: () => unknown) => {}

test('a plan whose bindings are all supplied compiles', () => {
  const plan = definePlan({
    name: 'checkout',
    units: { checkout: { deploy: 'local', router: 'proxy', metrics: 'scrape' } },
    metrics: { errors: {} },
    judges: { healthy: { use: 'threshold', rules: [{ metric: 'errors', statistic: 'ratio', max: 0.01 }] } },
    stages: [{ name: 'production', strategy: canary(shift(5), bake('1m', { judge: 'healthy' }), verify('smoke')) }],
  })
  neverCalled(() => orchestrator.start(plan, options))
  expectTypeOf(orchestrator.start).toBeCallableWith(plan, options)
})

test('a plan that names a deploy target, a hook or an approver that is not supplied does not compile', () => {
  const unit = { deploy: 'local' } as const
  const elsewhere = definePlan({
    name: 'a',
    units: { checkout: { deploy: 'cluster' } },
    stages: [{ name: 'production', strategy: allAtOnce() }],
  })
  // @ts-expect-error -- "cluster" is not supplied
  neverCalled(() => orchestrator.start(elsewhere, options))

  const hooked = definePlan({
    name: 'b',
    units: { checkout: unit },
    stages: [{ name: 'production', strategy: allAtOnce({ after: [verify('smokey')] }) }],
  })
  // @ts-expect-error -- "smokey" is not supplied
  neverCalled(() => orchestrator.start(hooked, options))

  const undone = definePlan({
    name: 'c',
    units: { checkout: unit },
    stages: [{ name: 'production', strategy: allAtOnce({ after: [run('smoke', { undo: 'unsmoke' })] }) }],
  })
  // @ts-expect-error -- "unsmoke" is not supplied
  neverCalled(() => orchestrator.start(undone, options))

  const gated = definePlan({
    name: 'd',
    units: { checkout: unit },
    stages: [{ name: 'production', gates: { before: [approve({ approver: 'chat' })] }, strategy: allAtOnce() }],
  })
  // @ts-expect-error -- no approver is supplied
  neverCalled(() => orchestrator.start(gated, options))

  const placed = definePlan({
    name: 'e',
    units: { checkout: unit },
    stages: [{ name: 'eu', bindings: { deploy: 'eu' }, strategy: allAtOnce() }],
  })
  // @ts-expect-error -- the stage's own binding "eu" is not supplied
  neverCalled(() => orchestrator.start(placed, options))
})

test('a plan from JSON compiles, since types cannot see into it', () => {
  const plan = (json: unknown) => parsePlan(json)
  neverCalled(() => orchestrator.start(plan({}), options))
  expectTypeOf(orchestrator.start).toBeCallableWith({} as ReturnType<typeof plan>, options)
})

test('a plan without stages, and a step of an unknown kind, do not compile', () => {
  // @ts-expect-error -- no stages
  neverCalled(() => definePlan({ name: 'a', units: { checkout: { deploy: 'local' } } }))
  // @ts-expect-error -- no such step
  neverCalled(() => canary({ type: 'jump' }))
})
