import { type CohortCounters, latencyBounds } from './cohort.js'

export interface ProxyCounters {
  /** Requests that came while no version had their share: before the first release, or beside a first canary. Answered with 503. */
  readonly unrouted: number
  /** Real traffic by version: those that have traffic, and some that had. */
  readonly live: Readonly<Record<string, CohortCounters>>
  /** Copies by version. */
  readonly mirrored: Readonly<Record<string, CohortCounters>>
  /** Requests that were to be copied and were not: too large, or too many at once. */
  readonly copiesDropped: number
}

type Labels = Readonly<Record<string, string>>
type Sample = readonly [suffix: string, labels: Labels, value: number]

const families: readonly { name: string; type: string; help: string; samples(cohort: CohortCounters): readonly Sample[] }[] = [
  {
    name: 'responses_total',
    type: 'counter',
    help: 'Answers as clients saw them, by class of status.',
    samples: ({ responses }) => Object.entries(responses).map(([code, value]) => ['', { code }, value]),
  },
  {
    name: 'connection_errors_total',
    type: 'counter',
    help: 'Attempts that got no whole answer from an instance.',
    samples: ({ connectionErrors }) => [['', {}, connectionErrors]],
  },
  {
    name: 'aborted_total',
    type: 'counter',
    help: 'Requests whose client went away first.',
    samples: ({ aborted }) => [['', {}, aborted]],
  },
  {
    name: 'in_flight',
    type: 'gauge',
    help: 'Requests that are not answered yet.',
    samples: ({ inFlight }) => [['', {}, inFlight]],
  },
  {
    name: 'duration_seconds',
    type: 'histogram',
    help: 'Time from the head of a request to the end of its answer.',
    samples: ({ latency: { counts, count, sumSeconds } }) => [
      ...counts.map((value, index): Sample => ['_bucket', { le: String(latencyBounds[index]) }, value]),
      ['_bucket', { le: '+Inf' }, count],
      ['_sum', {}, sumSeconds],
      ['_count', {}, count],
    ],
  },
]

/** Prometheus text format 0.0.4. Names of units and versions need no escapes. */
export function prometheusText(unit: string, { live, mirrored, unrouted, copiesDropped }: ProxyCounters): string {
  const cohorts = Object.entries({ live, mirrored }).flatMap(([traffic, versions]) =>
    Object.entries(versions).map(([version, cohort]) => ({ cohort, labels: { unit, version, traffic } })),
  )
  const ofVersions = families.flatMap(({ name, type, help, samples }) => [
    ...heading(name, type, help),
    ...cohorts.flatMap(({ cohort, labels }) =>
      samples(cohort).map(([suffix, own, value]) => line(name + suffix, { ...labels, ...own }, value)),
    ),
  ])
  const ofProxy = [
    ...heading('unrouted_total', 'counter', 'Requests that no version was there for.'),
    line('unrouted_total', { unit }, unrouted),
    ...heading('copies_dropped_total', 'counter', 'Requests that were to be copied and were not.'),
    line('copies_dropped_total', { unit }, copiesDropped),
  ]
  return `${[...ofVersions, ...ofProxy].join('\n')}\n`
}

function heading(name: string, type: string, help: string): string[] {
  return [`# HELP taxiway_proxy_${name} ${help}`, `# TYPE taxiway_proxy_${name} ${type}`]
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`)
  return `taxiway_proxy_${name}{${pairs.join(',')}} ${value}`
}
