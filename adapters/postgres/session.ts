import { z } from 'zod'
import type { Clock } from '../../src/ports/clock.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { bigintColumn, type Database } from './database.js'

/** The life of one process, as the database sees it: every release it drives belongs to its session. */
export interface Session {
  readonly id: number
  /** Aborted for good once other processes may bury it. */
  readonly lost: AbortSignal
  /** It is over: another process has buried it, or may have. */
  lose(why: string): void
  /** Gives everything free that belongs to it. */
  end(): Promise<void>
}

export interface SessionSetting {
  readonly database: Database
  readonly clock: Clock
  /** How long it outlives its last renewal, milliseconds. */
  readonly ttlMs: number
  /** Who this is, for others to read. */
  readonly holder: string
}

const idRow = z.object({ id: bigintColumn })

/**
 * Begins a session and renews it until it ends or is lost.
 *
 * N1 Its row expires by the database's clock; this side counts from before a renewal was sent, on a clock that never goes back,
 *    so it gives up first whatever the delay and whatever the wall clock says. A tenth is left for stopping what is under way.
 * N2 What has expired is never renewed: it may be buried at any moment, and its releases with it.
 */
export async function beginSession({ database, clock, ttlMs, holder }: SessionSetting): Promise<Session> {
  const { schema } = database
  const lifeMs = `$2 * interval '1 millisecond'`
  let confirmedAt = clock.now()
  const [row] = await database.ask(
    idRow,
    `insert into ${schema}.sessions (id, holder, expires_at)
     values (nextval('${schema}.fencing_tokens'), $1, now() + ${lifeMs}) returning id`,
    [holder, ttlMs],
  )
  const id = row!.id
  const loss = new AbortController()
  let cancelDeadline = () => {}
  let cancelRenewal = () => {}
  confirm(confirmedAt)
  schedule()
  return {
    id,
    lost: loss.signal,
    lose,
    async end() {
      lose('was given back when its journal was closed')
      await database.ask(idRow, `delete from ${schema}.sessions where id = $1 returning id`, [id])
    },
  }

  function confirm(sentAt: number): void {
    if (loss.signal.aborted) return
    confirmedAt = Math.max(confirmedAt, sentAt)
    cancelDeadline()
    cancelDeadline = clock.at(confirmedAt + ttlMs * 0.9, () => lose(`was not confirmed again within ${ttlMs} ms`))
  }

  /** One after the other by the clock, not by the answer: a renewal that hangs must not keep the next from its chance. */
  function schedule(): void {
    cancelRenewal = clock.at(clock.now() + ttlMs / 4, () => {
      void renew()
      schedule()
    })
  }

  async function renew(): Promise<void> {
    const sentAt = clock.now()
    const text = `update ${schema}.sessions set expires_at = now() + ${lifeMs} where id = $1 and expires_at > now() returning id`
    const rows = await database.ask(idRow, text, [id, ttlMs], 'renew').catch(() => undefined)
    if (rows?.length === 0) lose('expired before it was renewed')
    // Without an answer nothing is known: the deadline stands.
    else if (rows !== undefined) confirm(sentAt)
  }

  function lose(why: string): void {
    cancelDeadline()
    cancelRenewal()
    const says = `The lease of ${holder} ${why}: what it held may be driven elsewhere by now.`
    loss.abort(new ReleaseError('journal/locked', says, { holder }))
  }
}

/** Frees what belongs to processes that are gone. */
export async function buryDeadSessions({ ask, schema }: Database): Promise<void> {
  await ask(idRow, `delete from ${schema}.sessions where expires_at <= now() returning id`)
}
