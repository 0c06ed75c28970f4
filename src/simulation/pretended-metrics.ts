import type { Clock } from '../ports/clock.js'
import type { MetricsSource } from '../ports/metrics-source.js'
import { durationMs } from '../vocabulary/duration.js'
import { ReleaseError } from '../vocabulary/errors.js'
import type { Measurement } from '../vocabulary/measurement.js'
import type { Cumulative, Reading } from '../vocabulary/reading.js'
import type { RandomSource } from '../vocabulary/xoshiro128.js'
import type { Conduct } from './conduct.js'
import type { Cohort, Counted, Place } from './place.js'
import type { Pipeline } from './world.js'

export interface PretendedMetricsOptions {
  readonly pipeline: Pipeline
  readonly clock: Clock
  readonly startAt: number
  readonly random: RandomSource
  /** The behaviour of a metric, for its shape alone; `undefined` where the world says nothing of it. */
  readonly conduct: (metric: string) => Conduct | undefined
  /** Where the source sees the unit. */
  readonly placesOf: (unit: string) => readonly Place[]
  readonly cohortOf: (version: string) => Cohort
}

/** A metrics source that sees the pretended world through a pipeline with the described faults. */
export function pretendedMetrics(options: PretendedMetricsOptions): MetricsSource {
  const { pipeline, clock, startAt, random, conduct, placesOf, cohortOf } = options
  const [delay, scrape] = [durationMs(pipeline.delay), durationMs(pipeline.scrape)]
  const resets = pipeline.resets === undefined ? undefined : durationMs(pipeline.resets)
  const outages = pipeline.outages.map(({ from, for: length }) => {
    const begin = startAt + durationMs(from)
    return { begin, end: begin + durationMs(length) }
  })
  const happens = (chance: number) => chance > 0 && random.uniform() < chance
  /** The newest sample there is. */
  const newest = (at: number) => (scrape > 0 ? Math.floor((at - delay) / scrape) * scrape : at - delay)

  function counters(metric: string, shape: Conduct, cohort: Cohort, places: readonly Place[]): Reading {
    const at = Math.max(startAt, newest(clock.now()))
    const startedAt = resets === undefined ? startAt : startAt + Math.floor((at - startAt) / resets) * resets
    const instances = places.map((place, i): [string, Cumulative['instances'][string]] => {
      const { requests, counts } = place.counted(cohort, metric, startedAt, at)
      return [`${cohort}-${i}`, { startedAt, value: counterOf(shape, requests, counts) }]
    })
    return { kind: 'cumulative', at, instances: Object.fromEntries(instances) }
  }

  function interval(metric: string, shape: Conduct, cohort: Cohort, places: readonly Place[], from: number, to: number) {
    const begin = scrape > 0 ? Math.ceil(from / scrape) * scrape : from
    const end = newest(to)
    if (end <= begin) return missing('late', 'The newest sample is older than the interval.')
    const all = places.map((place) => place.counted(cohort, metric, begin, end))
    return measurementOf(shape, all.reduce(added))
  }

  return {
    temporality: pipeline.temporality,
    check() {},
    async read({ unit, versions, queries, from, to }) {
      const now = clock.now()
      if (outages.some(({ begin, end }) => now >= begin && now < end))
        throw new ReleaseError('adapter/unavailable', 'The metrics source does not answer.')
      const places = placesOf(unit)
      for (const place of places) place.advance(now)
      const readingOf = (metric: string, version: string | undefined): Reading => {
        const shape = conduct(metric)
        if (version === undefined || shape === undefined) return missing('empty', 'There is no such series.')
        if (happens(pipeline.gaps)) return missing('empty', 'The sample was lost on its way.')
        if (happens(pipeline.nan)) return { kind: 'counts', total: Number.NaN, bad: Number.NaN }
        const cohort = cohortOf(version)
        if (shape.kind === 'gauge') return { kind: 'gauge', values: places.flatMap((place) => place.gauge(now, cohort, metric)) }
        return pipeline.temporality === 'cumulative'
          ? counters(metric, shape, cohort, places)
          : interval(metric, shape, cohort, places, from, to)
      }
      const readings: Record<string, { canary: Reading; control: Reading }> = {}
      for (const metric of Object.keys(queries))
        readings[metric] = { canary: readingOf(metric, versions.canary), control: readingOf(metric, versions.control) }
      return readings
    },
  }
}

const missing = (reason: 'late' | 'empty', detail: string): Measurement => ({ kind: 'missing', reason, detail })

const added = (a: Counted, b: Counted): Counted => ({
  requests: a.requests + b.requests,
  seconds: a.seconds + b.seconds,
  counts: a.counts.map((count, i) => count + b.counts[i]!),
})

function measurementOf({ kind, bounds }: Conduct, { requests, seconds, counts }: Counted): Measurement {
  if (kind === 'latency') return { kind: 'histogram', bounds, counts }
  if (kind === 'events') return { kind: 'events', count: counts[0]!, exposure: seconds }
  // Shares of two draws are rounded apart.
  return { kind: 'counts', total: requests, bad: Math.min(counts[0]!, requests) }
}

function counterOf({ kind, bounds }: Conduct, requests: number, counts: number[]): Cumulative['instances'][string]['value'] {
  if (kind === 'latency') return { kind: 'histogram', bounds, counts }
  if (kind === 'events') return { kind: 'events', count: counts[0]! }
  return { kind: 'counts', total: requests, bad: Math.min(counts[0]!, requests) }
}
