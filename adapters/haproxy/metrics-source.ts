import { z } from 'zod'
import type { MetricsSource } from '../../src/ports/metrics-source.js'
import type { Json } from '../../src/vocabulary/canonical-json.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import type { Reading } from '../../src/vocabulary/reading.js'
import { type BackendState, parseBackend, type Server, showBackend, showProcess } from './backend-state.js'
import { checkName, type HaproxyOptions, serversOfVersion } from './options.js'
import { ask } from './runtime-api.js'

const ends = ['1xx', '2xx', '3xx', '4xx', '5xx', 'other', 'connection-error', 'response-error'] as const
type End = (typeof ends)[number]

/**
 * Counts requests by how they ended at the servers of a version: `bad` lists the ends that count as bad. A `connection-error`
 * reached no server, a `response-error` got no whole or no valid answer; HAProxy makes a 502, 503 or 504 of either.
 */
export const haproxyQuerySchema = z.strictObject({ bad: z.array(z.enum(ends)).min(1) })
export type HaproxyQuery = z.infer<typeof haproxyQuerySchema>

/** Error rates from HAProxy's own counters, for services without a metrics server. Cumulative; needs `level operator`. */
export function haproxyMetrics(options: HaproxyOptions): MetricsSource {
  const { socket, backend } = options
  checkName('backend', backend)

  return {
    temporality: 'cumulative',
    check: (queries) => void parseQueries(queries),

    async read({ unit, versions, queries, to }, call) {
      const parsed = parseQueries(queries)
      const [canary, control] = await Promise.all(
        [versions.canary, versions.control].map((version) =>
          version === undefined ? undefined : serversOfVersion(options, unit, version, call),
        ),
      )
      const answer = await ask(socket, `${showProcess};${showBackend(backend)}`, call.signal)
      const state = parseBackend(backend, answer)
      const startedAt = startOf(answer)
      if (state.mode !== 'http')
        throw new ReleaseError(
          'adapter/rejected',
          `Backend "${backend}" is in mode ${state.mode}, where HAProxy counts no responses. Use another metrics source.`,
          { backend },
        )
      return Object.fromEntries(
        parsed.map(([metric, query]) => [
          metric,
          {
            canary: readingOf(query, canary ?? [], state, startedAt, to),
            control: control ? readingOf(query, control, state, startedAt, to) : nothingLive,
          },
        ]),
      )
    },
  }
}

const nothingLive: Reading = { kind: 'missing', reason: 'empty', detail: 'nothing was live before this version' }

/** When this HAProxy process started, and its counters with it, epoch milliseconds. */
function startOf(answer: string): number {
  const [, seconds] = /^Start_time_sec: (\d+)$/m.exec(answer) ?? []
  if (seconds !== undefined) return Number(seconds) * 1000
  throw new ReleaseError('adapter/rejected', 'HAProxy does not tell when it started. HAProxy 2.6 or later is needed.')
}

function readingOf(
  { bad }: HaproxyQuery,
  names: readonly string[],
  { servers }: BackendState,
  startedAt: number,
  at: number,
): Reading {
  const absent = names.filter((name) => !servers.has(name))
  if (names.length === 0 || absent.length > 0) {
    const detail = names.length === 0 ? 'no server of this version is listed' : `the backend has no server ${absent.join(', ')}`
    return { kind: 'missing', reason: absent.length < names.length ? 'partial' : 'empty', detail }
  }
  const instances = names.map((name) => {
    const counts = countsOf(servers.get(name)!.counters)
    const sum = (some: readonly End[]) => some.reduce((total, end) => total + counts[end], 0)
    return [name, { startedAt, value: { kind: 'counts' as const, total: sum(ends), bad: sum([...new Set(bad)]) } }] as const
  })
  return { kind: 'cumulative', at, instances: Object.fromEntries(instances) }
}

const countsOf = (counters: Server['counters']): Record<End, number> => ({
  '1xx': counters.hrsp_1xx,
  '2xx': counters.hrsp_2xx,
  '3xx': counters.hrsp_3xx,
  '4xx': counters.hrsp_4xx,
  '5xx': counters.hrsp_5xx,
  other: counters.hrsp_other,
  'connection-error': counters.econ,
  'response-error': counters.eresp,
})

/** @throws ReleaseError `plan/incapable`, naming the metric */
function parseQueries(queries: Readonly<Record<string, Json>>): [metric: string, query: HaproxyQuery][] {
  return Object.entries(queries).map(([metric, query]) => {
    const { data, error } = haproxyQuerySchema.safeParse(query)
    if (data !== undefined) return [metric, data]
    throw new ReleaseError(
      'plan/incapable',
      `The HAProxy query of metric "${metric}" is wrong: ${error.issues[0]?.message}. Write { "bad": ["5xx", "connection-error"] } in the plan.`,
      { metric },
    )
  })
}
