import { z } from 'zod'

/**
 * What was measured of one cohort in one interval. Counts are of that interval alone (never cumulative) and may be
 * fractional, since Prometheus `increase()` extrapolates. A measurement that could not be had is `missing`, with its
 * reason, and is never a number.
 */
const amount = z.number().min(0)

/** Why there is no number. Each is a situation of its own; none of them is ever a pass. */
export const missingReasonSchema = z.enum([
  'outage', // the source did not answer, or answered with an error
  'empty', // the source answered, and knows no such series
  'not-a-number', // NaN, an infinity, or text that is no number
  'reset', // a counter went back, and what came before the reset is unknown
  'partial', // only a part of the interval, or of the instances, was covered
  'late', // the newest sample is older than the interval
  'ambiguous', // several series where one was declared
  'first-look', // cumulative counters need a second reading before they say anything
])
export type MissingReason = z.infer<typeof missingReasonSchema>

export const measurementSchema = z.discriminatedUnion('kind', [
  /** Requests, and how many of them were bad: `0 ≤ bad ≤ total`. */
  z.strictObject({ kind: z.literal('counts'), total: amount, bad: amount }),
  /** `counts[i]` fell in `(bounds[i-1], bounds[i]]`; one more count than bounds, the last one for everything above. */
  z.strictObject({ kind: z.literal('histogram'), bounds: z.array(z.number()), counts: z.array(amount) }),
  /** One value per request, in any order. */
  z.strictObject({ kind: z.literal('samples'), values: z.array(z.number()) }),
  /** One value per instance, of something that goes up and down. */
  z.strictObject({ kind: z.literal('gauge'), values: z.array(z.number()) }),
  /** Events without a denominator, and the exposure they came from (instance-seconds, gigabytes, …). */
  z.strictObject({ kind: z.literal('events'), count: amount, exposure: amount }),
  z.strictObject({ kind: z.literal('missing'), reason: missingReasonSchema, detail: z.string() }),
])
export type Measurement = z.infer<typeof measurementSchema>

/** Who the measurement is of. `baseline` is a fresh copy of stable, started beside the canary for a fair comparison. */
export const cohortSchema = z.enum(['stable', 'canary', 'baseline'])
export type Cohort = z.infer<typeof cohortSchema>

/** One metric in one interval: of the canary, and of what it is compared with. */
export const comparisonSchema = z.strictObject({ canary: measurementSchema, control: measurementSchema })
export type Comparison = z.infer<typeof comparisonSchema>

/** One look: every metric of a judge over the same interval. Instants are epoch milliseconds; intervals never overlap. */
export const lookSchema = z.strictObject({
  from: z.number(),
  to: z.number(),
  /** The canary's share of requests that was in force, percent; where there is a router. */
  weightPercent: z.number().optional(),
  metrics: z.record(z.string(), comparisonSchema),
})
export type Look = z.infer<typeof lookSchema>
