import type { RandomSource } from '../vocabulary/xoshiro128.js'
import type { Circumstances, Conduct } from './conduct.js'
import { drawBinomial, drawMultinomial, drawNormal, drawPoisson } from './draw.js'
import type { Traffic } from './traffic.js'

export type Cohort = 'stable' | 'canary'
const cohorts = ['stable', 'canary'] as const

/** How much users saw of the canary. Instants are epoch milliseconds. */
export interface Exposure {
  /** Requests that the canary answered, and how many of them failed. */
  readonly requests: number
  readonly failedRequests: number
  /** Highest share of traffic, percent. */
  readonly peakWeightPercent: number
  /** First and last instant at which the canary had traffic; `null` where it never had. */
  readonly since: number | null
  readonly until: number | null
}

export interface PlaceOptions {
  readonly startAt: number
  readonly traffic: Traffic
  readonly conducts: Readonly<Record<Cohort, ReadonlyMap<string, Conduct>>>
  /** The ratio that counts failed requests. */
  readonly failures: string | undefined
  readonly random: RandomSource
}

/** Behaviour is evaluated at the middle of a stretch of at most this length; in long waits, of a sixtieth of the wait. Milliseconds. */
const longestStretch = 60_000
const mostStretches = 60

/** Totals of one cohort at one instant: requests, milliseconds, then what every metric counts. Fractional between two draws. */
type Totals = readonly number[]

/** One unit where it runs: users come, versions answer, and everything is counted. Time passes here when somebody looks. */
export interface Place {
  /** The canary's share of traffic from now on. */
  shift(now: number, weightPercent: number): void
  /** The canary begins to run. */
  start(now: number): void
  /** What a metric of a cohort counted between two instants up to now: requests, seconds, and its own counts. */
  counted(cohort: Cohort, metric: string, from: number, to: number): Counted
  /** A gauge as it is now, by instance. */
  gauge(now: number, cohort: Cohort, metric: string): number[]
  /** Draws everything up to now. */
  advance(now: number): void
  exposure(): Exposure
}

export interface Counted {
  readonly requests: number
  readonly seconds: number
  /** The asker's own. */
  readonly counts: number[]
}

export function createPlace({ startAt, traffic, conducts, failures, random }: PlaceOptions): Place {
  const sheets = { stable: sheetOf(conducts.stable), canary: sheetOf(conducts.canary) }
  const started = { stable: startAt, canary: startAt }
  const instants: number[] = [startAt]
  const ledger: Record<Cohort, Totals[]> = { stable: [sheets.stable.zero], canary: [sheets.canary.zero] }
  const exposed = { peakWeightPercent: 0, since: null as number | null, until: null as number | null }
  let weightPercent = 0
  let last = startAt

  function advance(now: number): void {
    if (now <= last) return
    const stretch = Math.max(longestStretch, (now - last) / mostStretches)
    while (last < now) draw(last, Math.min(now, last + stretch))
  }

  function draw(from: number, to: number): void {
    const middle = (from + to) / 2
    const expected = traffic.expected(from, to)
    for (const cohort of cohorts) {
      const share = (cohort === 'canary' ? weightPercent : 100 - weightPercent) / 100
      const totals = ledger[cohort].at(-1)!.slice()
      const requests = drawPoisson(random, expected * share)
      totals[0]! += requests
      totals[1]! += to - from
      const load = (expected * share * 1_000) / (to - from)
      const circumstances = { since: middle - startAt, age: middle - started[cohort], weightPercent, load }
      for (const { conduct, first } of sheets[cohort].metrics.values())
        addCounts(totals, first, conduct, circumstances, requests, (to - from) / 1_000)
      ledger[cohort].push(totals)
    }
    instants.push(to)
    last = to
    if (weightPercent > 0) exposed.until = to
  }

  function addCounts(
    totals: number[],
    first: number,
    conduct: Conduct,
    circumstances: Circumstances,
    requests: number,
    seconds: number,
  ): void {
    if (conduct.kind === 'gauge') return
    const chances = conduct.chances(circumstances)
    if (conduct.kind === 'events') totals[first]! += drawPoisson(random, chances[0]! * seconds)
    else if (requests === 0) return
    else if (conduct.kind === 'ratio') totals[first]! += drawBinomial(random, requests, chances[0]!)
    else {
      const counts = drawMultinomial(random, requests, chances)
      for (let i = 0; i < counts.length; i++) totals[first + i]! += counts[i]!
    }
  }

  /** Between two draws, everything is taken to have come evenly. */
  function totalsAt(cohort: Cohort, at: number): Totals {
    const sheet = ledger[cohort]
    const next = instants.findLastIndex((instant) => instant <= at) + 1
    const [before, after] = [sheet[next - 1] ?? sheet[0]!, sheet[next]]
    const start = instants[next - 1] ?? startAt
    if (after === undefined || at <= start) return before
    const part = (at - start) / (instants[next]! - start)
    return before.map((value, i) => value + (after[i]! - value) * part)
  }

  return {
    shift(now, weight) {
      advance(now)
      weightPercent = weight
      exposed.peakWeightPercent = Math.max(exposed.peakWeightPercent, weight)
      if (weight > 0) exposed.since ??= now
    },
    start(now) {
      advance(now)
      started.canary = now
    },
    counted(cohort, metric, from, to) {
      const { first, slots } = sheets[cohort].metrics.get(metric)!
      const before = totalsAt(cohort, from)
      const after = totalsAt(cohort, to)
      const counts = after.slice(first, first + slots)
      for (let i = 0; i < slots; i++) counts[i]! -= before[first + i]!
      return { requests: after[0]! - before[0]!, seconds: (after[1]! - before[1]!) / 1_000, counts }
    },
    gauge(now, cohort, metric) {
      const share = (cohort === 'canary' ? weightPercent : 100 - weightPercent) / 100
      const load = traffic.expected(now - 1_000, now) * share
      const { conduct } = sheets[cohort].metrics.get(metric)!
      const circumstances = { since: now - startAt, age: now - started[cohort], weightPercent, load }
      const [mean = 0, noise = 0, instances = 1] = conduct.chances(circumstances)
      return Array.from({ length: instances }, () => mean + (noise === 0 ? 0 : noise * drawNormal(random)))
    },
    advance,
    exposure() {
      const totals = ledger.canary.at(-1)!
      const failed = failures === undefined ? undefined : sheets.canary.metrics.get(failures)
      return { ...exposed, requests: totals[0]!, failedRequests: failed ? totals[failed.first]! : 0 }
    },
  }
}

/** Where the counts of each metric stand among a cohort's totals. */
function sheetOf(conducts: ReadonlyMap<string, Conduct>) {
  const zero = [0, 0]
  const metrics = new Map<string, { readonly conduct: Conduct; readonly first: number; readonly slots: number }>()
  for (const [metric, conduct] of conducts) {
    const slots = { ratio: 1, latency: conduct.bounds.length + 1, events: 1, gauge: 0 }[conduct.kind]
    metrics.set(metric, { conduct, first: zero.length, slots })
    zero.push(...new Array<number>(slots).fill(0))
  }
  return { metrics, zero: zero as Totals }
}
