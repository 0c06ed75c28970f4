import type { Random } from './random.ts'

/** A part of the requests: lognormal about its median, in seconds. */
interface Part {
  readonly share: number
  readonly median: number
  readonly spread: number
  /** Added to each. */
  readonly extra?: number
}
/** How long requests take, as parts. `slowFactor` stretches what lies above the 95 % quantile of a single part. */
export interface Latency {
  readonly parts: readonly Part[]
  readonly slowFactor?: number
}

export const usual: Latency = { parts: [{ share: 1, median: 0.1, spread: 0.5 }] }
export const heavy: Latency = { parts: [{ share: 1, median: 0.1, spread: 1.5 }] }
const cached = (slow: number): Latency => ({
  parts: [
    { share: 1 - slow, median: 0.02, spread: 0.3 },
    { share: slow, median: 0.2, spread: 0.3 },
  ],
})
export const bimodal = cached(0.3)

const scaled = ({ parts }: Latency, factor: number): Latency => ({
  parts: parts.map((part) => ({ ...part, median: part.median * factor })),
})
const withExtra = (share: number, extra: number): Latency => ({
  parts: [
    { share: 1 - share, median: 0.1, spread: 0.5 },
    { share, median: 0.1, spread: 0.5, extra },
  ],
})

/** What may become slower, and whether the whole distribution moves or its tail alone. */
export const changes: readonly { name: string; control: Latency; canary: Latency; isWhole: boolean }[] = [
  { name: 'all x1.1', control: usual, canary: scaled(usual, 1.1), isWhole: true },
  { name: 'all x1.2', control: usual, canary: scaled(usual, 1.2), isWhole: true },
  { name: 'slowest 5 % x1.2', control: usual, canary: { ...usual, slowFactor: 1.2 }, isWhole: false },
  { name: '1 % of requests +1 s', control: usual, canary: withExtra(0.01, 1), isWhole: false },
  { name: '5 % of requests +300 ms', control: usual, canary: withExtra(0.05, 0.3), isWhole: false },
  { name: 'cache misses 30 % to 40 %', control: bimodal, canary: cached(0.4), isWhole: false },
  { name: 'heavy tail, all x1.2', control: heavy, canary: scaled(heavy, 1.2), isWhole: true },
]

const cut = 0.1 * Math.exp(0.5 * 1.6448536269514722)

export function drawLatency({ parts, slowFactor = 1 }: Latency, { uniform, normal }: Random): number {
  let left = uniform()
  const part = parts.find(({ share }) => {
    left -= share
    return left < 0
  })
  const { median, spread, extra = 0 } = part ?? parts.at(-1)!
  const value = median * Math.exp(spread * normal()) + extra
  return value > cut ? value * slowFactor : value
}
