import { z } from 'zod'
import type { Database } from './database.js'
import { corrupt, readRecords } from './read-records.js'

/** The newest record of each release. What an earlier verification found is the anchor of a later one. */
export type JournalHeads = Readonly<Record<string, { readonly seq: number; readonly hash: string }>>

export interface JournalVerification {
  readonly releases: number
  readonly records: number
  readonly heads: JournalHeads
}

const releaseRow = z.object({ release: z.string() })

/** See `PostgresJournal.verify`. */
export async function verifyRecords(database: Database, anchor: JournalHeads): Promise<JournalVerification> {
  const { schema } = database
  const all = await database.ask(
    releaseRow,
    `select release from ${schema}.releases where seq > 0 union select release from ${schema}.records order by release`,
  )
  const heads: Record<string, { seq: number; hash: string }> = {}
  let records = 0
  for (const { release } of all) {
    const known = Object.hasOwn(anchor, release) ? anchor[release] : undefined
    for await (const { record, hash } of readRecords(database, release)) {
      const { seq } = record
      if (seq === known?.seq && hash !== known.hash) throw corrupt(release, seq, 'is not the one of the anchor')
      heads[release] = { seq, hash }
      records += 1
    }
  }
  for (const [release, { seq }] of Object.entries(anchor)) {
    const reached = heads[release]?.seq ?? 0
    if (reached < seq) throw corrupt(release, reached + 1, `is missing, up to the anchor's ${seq}`)
  }
  return { releases: all.length, records, heads }
}
