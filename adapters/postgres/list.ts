import { z } from 'zod'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { bigintColumn, type Database } from './database.js'
import { phaseSchema, type ReleasePhase, type Summary } from './summary.js'
import { summaryColumns, summaryOf, summaryRow } from './summary-columns.js'

/** Which releases to list. Every condition counts; without any, all do. */
export interface ReleaseFilter {
  readonly phase?: ReleasePhase
  /** The name of the plan. */
  readonly plan?: string
  /** One of those that the plan releases. */
  readonly unit?: string
  /** Proposed at or after this instant, epoch milliseconds. */
  readonly since?: number
  /** How many at most, 1 to 1,000. Default 100. */
  readonly limit?: number
}

/** One line of a status page. Written with every record, in the same transaction. */
export interface ReleaseSummary extends Summary {
  readonly release: string
  /** How many records there are. */
  readonly records: number
  /** When the newest one happened, epoch milliseconds. */
  readonly changedAt: number
  /** Which process drives it; `null`: none. */
  readonly heldBy: string | null
}

const filterSchema = z.strictObject({
  phase: phaseSchema.exactOptional(),
  plan: z.string().exactOptional(),
  unit: z.string().exactOptional(),
  since: z.number().exactOptional(),
  limit: z.int().min(1).max(1_000).default(100),
})

const listedRow = summaryRow.extend({
  release: z.string(),
  seq: bigintColumn,
  changed_at: bigintColumn,
  holder: z.string().nullable(),
})

/** See `PostgresJournal.list`. */
export async function listReleases({ ask, schema }: Database, filter: ReleaseFilter): Promise<ReleaseSummary[]> {
  const { error, data } = filterSchema.safeParse(filter)
  if (error) throw new ReleaseError('input/invalid', `Releases cannot be listed like this: ${z.prettifyError(error)}`)
  const { phase = null, plan = null, unit = null, since = null, limit } = data
  const rows = await ask(
    listedRow,
    // Planned each time, for the conditions that are there.
    `select r.release, r.seq, r.changed_at, ${summaryColumns}, s.holder
     from ${schema}.releases r left join ${schema}.sessions s on s.id = r.session and s.expires_at > now()
     where r.seq > 0 and ($1::text is null or r.phase = $1) and ($2::text is null or r.plan = $2)
       and ($3::text is null or r.units @> to_jsonb($3)) and ($4::bigint is null or r.proposed_at >= $4)
     order by r.number desc limit $5`,
    [phase, plan, unit, since === null ? null : Math.ceil(since), limit],
  )
  return rows.map((row) => ({
    release: row.release,
    ...summaryOf(row),
    records: row.seq,
    changedAt: row.changed_at,
    heldBy: row.holder,
  }))
}
