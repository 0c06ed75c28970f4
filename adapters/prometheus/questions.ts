import type { CallOptions } from '../../src/ports/call-options.js'
import { type Answer, instantQuery } from './instant-query.js'
import type { Endpoint } from './post.js'
import { expressionsOf, type PrometheusQuery } from './query.js'

/** One question: what a part of a query is for one version. */
export interface Part {
  readonly metric: string
  readonly query: PrometheusQuery
  readonly version: string
  readonly part: string
  readonly promql: string
}

/** As few requests as can be, at the same time. */
export async function askAll(
  parts: readonly Part[],
  endpoint: Endpoint,
  at: number,
  call: CallOptions,
): Promise<Map<Part, Answer>> {
  const requests = [...Map.groupBy(parts, requestOf).values()]
  return new Map((await Promise.all(requests.map((together) => askTogether(together, endpoint, at, call)))).flat())
}

/** Prometheus before 3 loses native histograms when they are marked, so that they come alone. */
function requestOf({ metric, query, version }: Part): string {
  if ('histogram' in query && query.native) return `${metric} ${version}`
  return expressionsOf(query).some(([, expression]) => typeof expression === 'string') ? metric : ''
}

/** Many questions as one query; each series of the answer tells by a label which one it answers. */
async function askTogether(parts: readonly Part[], endpoint: Endpoint, at: number, call: CallOptions): Promise<[Part, Answer][]> {
  const [only, ...others] = parts
  if (only && others.length === 0) return [[only, await instantQuery(endpoint, only.promql, at, call)]]
  const tagged = parts.map(({ promql }, i) => `label_replace(${promql},"taxiway","${i}","","")`)
  const answer = await instantQuery(endpoint, tagged.join(' or '), at, call)
  if ('reason' in answer) return parts.map((part) => [part, answer])
  const found = Map.groupBy(answer.series, ({ metric }) => metric.taxiway)
  return parts.map((part, i) => [part, { series: found.get(String(i)) ?? [] }])
}
