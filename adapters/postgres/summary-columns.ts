import { z } from 'zod'
import { bigintColumn } from './database.js'
import { phaseSchema, type Summary } from './summary.js'

/** Summaries as columns of the table of releases. */
export const summaryColumns = 'plan, units::text as units, phase, proposed_at, tracks'

export const summaryRow = z.object({
  plan: z.string().nullable(),
  units: z.string(),
  phase: phaseSchema.nullable(),
  proposed_at: bigintColumn.nullable(),
  tracks: z.string(),
})

const unitsSchema = z.array(z.string())
const tracksSchema = z.record(z.string(), z.string())

export function summaryOf({ plan, units, phase, proposed_at, tracks }: z.infer<typeof summaryRow>): Summary {
  return {
    plan,
    units: unitsSchema.parse(JSON.parse(units)),
    phase,
    proposedAt: proposed_at,
    tracks: tracksSchema.parse(JSON.parse(tracks)),
  }
}
