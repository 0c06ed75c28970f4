import type { Cumulative, Reading } from '../../src/vocabulary/reading.js'
import type { Exposition } from './exposition.js'
import { measure } from './measure.js'
import type { OpenMetricsQuery } from './query.js'
import type { Scrape } from './scrape.js'
import { type Interval, type Missing, missing } from './select.js'

/** What each instance of one version answered, by the instance's name. */
export type Scrapes = ReadonlyMap<string, Scrape>

export const startTimeName = 'process_start_time_seconds'

/** More instances than this are not named one by one in a detail. */
const namedAtMost = 3

/** One metric of one version, from all of its instances or not at all. */
export function readingOf(query: OpenMetricsQuery, scrapes: Scrapes, interval: Interval): Reading {
  if (scrapes.size === 0) return missing('empty', 'no instance of this version is listed')
  const gaps: [instance: string, gap: Missing][] = []
  const values: number[] = []
  const instances: Cumulative['instances'] = {}
  for (const [instance, scrape] of scrapes) {
    const value = 'failed' in scrape ? missing('outage', scrape.failed) : measure(query, scrape, interval)
    if (value.kind === 'missing') gaps.push([instance, value])
    else if (value.kind === 'gauge') values.push(value.value)
    else instances[instance] = { value, ...('failed' in scrape ? {} : startOf(scrape)) }
  }
  if (gaps.length > 0) return together(gaps, scrapes.size)
  // A scrape follows the end of the interval at once, so that is when it was read: the engine's clock, not a second one.
  return 'gauge' in query ? { kind: 'gauge', values } : { kind: 'cumulative', at: interval.to, instances }
}

function together(gaps: readonly [instance: string, gap: Missing][], instances: number): Missing {
  const named = gaps.slice(0, namedAtMost).map(([instance, { detail }]) => `${instance} ${detail}`)
  const others = gaps.length > namedAtMost ? `; and ${gaps.length - namedAtMost} more` : ''
  const reason = gaps.length < instances ? 'partial' : (gaps[0]?.[1].reason ?? 'outage')
  return missing(reason, `${gaps.length} of ${instances} instances: ${named.join('; ')}${others}`)
}

/** When the process started, where the instance says so, and says it once. */
function startOf({ samples }: Exposition): { startedAt?: number } {
  const [start, ...others] = samples.get(startTimeName) ?? []
  return start?.value === undefined || others.length > 0 ? {} : { startedAt: Math.round(start.value * 1000) }
}
