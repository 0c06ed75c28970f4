import { hostname } from 'node:os'
import { z } from 'zod'
import type { Clock } from '../../src/ports/clock.js'
import type { Journal, JournalRecord } from '../../src/ports/journal.js'
import type { Lease } from '../../src/ports/lease.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { nameSchema } from '../../src/vocabulary/name.js'
import { AppendQueue } from './append-queue.js'
import { conflict, sendAppends } from './append-statement.js'
import { bigintColumn, databaseOf, type PostgresPlace } from './database.js'
import { Holdings } from './holdings.js'
import { postgresLease } from './lease.js'
import { listReleases, type ReleaseFilter, type ReleaseSummary } from './list.js'
import { checkVersion, isUnfinished } from './migrate.js'
import { readRecords } from './read-records.js'
import { hashOf } from './record-hash.js'
import { beginSession, type Session } from './session.js'
import { summarise } from './summary.js'
import { type JournalHeads, type JournalVerification, verifyRecords } from './verify.js'

export interface PostgresJournalOptions extends PostgresPlace {
  /** Counts the life of leases on this side. */
  readonly clock: Clock
  /** How long a process may be silent until others take its releases over, milliseconds, at least 100. Default 15,000. */
  readonly leaseMs?: number
  /** What others read about who holds a release. Default: host name and process id. */
  readonly holder?: string
}

/** A journal that several processes share, each writing to the releases whose lease it holds. */
export interface PostgresJournal extends Journal {
  /** Belongs to this journal: only what was acquired through it can be appended to. */
  readonly lease: Lease
  /** Releases that have begun, newest first. @throws ReleaseError `input/invalid` */
  list(filter?: ReleaseFilter): Promise<ReleaseSummary[]>
  /**
   * Checks every record of every release, without changing or locking anything.
   *
   * A chain alone cannot show that its end was cut off along with what its release says of it: keep the heads of one
   * verification elsewhere, and pass them to the next.
   *
   * @throws ReleaseError `journal/corrupt` naming the first bad record of a release
   */
  verify(options?: { readonly anchor?: JournalHeads }): Promise<JournalVerification>
}

/** A body longer than this is refused: 16 MiB. */
const longestBody = 16 * 2 ** 20

const recordSchema = z.compile(
  z.strictObject({
    release: nameSchema,
    seq: z.int().positive(),
    at: z.int(),
    body: z.unknown().refine((value) => value !== undefined, { error: 'is missing' }),
  }),
)

/** Rows fetched at once. */
const pageSize = 1_000

const numberedRow = z.object({ release: z.string(), number: bigintColumn })
const openingRow = z.object({ token: bigintColumn, commit: z.string() })

/**
 * Opens the journal of a database, whose tables `migrate` has made. Leaves the pool to its owner.
 * @throws ReleaseError `journal/version`, `journal/failed`, `adapter/unavailable`, `input/invalid`
 */
export async function openPostgresJournal(options: PostgresJournalOptions): Promise<PostgresJournal> {
  const { pool, clock, leaseMs = 15_000, holder = `${hostname()} (process ${process.pid})` } = options
  if (!(leaseMs >= 100)) throw new ReleaseError('input/invalid', `leaseMs is ${leaseMs}. Give it at least 100 milliseconds.`)
  const database = databaseOf(options)
  const { ask, schema } = database
  await checkVersion(database)
  const [opening] = await ask(
    openingRow,
    `select nextval('${schema}.fencing_tokens') as token, current_setting('synchronous_commit') as commit`,
  )
  if (opening!.commit === 'off')
    throw new ReleaseError(
      'journal/failed',
      'synchronous_commit is off here: a crash of the server would lose what was confirmed. Set it to on for this role.',
    )

  const holdings = new Holdings()
  const queue = new AppendQueue(sendAppends(database), holdings, clock)
  let session: Promise<Session> | undefined
  let isClosed = false
  // The pool replaces a connection that breaks while it is idle. Without a listener, the process would end.
  const onIdleError = () => {}
  pool.on('error', onIdleError)

  return {
    fencingToken: opening!.token,
    lease: postgresLease(database, holdings, currentSession),

    async append(record) {
      const { release, seq, at, body } = checkRecord(record)
      const holding = holdings.of(release)
      const { head: before, fencingToken: token } = holding
      if (seq !== before.seq + 1) throw conflict(release, seq, before.seq)
      const row = { release, seq, at, token, body: textOf(body, release, seq) }
      const after = { seq, hash: hashOf(row, before.hash), summary: summarise(before.summary, at, body) }
      holding.head = after
      await queue.append({ holding, row, before, after })
    },

    async *read(release) {
      for await (const { record } of readRecords(database, release)) yield record
    },

    releases: () => pages('true', 'releases'),
    unfinished: () => pages(isUnfinished, 'unfinished'),

    list: (filter = {}) => listReleases(database, filter),
    verify: ({ anchor = {} } = {}) => verifyRecords(database, anchor),

    async close() {
      isClosed = true
      await queue.idle()
      const mine = await session?.catch(() => undefined)
      // A session that cannot be ended expires.
      await mine?.end().catch(() => {})
      pool.off('error', onIdleError)
    },
  }

  async function* pages(condition: string, name: string): AsyncGenerator<string> {
    const text = `select release, number from ${schema}.releases
      where seq > 0 and ${condition} and number > $1 order by number limit ${pageSize}`
    for (let last = 0, isWhole = false; !isWhole; ) {
      const page = await ask(numberedRow, text, [last], name)
      for (const { release } of page) yield release
      last = page.at(-1)?.number ?? last
      isWhole = page.length < pageSize
    }
  }

  function currentSession(): Promise<Session> {
    if (isClosed) return Promise.reject(new ReleaseError('journal/failed', 'This journal was closed. Open it again.'))
    session ??= begin()
    return session
  }

  async function begin(): Promise<Session> {
    try {
      const begun = await beginSession({ database, clock, ttlMs: leaseMs, holder })
      begun.lost.addEventListener('abort', () => {
        session = undefined
        holdings.loseAllOf(begun)
      })
      return begun
    } catch (error) {
      session = undefined
      throw error
    }
  }
}

function checkRecord(record: JournalRecord): JournalRecord {
  const { error, data } = recordSchema.safeParse(record)
  if (error) throw new ReleaseError('input/invalid', `Not a journal record. ${z.prettifyError(error)}`)
  return data
}

/** What is stored and hashed, to the byte; the order of keys is the writer's. */
function textOf(body: unknown, release: string, seq: number): string {
  const which = `The body of record ${seq} of "${release}"`
  let text: string | undefined
  try {
    text = JSON.stringify(body)
  } catch (cause) {
    throw new ReleaseError('input/invalid', `${which} is not JSON. ${String(cause)}`, { release, seq }, { cause })
  }
  if (text === undefined) throw new ReleaseError('input/invalid', `${which} is not JSON.`, { release, seq })
  if (text.length <= longestBody) return text
  throw new ReleaseError('input/invalid', `${which} is longer than ${longestBody} characters.`, { release, seq })
}
