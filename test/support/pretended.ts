import type { Adapters } from '../../src/engine/adapters.js'
import { createOrchestrator, type OrchestratorOptions, type StartOptions } from '../../src/engine/orchestrator.js'
import { parsePlan } from '../../src/plan/define-plan.js'
import type { PlanInput } from '../../src/plan/plan-schema.js'
import { bake, shift } from '../../src/plan/step.js'
import { canary } from '../../src/plan/strategy.js'
import type { TrafficRouter } from '../../src/ports/traffic-router.js'
import { type FakeWorldOptions, fakeWorld } from '../../src/testing/fake-world.js'
import { memoryJournal } from '../../src/testing/memory-journal.js'
import { virtualClock } from '../../src/testing/virtual-clock.js'
import type { Measurement } from '../../src/vocabulary/measurement.js'

export const ann = { id: 'ann@example.com' }
export const bob = { id: 'bob@example.com', roles: ['sre'] }
export const cat = { id: 'cat@example.com', roles: ['sre'] }

/** A canary of two steps, each judged for a minute. */
export const canaryPlan = {
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
} as const satisfies PlanInput

export const counts = (bad: number): Measurement => ({ kind: 'counts', total: 1_000, bad })
/** Version 2 fails often, version 1 never. */
export const badCanary = (version: string) => counts(version === '2' ? 100 : 0)

/** An engine in a pretended world, where time passes only when told to. */
export function pretend(
  options: Partial<FakeWorldOptions> &
    Partial<OrchestratorOptions<Adapters>> & { router?: (real: TrafficRouter) => TrafficRouter } = {},
) {
  const { measure, before, after, stable = { checkout: '1' }, adapters = {}, router = (real) => real, ...rest } = options
  const clock = virtualClock()
  const world = fakeWorld({ stable, ...(measure && { measure }), ...(before && { before }), ...(after && { after }) })
  let journal = memoryJournal()
  const all: Adapters = {
    deploy: { local: world.deploy },
    router: { proxy: router(world.router) },
    metrics: { scrape: world.metrics },
    ...adapters,
  }
  let ids = 0
  const open = () => createOrchestrator({ adapters: all, journal, clock, random: () => 0.5, newId: () => `id-${++ids}`, ...rest })
  let orchestrator = open()
  return {
    clock,
    world,
    get journal() {
      return journal
    },
    get orchestrator() {
      return orchestrator
    },
    start: (plan: unknown = canaryPlan, input: Partial<StartOptions> = {}) =>
      orchestrator.start(parsePlan(plan), { artifacts: { checkout: { version: '2' } }, author: ann, id: 'r1', ...input }),
    /** The process is gone; another one opens what it left. */
    async restart() {
      journal = journal.reopen()
      await orchestrator[Symbol.asyncDispose]()
      orchestrator = open()
      return orchestrator.resume()
    },
    /** What the release did to the world, without the questions it asked. */
    acts: () =>
      world.calls
        .filter(({ method }) => !['observe', 'getWeight', 'read'].includes(method))
        .map(({ method, detail }) => `${method} ${detail}`),
    events: () => journal.records.map(({ body }) => (body as { event: { type: string } }).event),
  }
}

/** Lets time pass until the release has ended, and says how. */
export async function ended(clock: { runUntil(isDone: () => boolean): Promise<void> }, handle: { result: Promise<unknown> }) {
  let isOver = false
  const over = () => {
    isOver = true
  }
  void handle.result.then(over, over)
  await clock.runUntil(() => isOver)
}
