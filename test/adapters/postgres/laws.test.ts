import { test } from 'vitest'
import { openPostgresJournal, type PostgresJournal } from '../../../adapters/postgres/index.js'
import { systemClock } from '../../../src/engine/system-clock.js'
import type { HeldLease } from '../../../src/ports/lease.js'
import { journalLaws, lawCases, leaseLaws } from '../../../src/testing/index.js'
import { freshDatabase, poolFor } from '../../support/postgres.js'
import { freshSchema, hold } from './fixture.js'

const pool = poolFor(await freshDatabase())
const open = (schema: string, holder = 'first') =>
  openPostgresJournal({ pool, schema, holder, clock: systemClock(), leaseMs: 4_000 })
/** As if that process had been away for longer than its lease. */
const expire = (schema: string) => pool.query(`update ${schema}.sessions set expires_at = now() - interval '1 second'`)

/** As an engine uses it: nothing is appended to a release whose lease was not taken first, or was lost. */
function withLeases(journal: PostgresJournal): PostgresJournal {
  const held = new Map<string, Promise<HeldLease>>()
  const under = new Set<Promise<unknown>>()
  return {
    ...journal,
    append(record) {
      const lease = held.get(record.release) ?? hold(journal.lease, record.release)
      held.set(record.release, lease)
      const appending = lease.then(() => journal.append(record))
      under.add(appending)
      return appending
    },
    async close() {
      await Promise.allSettled(under)
      await journal.close()
    },
  }
}

async function journalSubject() {
  const schema = await freshSchema(pool)
  const journal = withLeases(await open(schema))
  const reopen = async () => withLeases(await open(schema, 'next'))
  return {
    journal,
    reopen,
    async takeOver() {
      await expire(schema)
      return reopen()
    },
    [Symbol.asyncDispose]: () => journal.close(),
  }
}

async function leaseSubject() {
  const schema = await freshSchema(pool)
  const [one, two] = [await open(schema), await open(schema, 'other')]
  return {
    lease: one.lease,
    other: two.lease,
    async expire(release: string) {
      await pool.query(
        `update ${schema}.sessions set expires_at = now() - interval '1 second'
         where id = (select session from ${schema}.releases where release = $1)`,
        [release],
      )
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([one.close(), two.close()])
    },
  }
}

for (const { name, run } of lawCases(journalLaws, journalSubject)) test(name, run)
for (const { name, run } of lawCases(leaseLaws, leaseSubject)) test(name, run)
