import type { Counts } from '../../dist/src/analysis/sequential/count-factors.js'
import type { Random } from './random.ts'

/** A service under a canary: error rate of control, share and sum of the traffic, and how much worse the canary is. */
export interface Service {
  /** Fraction of requests. */
  readonly baseline: number
  /** Share of requests that the canary gets. */
  readonly weight: number
  readonly requestsPerSecond: number
  /** Error rate of the canary as a multiple of the baseline. */
  readonly ratio: number
}

export type World =
  | 'steady'
  | 'diurnal and drifting'
  | 'shared incident'
  | 'noise 5 %'
  | 'noise 10 %'
  | 'noise 20 %'
  | 'lasting noise 10 %'
  | 'bursts up to 2'
  | 'bursts up to 4'

/** What happens in one interval after the other, with everything that cohorts share or do not share in that world. */
export function countStream(
  { baseline, weight, requestsPerSecond, ratio }: Service,
  world: World,
  random: Random,
  { seconds = 60, onset = 0 } = {},
): () => Counts {
  const canaryTotal = Math.round(requestsPerSecond * seconds * weight)
  const controlTotal = Math.round(requestsPerSecond * seconds * (1 - weight))
  const weather = weatherOf(world, random)
  const burst = world === 'bursts up to 4' ? 4 : world === 'bursts up to 2' ? 2 : 1
  let interval = 0
  return () => {
    const { shared, canary } = weather(interval)
    const rate = baseline * shared
    const canaryRate = rate * canary * (interval >= onset ? ratio : 1)
    interval += 1
    return {
      controlTotal,
      controlBad: bad(controlTotal, rate, burst, random),
      canaryTotal,
      canaryBad: bad(canaryTotal, canaryRate, burst, random),
    }
  }
}

/** Factors on the rates of both cohorts, and of the canary alone. */
function weatherOf(world: World, random: Random): (interval: number) => { shared: number; canary: number } {
  const noise = Number(/noise (\d+) %/.exec(world)?.[1] ?? 0) / 100
  const phase = 60 * random.uniform()
  const incident = 5 + Math.floor(50 * random.uniform())
  let lasting = random.normal()
  return (interval) => {
    lasting = 0.9 * lasting + Math.sqrt(1 - 0.9 ** 2) * random.normal()
    if (world === 'diurnal and drifting')
      return { shared: Math.exp(0.5 * Math.sin((2 * Math.PI * (interval + phase)) / 60) + 0.3 * lasting), canary: 1 }
    if (world === 'shared incident') return { shared: interval >= incident && interval < incident + 5 ? 20 : 1, canary: 1 }
    if (world === 'lasting noise 10 %') return { shared: 1, canary: Math.exp(0.1 * lasting - 0.1 ** 2 / 2) }
    return { shared: 1, canary: Math.exp(noise * random.normal() - noise ** 2 / 2) }
  }
}

/** Bad requests, in bursts of 1 to `burst` with equal chances. */
function bad(total: number, rate: number, burst: number, random: Random): number {
  if (burst === 1) return random.binomial(total, Math.min(rate, 1))
  const bursts = random.binomial(total, Math.min((2 * rate) / (burst + 1), 1))
  let count = 0
  for (let i = 0; i < bursts; i++) count += 1 + Math.floor(burst * random.uniform())
  return Math.min(count, total)
}
