import { z } from 'zod'
import { measurementSchema } from './measurement.js'

const counter = z.number().min(0)

/**
 * Counters as a process exposes them: ever-growing since it started, one entry per instance. Two readings make a
 * measurement. Sources that can answer for an interval themselves (Prometheus) return a `Measurement` instead.
 */
export const cumulativeSchema = z.strictObject({
  kind: z.literal('cumulative'),
  /** When it was read, epoch milliseconds. */
  at: z.number(),
  /** By instance. `startedAt` is `process_start_time_seconds` in epoch milliseconds, where the instance tells it. */
  instances: z.record(
    z.string(),
    z.strictObject({
      startedAt: z.number().optional(),
      value: z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('counts'), total: counter, bad: counter }),
        /** Disjoint buckets, as in a `histogram` measurement: one more count than bounds. */
        z.strictObject({ kind: z.literal('histogram'), bounds: z.array(z.number()), counts: z.array(counter) }),
        z.strictObject({ kind: z.literal('events'), count: counter }),
      ]),
    }),
  ),
})
export type Cumulative = z.infer<typeof cumulativeSchema>

/** What a metrics source answers for one metric of one cohort. */
export const readingSchema = z.union([measurementSchema, cumulativeSchema])
export type Reading = z.infer<typeof readingSchema>
