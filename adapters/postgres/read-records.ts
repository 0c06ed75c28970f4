import { z } from 'zod'
import type { JournalRecord } from '../../src/ports/journal.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { bigintColumn, type Database } from './database.js'
import { genesis, hashOf } from './record-hash.js'

const headRow = z.object({ seq: bigintColumn, hash: z.string() })
const recordRow = z.object({
  seq: bigintColumn,
  at: bigintColumn,
  token: bigintColumn,
  body: z.string(),
  hash: z.string(),
})

interface StoredRecord {
  readonly record: JournalRecord
  readonly hash: string
}

/** Rows fetched at once. */
const pageSize = 500

/**
 * Every record of one release, each checked against the chain before it is handed out.
 * @throws ReleaseError `journal/corrupt` naming the first bad record
 */
export async function* readRecords({ ask, schema }: Database, release: string): AsyncGenerator<StoredRecord> {
  const askHead = () => ask(headRow, `select seq, hash from ${schema}.releases where release = $1`, [release], 'head')
  // Before the records: those that come meanwhile are more than it says, not less.
  const [head] = await askHead()
  let last = { seq: 0, hash: genesis }
  for (let isWhole = false; !isWhole; ) {
    const page = await ask(
      recordRow,
      `select seq, at, token, body, hash from ${schema}.records
       where release = $1 and seq > $2 order by seq limit ${pageSize}`,
      [release, last.seq],
      'read',
    )
    isWhole = page.length < pageSize
    for (const { hash, ...row } of page) {
      const seq = last.seq + 1
      if (row.seq !== seq) throw corrupt(release, seq, 'is missing')
      if (hash !== hashOf({ release, ...row }, last.hash)) throw corrupt(release, seq, 'does not match its hash')
      if (seq === head?.seq && hash !== head.hash) throw corrupt(release, seq, 'is not the one its release names as its newest')
      last = { seq, hash }
      yield { record: { release, seq, at: row.at, body: bodyOf(row.body, release, seq) }, hash }
    }
  }
  // One that has begun meanwhile is there by now.
  if (head === undefined && last.seq > 0 && (await askHead()).length === 0)
    throw corrupt(release, 1, 'belongs to a release that is gone')
  if (head !== undefined && last.seq < head.seq) throw corrupt(release, last.seq + 1, `is missing, up to record ${head.seq}`)
}

function bodyOf(text: string, release: string, seq: number): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw corrupt(release, seq, 'is not JSON')
  }
}

export function corrupt(release: string, seq: number, what: string): ReleaseError {
  const says = `Record ${seq} of release "${release}" ${what}. Keep a copy of the tables, and restore the release from a backup.`
  return new ReleaseError('journal/corrupt', says, { release, record: seq })
}
