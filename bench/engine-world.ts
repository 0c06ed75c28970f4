/** A pretended world for whole releases: everything succeeds at once, so that what is measured is the engine and its journal. */
import type { Adapters } from '../dist/src/engine/adapters.js'
import { definePlan } from '../dist/src/plan/define-plan.js'
import { approve, bake, run, shift } from '../dist/src/plan/step.js'
import { allAtOnce, canary } from '../dist/src/plan/strategy.js'
import type { Hook } from '../dist/src/ports/hook.js'
import type { Journal } from '../dist/src/ports/journal.js'

/** Hooks of one release: with its deploy, promotion and retirement, about forty durable steps. */
export const hooksOfRelease = 36

/** One plan for each place, since a place takes one release at a time. */
export const hookPlan = (place: number) =>
  definePlan({
    name: 'steps',
    units: { [`unit-${place}`]: { deploy: 'target' } },
    stages: [
      {
        name: 'production',
        strategy: allAtOnce({ after: Array.from({ length: hooksOfRelease }, (_, i) => run('step', { name: `step-${i}` })) }),
      },
    ],
  })

/** A canary that is looked at again and again, and waits for hours. */
export const watchedPlan = (unit: string, every: string, metrics = ['errors', 'latency']) =>
  definePlan({
    name: 'watched',
    units: { [unit]: { deploy: 'target', router: 'edge', metrics: 'source' } },
    metrics: Object.fromEntries(metrics.map((metric) => [metric, metric])),
    judges: {
      healthy: {
        use: 'threshold',
        rules: metrics.map((metric) => ({ metric, statistic: 'ratio', max: 0.05 }) as const),
      },
    },
    stages: [
      {
        name: 'production',
        strategy: canary(
          shift(5),
          bake('10h', { judge: 'healthy', every, patience: '1h' }),
          shift(50),
          approve({ timeout: '2d' }),
        ),
      },
    ],
  })

/** A canary that waits for an approval. */
export const approvalPlan = (unit: string) =>
  definePlan({
    name: 'waiting',
    units: { [unit]: { deploy: 'target', router: 'edge' } },
    stages: [{ name: 'production', strategy: canary(shift(5), approve({ timeout: '2d' })) }],
  })

export interface Touch {
  readonly hook?: Hook
  /** A look is about to be answered. @returns how many of 1,000 requests to its canary failed */
  readonly looked?: (unit: string) => number
  readonly shifted?: (unit: string, weight: number) => void
}

export function worldOf({ hook, looked, shifted }: Touch = {}) {
  const stable = new Map<string, string>()
  const deployed = new Map<string, string>()
  const weights = new Map<string, number>()
  return {
    deploy: {
      target: {
        async deploy({ unit, artifact }) {
          deployed.set(unit, artifact.version)
        },
        async promote({ unit, artifact }) {
          stable.set(unit, artifact.version)
        },
        async retire() {},
        async observe(unit) {
          const version = stable.get(unit) ?? '1'
          const versions = [version, deployed.get(unit) ?? version]
          return {
            stable: { version },
            versions: versions.map((one) => ({ artifact: { version: one }, readyInstances: 1, instances: 1 })),
          }
        },
      },
    },
    router: {
      edge: {
        capabilities: { mirror: false, smallestStepPercent: 1 },
        async setWeight({ unit }, weight) {
          shifted?.(unit, weight)
          weights.set(unit, weight)
        },
        getWeight: async ({ unit }) => weights.get(unit) ?? 0,
        async settle({ unit }) {
          weights.delete(unit)
        },
      },
    },
    metrics: {
      source: {
        temporality: 'interval',
        check() {},
        async read({ unit, queries }) {
          const counts = (bad: number) => ({ kind: 'counts', total: 1_000, bad }) as const
          const comparison = { canary: counts(looked?.(unit) ?? 2), control: counts(2) }
          return Object.fromEntries(Object.keys(queries).map((metric) => [metric, comparison]))
        },
      },
    },
    hook: { step: hook ?? (async () => ({ outcome: 'pass', says: '' })) },
  } satisfies Adapters
}

/** Passes everything on, and tells how long each append took, in milliseconds. */
export function timed(journal: Journal, took: (ms: number, release: string) => void): Journal {
  return {
    fencingToken: journal.fencingToken,
    async append(record) {
      const begun = performance.now()
      await journal.append(record)
      took(performance.now() - begun, record.release)
    },
    read: (release) => journal.read(release),
    releases: () => journal.releases(),
    ...(journal.unfinished && { unfinished: () => journal.unfinished!() }),
    close: () => journal.close(),
  }
}
