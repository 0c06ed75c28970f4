import type { CallOptions } from '../../src/ports/call-options.js'
import type { MetricsSource } from '../../src/ports/metrics-source.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import type { Measurement } from '../../src/vocabulary/measurement.js'
import { aligned } from './histogram.js'
import type { Series } from './instant-query.js'
import { measure } from './measure.js'
import { missing } from './missing.js'
import type { Endpoint } from './post.js'
import { promqlOf } from './promql.js'
import { type PrometheusQuery, queryParser } from './query.js'
import { askAll } from './questions.js'

export interface PrometheusOptions {
  /** Where the HTTP API is, up to and without `/api/v1`: `http://prometheus:9090`, `https://mimir.example.com/prometheus`. */
  readonly url: string
  /** Fetched for every call and not kept, so that credentials may be short-lived. */
  readonly headers?: (options: CallOptions) => Promise<Readonly<Record<string, string>>>
  readonly fetch?: typeof globalThis.fetch
  /** Bytes of one answer; 10 MiB by default. */
  readonly maxBytes?: number
  /** Series of one answer; 10 000 by default. */
  readonly maxSeries?: number
}

type Pair = { readonly canary: Measurement; readonly control: Measurement }

/**
 * Asks a server with the HTTP API of Prometheus: Prometheus 2.42 or later, VictoriaMetrics, and others. All metrics that are
 * described by selectors are one request, for both versions together; each one in PromQL is a request of its own, so that a
 * mistake in it is its own. Queries: `prometheusQuerySchema`.
 */
export function prometheusSource(options: PrometheusOptions): MetricsSource {
  const endpoint = endpointOf(options)
  const parseQueries = queryParser()

  return {
    temporality: 'interval',
    check: (queries) => void parseQueries(queries),

    async read({ unit, versions: { canary, control }, queries, from, to }, call) {
      const parsed = parseQueries(queries)
      const parts = parsed.flatMap(([metric, query]) =>
        (control === undefined ? [canary] : [canary, control]).flatMap((version) =>
          promqlOf(query, { version, unit, interval: to - from }, from).map(([part, promql]) => ({
            metric,
            query,
            version,
            part,
            promql,
          })),
        ),
      )
      const answers = await askAll(parts, endpoint, to, call)

      const measured = (metric: string, query: PrometheusQuery, version: string | undefined): Measurement => {
        if (version === undefined) return missing('empty', 'nothing was live before this version')
        const own = parts.filter((part) => part.metric === metric && part.version === version)
        const series = new Map<string, readonly Series[]>()
        for (const part of own) {
          const answer = answers.get(part)!
          if ('reason' in answer) return missing(answer.reason, answer.detail)
          series.set(part.part, answer.series)
        }
        return measure(query, (part) => series.get(part) ?? [])
      }
      return Object.fromEntries(
        parsed.map(([metric, query]) => [
          metric,
          alike({ canary: measured(metric, query, canary), control: measured(metric, query, control) }),
        ]),
      )
    },
  }
}

const alike = ({ canary, control }: Pair): Pair => {
  if (canary.kind !== 'histogram' || control.kind !== 'histogram') return { canary, control }
  const [left, right] = aligned(canary, control)
  return { canary: left, control: right }
}

/** @throws ReleaseError `input/invalid` */
function endpointOf({
  url: text,
  headers = async () => ({}),
  fetch = globalThis.fetch,
  maxBytes = 10 * 2 ** 20,
  maxSeries = 10_000,
}: PrometheusOptions): Endpoint {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password)
    throw new ReleaseError(
      'input/invalid',
      'The url of prometheusSource is not an http or https URL without user and password. Give those as `headers`.',
    )
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v1/query`
  return { url: url.href, place: `Prometheus at ${url.origin}${url.pathname}`, fetch, headers, maxBytes, maxSeries }
}
