import { z } from 'zod'

/** Only `pass` moves a release forward. `inconclusive` is everything that is neither proof: too little, missing, torn. */
export const outcomeSchema = z.enum(['pass', 'fail', 'inconclusive'])
export type Outcome = z.infer<typeof outcomeSchema>

/** One reason for a verdict: a stable code for code, a sentence for people, and the numbers that decided. */
export const reasonSchema = z.strictObject({
  code: z.string(),
  /** One whole sentence, with units: "canary error ratio 1.9 % against 0.8 %, tolerated 1.25x, after 41,200 requests". */
  says: z.string(),
  metric: z.string().optional(),
  outcome: outcomeSchema,
  /** Finite numbers only: what was seen, and the bound it was held against. */
  numbers: z.record(z.string(), z.number()).optional(),
})
export type Reason = z.infer<typeof reasonSchema>

export const verdictSchema = z.strictObject({
  outcome: outcomeSchema,
  /** Never empty; the first is the one that decided. */
  reasons: z.array(reasonSchema).min(1),
})
export type Verdict = z.infer<typeof verdictSchema>
