import type { CallOptions } from '../../src/ports/call-options.js'
import type { MetricsSource } from '../../src/ports/metrics-source.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { namesIn } from './measure.js'
import { parseQueries } from './query.js'
import { readingOf, type Scrapes, startTimeName } from './reading.js'
import { scrape } from './scrape.js'
import { missing } from './select.js'

export interface OpenMetricsOptions {
  /**
   * Where the instances of a version are now: origins (`http://10.0.0.7:9100`), or full URLs where the path differs. They
   * name the instance in readings and in the journal, so no secrets in them: for those pass a `fetch` that adds the header.
   */
  readonly instances: (unit: string, version: string, options: CallOptions) => Promise<readonly string[]>
  /** For instances given as origins; `/metrics` by default. */
  readonly path?: string
  readonly fetch?: typeof globalThis.fetch
  /** Bytes of one instance's exposition, decompressed; 10 MiB by default. */
  readonly maxBytes?: number
  /** Samples of one instance's exposition, wanted or not; 100 000 by default. */
  readonly maxSeries?: number
}

/**
 * Scrapes the Prometheus text format 0.0.4 and OpenMetrics text 1.0 from every instance of both versions, once per call.
 * Counters and histograms come back as `cumulative` readings, gauges as one value per instance. An instance that cannot
 * be read makes the metric `partial`, and `outage` when none can. Queries: `openMetricsQuerySchema`.
 */
export function openMetricsSource({
  instances,
  path = '/metrics',
  fetch = globalThis.fetch,
  maxBytes = 10 * 2 ** 20,
  maxSeries = 100_000,
}: OpenMetricsOptions): MetricsSource {
  const limits = { fetch, maxBytes, maxSeries }

  return {
    temporality: 'cumulative',
    check: (queries) => void parseQueries(queries),

    async read({ unit, versions, queries, from, to }, options) {
      const parsed = parseQueries(queries)
      const wanted = new Set([startTimeName, ...parsed.flatMap(([, query]) => namesIn(query))])
      const scrapeAll = async (version: string): Promise<Scrapes> => {
        const urls = instanceUrls(unit, await instances(unit, version, options), path)
        return new Map(
          await Promise.all(
            [...urls].map(async ([name, url]) => [name, await scrape(url, wanted, limits, options.signal)] as const),
          ),
        )
      }
      const [canary, control] = await Promise.all([
        scrapeAll(versions.canary),
        versions.control === undefined ? undefined : scrapeAll(versions.control),
      ]).catch((cause) => {
        throw ReleaseError.is(cause) ? cause : unlisted(unit, cause)
      })
      if (options.signal.aborted) throw unfinished(unit, options.signal.reason)
      return Object.fromEntries(
        parsed.map(([metric, query]) => [
          metric,
          {
            canary: readingOf(query, canary, { from, to }),
            control: control ? readingOf(query, control, { from, to }) : missing('empty', 'nothing was live before this version'),
          },
        ]),
      )
    },
  }
}

/** By the name an instance goes by: its origin, or the whole URL where the caller gave one. Naming one twice is naming it once. */
function instanceUrls(unit: string, instances: readonly string[], path: string): Map<string, URL> {
  return new Map(
    instances.map((instance) => {
      const url = URL.parse(instance)
      if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password)
        throw new ReleaseError(
          'adapter/rejected',
          `An instance of "${unit}" is not an http or https URL without user and password. Mend \`instances\` of openMetricsSource.`,
          { unit },
        )
      const isOrigin = url.pathname === '/' && url.search === ''
      return isOrigin ? [url.origin, new URL(path, url)] : [url.href, url]
    }),
  )
}

const unlisted = (unit: string, cause: unknown) =>
  new ReleaseError(
    'adapter/unavailable',
    `The instances of "${unit}" could not be listed, so none was scraped.`,
    { unit },
    { cause },
  )

const unfinished = (unit: string, cause: unknown) =>
  new ReleaseError('adapter/unavailable', `Scraping the instances of "${unit}" was stopped before it ended.`, { unit }, { cause })
