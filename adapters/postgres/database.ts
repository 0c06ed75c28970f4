import { z } from 'zod'
import { ReleaseError } from '../../src/vocabulary/errors.js'

/** The part of `pg.Pool` used here, so that the package stays an optional peer. */
export interface PostgresPool {
  query(query: {
    readonly text: string
    readonly values?: unknown[]
    readonly name?: string
  }): Promise<{ readonly rows: unknown[] }>
  /** A connection that breaks while nobody uses it says so here; unheard, it would end the process. */
  on(event: 'error', listener: (error: Error) => void): unknown
  off(event: 'error', listener: (error: Error) => void): unknown
}

/** Where a journal lives. */
export interface PostgresPlace {
  readonly pool: PostgresPool
  /** Of PostgreSQL, in lower case: holds the tables. Default `taxiway`. */
  readonly schema?: string
}

/** Sends one statement, and checks every row that comes back. */
export interface Database {
  /** As it stands in SQL, quoted. */
  readonly schema: string
  /**
   * @param name - prepared once per connection under this name; the text must never differ
   * @throws ReleaseError `adapter/unavailable` when the same statement may succeed later, and may even have succeeded;
   * `journal/failed` otherwise
   */
  ask<T>(row: z.ZodType<T>, text: string, values?: readonly unknown[], name?: string): Promise<T[]>
}

export function databaseOf({ pool, schema = 'taxiway' }: PostgresPlace): Database {
  // The one thing in these statements that cannot be a parameter.
  if (!/^[a-z_][a-z0-9_]{0,40}$/.test(schema))
    throw new ReleaseError('input/invalid', 'The schema is not a name of 1 to 41 lower-case letters, digits and "_".')
  return {
    schema: `"${schema}"`,
    async ask(row, text, values, name) {
      const query = { text, ...(values && { values: [...values] }), ...(name && { name: `taxiway ${schema} ${name}` }) }
      // Several statements at once answer with a list, which has no rows of its own.
      const { rows = [] } = await pool.query(query).catch((error: unknown) => {
        throw translated(error, schema)
      })
      return rows.map((found) => {
        const parsed = row.safeParse(found)
        if (parsed.success) return parsed.data
        throw new ReleaseError('journal/corrupt', `A row of "${schema}" breaks the schema: ${z.prettifyError(parsed.error)}`)
      })
    },
  }
}

/** `bigint`, whatever the caller's pool makes of it. */
export const bigintColumn = z.coerce.number().pipe(z.int())

/**
 * SQLSTATE classes and codes that say nothing against the statement itself: connection exceptions, a transaction rolled
 * back, resources, an operator, a standby that takes no writes yet.
 */
const temporary = /^(08|40|53300|53400|55P03|57|25006|25P03)/

function translated(error: unknown, schema: string): ReleaseError {
  const { code: state, message } = error as { readonly code?: unknown; readonly message?: unknown }
  const code = typeof state === 'string' ? state : 'none'
  const details = { schema, code }
  // What is no answer of the server, such as ECONNRESET or a pool's time-out, comes from the way there.
  const isFromServer = /^[0-9A-Z]{5}$/.test(code)
  if (!isFromServer || temporary.test(code)) {
    const says = `PostgreSQL did not answer, or cannot now: ${String(message)} (${code}). See to server, network and pool size.`
    return new ReleaseError('adapter/unavailable', says, details, { cause: error })
  }
  const advice = advices[code] ?? 'See the log of the server.'
  return new ReleaseError('journal/failed', `PostgreSQL refused: ${String(message)} (${code}). ${advice}`, details, {
    cause: error,
  })
}

const advices: Readonly<Record<string, string>> = {
  '42P01': 'Call migrate() first.',
  '3F000': 'Call migrate() first.',
  '42501': 'Grant the permissions that are named in the README of this adapter.',
  '53100': 'Free space on the disk of the server.',
}
