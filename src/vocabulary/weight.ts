import { z } from 'zod'

/**
 * The canary's share of traffic in percent, 0 to 100 in steps of 0.01. Stable gets the rest, so the two always sum to
 * 100 (I2); routers that count in whole numbers convert with {@link basisPoints}.
 */
export const weightSchema = z
  .number()
  .min(0)
  .max(100)
  .refine((percent) => Math.abs(percent * 100 - Math.round(percent * 100)) < 1e-6, { error: 'has more than two decimals.' })
  .meta({ id: 'WeightPercent', description: 'Percent, 0 to 100, at most two decimals.' })

/** The weight as an integer, 0 to 10,000. */
export function basisPoints(weightPercent: number): number {
  return Math.round(weightPercent * 100)
}
