import { z } from 'zod'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { type Database, databaseOf, type PostgresPlace } from './database.js'
import { genesis } from './record-hash.js'

/** Of a release, as far as its phase says; what is none of a release may be anything. */
export const isUnfinished = `(phase is null or phase not in ('promoted', 'rolledBack', 'archived'))`

/**
 * What leads from each version of the tables to the next. One that was released is never edited.
 *
 * T1 A release belongs to no session or to a living one: the row of a dead session is deleted, and so set to null here.
 * T2 `seq` and `hash` of a release are those of its newest record.
 * T3 Whoever changes a release holds the lock of its row.
 */
const steps: readonly ((schema: string) => string)[] = [
  (schema) => `
    create schema if not exists ${schema};
    create table ${schema}.migrations (version int primary key, migrated_at timestamptz not null default now());
    create sequence ${schema}.fencing_tokens;
    create table ${schema}.sessions (
      id bigint primary key,
      holder text not null,
      expires_at timestamptz not null
    );
    create table ${schema}.releases (
      release text collate "C" primary key,
      number bigint not null generated always as identity unique,
      session bigint references ${schema}.sessions on delete set null,
      taken_at timestamptz not null,
      token bigint not null,
      seq bigint not null default 0,
      hash text not null default '${genesis}',
      plan text,
      units jsonb not null default '[]',
      phase text,
      proposed_at bigint,
      changed_at bigint,
      tracks text not null default '{}'
    ) with (fillfactor = 70);
    create index on ${schema}.releases (session) where session is not null;
    create index on ${schema}.releases (plan, number);
    create index on ${schema}.releases using gin (units jsonb_path_ops);
    create index on ${schema}.releases (phase, number);
    create index on ${schema}.releases (proposed_at);
    create table ${schema}.records (
      release text collate "C" not null,
      seq bigint not null,
      at bigint not null,
      token bigint not null,
      body text not null,
      hash text not null,
      primary key (release, seq)
    );`,
  // Its condition asks for nothing that every record changes, so that an update stays within its page.
  (schema) => `create index on ${schema}.releases (number) where ${isUnfinished};`,
]

/**
 * Creates the tables, or brings them to the version of this taxiway. Does nothing where they are; several may call it at once.
 * Needs the right to create in the database, or in the schema where that exists.
 * @throws ReleaseError `journal/version` when a newer taxiway made the tables; `adapter/unavailable`, `journal/failed`
 */
export async function migrate(place: PostgresPlace): Promise<void> {
  const database = databaseOf(place)
  const { schema } = database
  for (let version = await versionOf(database); version < steps.length; ) {
    // Statements sent together are one transaction.
    const text = `select pg_advisory_xact_lock(hashtext('taxiway migrate ' || current_database()));
      ${steps[version]!(schema)}
      insert into ${schema}.migrations (version) values (${version + 1});`
    const failure = await database.ask(z.unknown(), text).then(
      () => undefined,
      (error: unknown) => error,
    )
    const reached = await versionOf(database)
    // Another process may have been first.
    if (reached === version) throw failure
    version = reached
  }
}

/** @throws ReleaseError `journal/version` unless the tables are of this version */
export async function checkVersion(database: Database): Promise<void> {
  const version = await versionOf(database)
  if (version === steps.length) return
  const says = `The tables of ${database.schema} have version ${version}, and this taxiway needs ${steps.length}. Call migrate() first.`
  throw new ReleaseError('journal/version', says, { version })
}

/** 0 without tables. @throws ReleaseError `journal/version` when they are newer */
async function versionOf(database: Database): Promise<number> {
  const { schema } = database
  const [found] = await database.ask(z.object({ table: z.unknown() }), 'select to_regclass($1) as table', [
    `${schema}.migrations`,
  ])
  if (found?.table == null) return 0
  const [row] = await database.ask(
    z.object({ version: z.int() }),
    `select coalesce(max(version), 0) as version from ${schema}.migrations`,
  )
  const version = row?.version ?? 0
  if (version <= steps.length) return version
  const says = `The tables of ${schema} have version ${version}; this taxiway knows ${steps.length}. Use a newer taxiway.`
  throw new ReleaseError('journal/version', says, { version })
}
