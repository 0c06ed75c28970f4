import { durationMs } from '../vocabulary/duration.js'
import type { TrafficShape } from './world.js'

/** How many requests come to a unit, both versions together. Instants are epoch milliseconds. */
export interface Traffic {
  /** Expected between two instants. */
  expected(from: number, to: number): number
}

const dayMs = 86_400_000

/** A wave with the period of a day. */
export function dailyTraffic({ perSecond, swing, peakAt }: TrafficShape): Traffic {
  const peak = durationMs(peakAt)
  const turn = (2 * Math.PI) / dayMs
  /** Integral of `1 + swing · cos` up to an instant, in milliseconds. */
  const area = (at: number) => at + (swing / turn) * Math.sin(turn * ((at - peak) % dayMs))
  return { expected: (from, to) => Math.max(0, (perSecond * (area(to) - area(from))) / 1_000) }
}
