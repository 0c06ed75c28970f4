import { normalCdf } from '../analysis/stats/normal-distribution.js'
import { durationMs } from '../vocabulary/duration.js'
import type { Behaviour, Effects } from './world.js'

/** When and how a version is used, as far as its behaviour depends on it. */
export interface Circumstances {
  /** Milliseconds since the simulation began. */
  readonly since: number
  /** Milliseconds since the version started. */
  readonly age: number
  /** The canary's share of traffic, percent. */
  readonly weightPercent: number
  /** Requests per second to this version. */
  readonly load: number
}

/** How one metric of one version behaves, made ready to draw from. */
export interface Conduct {
  readonly kind: Behaviour['kind']
  /** Of a latency: upper bounds of its buckets. All its readings share them. */
  readonly bounds: number[]
  /**
   * A ratio: the chance that a request fails. A latency: the chance of each bucket. Events: how many per second.
   * A gauge: mean, standard deviation and number of instances.
   */
  chances(circumstances: Circumstances): readonly number[]
}

/** What a world describes. */
export function conductOf(behaviour: Behaviour): Conduct {
  const { kind } = behaviour
  const effectOn = effectsOf(behaviour)
  switch (behaviour.kind) {
    case 'ratio':
      return { kind, bounds: [], chances: (at) => [Math.min(1, Math.max(0, effectOn(behaviour.bad, at)))] }
    case 'events':
      return { kind, bounds: [], chances: (at) => [Math.max(0, effectOn(behaviour.perSecond, at))] }
    case 'gauge':
      return { kind, bounds: [], chances: (at) => [effectOn(behaviour.value, at), behaviour.noise, behaviour.instances] }
    case 'latency': {
      const { bounds, median } = behaviour
      // The level seldom changes, and a normal distribution function for every bucket is slow.
      let [level, chances]: [number, readonly number[]] = [Number.NaN, []]
      return {
        kind,
        bounds,
        chances(at) {
          const now = Math.max(Number.MIN_VALUE, effectOn(median, at))
          if (now !== level) [level, chances] = [now, bucketChances(behaviour, now / median)]
          return chances
        },
      }
    }
  }
}

type Latency = Extract<Behaviour, { kind: 'latency' }>

function bucketChances({ bounds, median, spread, slow }: Latency, times: number): number[] {
  const below = (bound: number) => {
    const part = (hump: { readonly median: number; readonly spread: number }) =>
      normalCdf(Math.log(bound / (hump.median * times)) / hump.spread)
    const share = slow?.share ?? 0
    return (1 - share) * part({ median, spread }) + (slow ? share * part(slow) : 0)
  }
  const cumulative = [...bounds.map(below), 1]
  return cumulative.map((chance, i) => Math.max(0, chance - (cumulative[i - 1] ?? 0)))
}

/** Everything that moves the level, one after the other; each by as much as its strength, 0 for not at all. */
export function effectsOf({
  warmUp,
  leak,
  saturation,
  exposure,
  incident,
}: Effects): (level: number, at: Circumstances) => number {
  const all: { readonly change: { times: number; plus: number }; strength(at: Circumstances): number }[] = []
  if (warmUp) {
    const lasts = durationMs(warmUp.for)
    all.push({ change: warmUp, strength: ({ age }) => Math.max(0, 1 - age / lasts) })
  }
  if (leak) {
    const [after, per] = [durationMs(leak.after), durationMs(leak.per)]
    all.push({ change: leak, strength: ({ age }) => Math.max(0, (age - after) / per) })
  }
  if (saturation) all.push({ change: saturation, strength: ({ load }) => Math.max(0, load / saturation.above - 1) })
  if (exposure) all.push({ change: exposure, strength: ({ weightPercent }) => (weightPercent > exposure.above ? 1 : 0) })
  if (incident) {
    const from = durationMs(incident.from)
    const to = from + durationMs(incident.for)
    all.push({ change: incident, strength: ({ since }) => (since >= from && since < to ? 1 : 0) })
  }
  if (all.length === 0) return (level) => level
  return (level, at) =>
    all.reduce((now, { change: { times, plus }, strength }) => {
      const much = strength(at)
      return now * (1 + (times - 1) * much) + plus * much
    }, level)
}
