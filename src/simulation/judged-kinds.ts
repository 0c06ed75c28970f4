import type { PlanTree } from '../plan/plan-schema.js'
import type { Behaviour } from './world.js'

type Kind = Behaviour['kind']

interface JudgedMetric {
  readonly judge: string
  readonly metric: string
  /** The kinds of behaviour that this judge can read. */
  readonly kinds: readonly Kind[]
}

const anyKind: readonly Kind[] = ['ratio', 'latency', 'events', 'gauge']

/** What the judges of a plan read, and of which kind it has to be. */
export function judgedKinds({ judges }: PlanTree): JudgedMetric[] {
  return Object.entries(judges).flatMap(([judge, settings]) => metricsOf(settings).map((metric) => ({ judge, ...metric })))
}

function metricsOf(settings: PlanTree['judges'][string]): Omit<JudgedMetric, 'judge'>[] {
  switch (settings.use) {
    case 'sequential':
      return Object.entries({ ...settings.improvements, ...settings.guardrails }).map(([metric, { kind }]) => {
        return { metric, kinds: [kind] }
      })
    case 'threshold':
      return settings.rules.map(({ metric, statistic }) => ({ metric, kinds: kindsWith(statistic) }))
    case 'kayenta':
      return settings.metrics.map(({ metric }) => ({ metric, kinds: anyKind }))
    case 'custom':
      return settings.metrics.map((metric) => ({ metric, kinds: anyKind }))
  }
}

function kindsWith(statistic: string): readonly Kind[] {
  if (statistic === 'ratio') return ['ratio']
  if (statistic === 'rate') return ['events']
  return ['max', 'min', 'sum'].includes(statistic) ? ['gauge'] : ['latency', 'gauge']
}
