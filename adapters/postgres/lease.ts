import { z } from 'zod'
import type { HeldLease, Lease } from '../../src/ports/lease.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { bigintColumn, type Database } from './database.js'
import type { Holding, Holdings } from './holdings.js'
import { buryDeadSessions, type Session } from './session.js'
import { summaryColumns, summaryOf, summaryRow } from './summary-columns.js'
import { untilAborted } from './until-aborted.js'

const takenRow = summaryRow.extend({ token: bigintColumn, seq: bigintColumn, hash: z.string() })
const holderRow = z.object({ holder: z.string(), since: z.coerce.number(), expired: z.boolean() })
const releaseRow = z.object({ release: z.string() })

/**
 * Leases of releases. Tokens come from one sequence for all releases, so that one unit, released again and again, never sees a
 * lower one.
 */
export function postgresLease(database: Database, holdings: Holdings, session: () => Promise<Session>): Lease {
  const { ask, schema } = database

  return {
    async acquire(release, { signal }) {
      signal.throwIfAborted()
      const taking = take(release)
      try {
        return await untilAborted(taking, signal)
      } catch (error) {
        // Nobody will use what comes after all.
        void taking.then((lease) => ('release' in lease ? lease.release() : undefined)).catch(() => {})
        throw error
      }
    },

    async vacant(releases) {
      await buryDeadSessions(database)
      const text = `select release from unnest($1::text[]) as asked (release)
        where not exists (select from ${schema}.releases r where r.release = asked.release and r.session is not null)`
      return (await ask(releaseRow, text, [releases])).map(({ release }) => release)
    },
  }

  async function take(release: string): ReturnType<Lease['acquire']> {
    for (let turn = 0; turn < 3; turn++) {
      const mine = await session()
      const taken = await tryToTake(release, mine)
      if (taken) return leaseOf(taken)
      const [found] = await ask(
        holderRow,
        `select s.holder, floor(extract(epoch from r.taken_at) * 1000)::float8 as since, s.expires_at <= now() as expired
         from ${schema}.releases r join ${schema}.sessions s on s.id = r.session where r.release = $1`,
        [release],
        'holder',
      )
      if (found && !found.expired) return { heldBy: found.holder, sinceAt: found.since }
      await buryDeadSessions(database)
    }
    const says = `The lease of "${release}" changed hands faster than it could be asked for. Try again.`
    throw new ReleaseError('adapter/unavailable', says, { release })
  }

  /** Undefined when it belongs to a session, or ours is over. The row decides alone, so nothing can come in between. */
  async function tryToTake(release: string, mine: Session): Promise<Holding | undefined> {
    const [row] = await ask(
      takenRow,
      `insert into ${schema}.releases as r (release, session, token, taken_at)
       values ($1, $2, nextval('${schema}.fencing_tokens'), now())
       on conflict (release) do update
         set session = excluded.session, token = nextval('${schema}.fencing_tokens'), taken_at = excluded.taken_at
         where r.session is null
       returning token, seq, hash, ${summaryColumns}`,
      [release, mine.id],
      'take',
    ).catch((error: unknown) => {
      if (!ReleaseError.is(error) || error.details.code !== foreignKeyViolation) throw error
      mine.lose('expired, and was buried by another process')
      return []
    })
    if (row === undefined) return undefined
    const { token, seq, hash } = row
    return holdings.add({ release, session: mine, fencingToken: token, head: { seq, hash, summary: summaryOf(row) } })
  }

  function leaseOf(holding: Holding): HeldLease {
    const { release, fencingToken, lost } = holding
    return {
      fencingToken,
      lost,
      async release() {
        if (!holdings.drop(holding)) return
        const text = `update ${schema}.releases set session = null where release = $1 and token = $2 returning release`
        await ask(releaseRow, text, [release, fencingToken], 'free')
      },
    }
  }
}

const foreignKeyViolation = '23503'
