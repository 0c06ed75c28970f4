import { readFileSync } from 'node:fs'
import pg from 'pg'
import { onTestFinished } from 'vitest'
import { migrate, openPostgresJournal, type PostgresJournalOptions } from '../../../adapters/postgres/index.js'
import { systemClock } from '../../../src/engine/system-clock.js'
import type { HeldLease, Lease } from '../../../src/ports/lease.js'
import { ReleaseError } from '../../../src/vocabulary/errors.js'
import type { Address } from '../../support/postgres.js'

let schemas = 0

/** Tables of its own for the running test. */
export async function freshSchema(pool: pg.Pool): Promise<string> {
  const schema = `run_${++schemas}`
  await migrate({ pool, schema })
  return schema
}

export async function openForTest(options: Omit<PostgresJournalOptions, 'clock'> & Partial<PostgresJournalOptions>) {
  const journal = await openPostgresJournal({ clock: systemClock(), ...options })
  onTestFinished(() => journal.close())
  return journal
}

const page = readFileSync(new URL('../../../adapters/postgres/README.md', import.meta.url), 'utf8')

/** SQL as the page of the adapter gives it, for this schema: what a role needs, and how to check a chain. */
export function sqlOfPage(schema: string): { grants: string; check: string } {
  const [grants = '', check = ''] = [...page.matchAll(/```sql\n(.*?)```/gs)].map(([, sql = '']) =>
    sql.replaceAll('taxiway', schema),
  )
  return { grants, check }
}

/** A pool that ends with the test. */
export function poolForTest(address: Partial<Address>, options: pg.PoolConfig = {}): pg.Pool {
  const pool = new pg.Pool({ ...address, ...options })
  // A server that stops as well may complain before the pool has ended, and after its journal has left it.
  pool.on('error', () => {}).on('connect', (client) => client.on('error', () => {}))
  onTestFinished(() => pool.end())
  return pool
}

/** The lease of a release. @throws ReleaseError `journal/locked` when somebody else holds it */
export async function hold(lease: Lease, release: string): Promise<HeldLease> {
  const found = await lease.acquire(release, { signal: new AbortController().signal })
  if ('heldBy' in found) throw new ReleaseError('journal/locked', `${release} is held by ${found.heldBy}.`)
  return found
}
