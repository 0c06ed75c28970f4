import { z } from 'zod'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import type { SendAppends } from './append-queue.js'
import { bigintColumn, type Database } from './database.js'
import type { Head, Holding } from './holdings.js'
import type { Row } from './record-hash.js'

/** A record on its way. */
export interface Appending {
  readonly holding: Holding
  readonly row: Row
  /** Of the record before it, and of itself. */
  readonly before: Head
  readonly after: Head
}

const appendedRow = z.object({ release: z.string() })
const stateRow = z.object({
  seq: bigintColumn.nullable(),
  token: bigintColumn.nullable(),
  alive: z.boolean(),
  holder: z.string().nullable(),
  stored: z.string().nullable(),
})

/**
 * One statement, one transaction: a release moves on and its record is written, or neither.
 *
 * It moves on only from exactly the record before (compare-and-append), and only under the token of its row, whose lock this
 * takes: who takes the release over waits for it, or has come first. A lower token alone would do for safety. An expired lease
 * is refused besides, by the server's clock, though nobody has taken over yet: a process that was away that long knows neither
 * how long nor what it missed, and the lease it can get again makes it read before it writes.
 */
export function sendAppends({ ask, schema }: Database): SendAppends {
  const text = `
    with input as (
      select * from unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[], string_to_array($6, chr(30)), $7::text[], $8::text[],
        $9::text[], $10::text[], $11::text[], $12::bigint[], $13::text[])
      as i (release, seq, at, token, body, prev, hash, plan, units, phase, proposed_at, tracks)
      -- Always true, and to the planner so rare that it looks each release up by its key, however few there were when it planned.
      where i.seq + 0 = i.seq
    ), moved as (
      update ${schema}.releases r
      set seq = i.seq, hash = i.hash, changed_at = i.at,
        plan = i.plan, units = i.units::jsonb, phase = i.phase, proposed_at = i.proposed_at, tracks = i.tracks
      from input i, ${schema}.sessions s
      where s.id = $1 and s.expires_at > now()
        and r.release = i.release and r.token = i.token and r.seq = i.seq - 1 and r.hash = i.prev
      returning i.release, i.seq, i.at, i.token, i.body, i.hash
    )
    insert into ${schema}.records (release, seq, at, token, body, hash) select * from moved returning release`

  return async (batch) => {
    const column = <T>(value: (appending: Appending) => T) => batch.map(value)
    const appended = await ask(
      appendedRow,
      text,
      [
        batch[0]?.holding.session.id,
        column(({ row }) => row.release),
        column(({ row }) => row.seq),
        column(({ row }) => row.at),
        column(({ row }) => row.token),
        // JSON has no raw control characters, so one can stand between bodies: an array would have every quote escaped.
        column(({ row }) => row.body).join('\x1e'),
        column(({ before }) => before.hash),
        column(({ after }) => after.hash),
        column(({ after }) => after.summary.plan),
        column(({ after }) => JSON.stringify(after.summary.units)),
        column(({ after }) => after.summary.phase),
        column(({ after }) => after.summary.proposedAt),
        column(({ after }) => JSON.stringify(after.summary.tracks)),
      ],
      'append',
    )
    const done = new Set(appended.map(({ release }) => release))
    return Promise.all(batch.map((appending) => (done.has(appending.row.release) ? undefined : reasonOf(appending))))
  }

  /** Why it was not appended; undefined when it was, by a statement whose answer never came. */
  async function reasonOf({ row, before, after, holding }: Appending): Promise<ReleaseError | undefined> {
    const { release, seq } = row
    const [state] = await ask(
      stateRow,
      `select r.seq, r.token, coalesce(s.id = $3, false) as alive, s.holder, c.hash as stored
       from unnest(array[$1]) as asked (release)
       left join ${schema}.releases r using (release)
       left join ${schema}.sessions s on s.id = r.session and s.expires_at > now()
       left join ${schema}.records c on c.release = r.release and c.seq = $2`,
      [release, seq, holding.session.id],
      'reason',
    )
    if (state?.stored === after.hash) return undefined
    if (state?.token !== row.token || !state.alive) {
      const now = state?.holder ? `It is held by ${state.holder} now.` : 'Nobody has taken it over yet.'
      const says = `The lease of "${release}" has expired, so record ${seq} was not appended. ${now}`
      return new ReleaseError('journal/locked', says, { release, seq })
    }
    return conflict(release, seq, state.seq ?? before.seq)
  }
}

export function conflict(release: string, seq: number, last: number): ReleaseError {
  const says = `Record ${seq} of "${release}" does not follow record ${last} as it was known here. Stop, and replay the release.`
  return new ReleaseError('journal/conflict', says, { release, seq, last })
}
