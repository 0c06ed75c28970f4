/** Journal, lease and status page of several processes, in PostgreSQL. @module */
export type { PostgresPlace, PostgresPool } from './database.js'
export { openPostgresJournal, type PostgresJournal, type PostgresJournalOptions } from './journal.js' // keep, lease, list, verify
export type { ReleaseFilter, ReleaseSummary } from './list.js'
export { migrate } from './migrate.js' // make the tables
export type { ReleasePhase } from './summary.js'
export type { JournalHeads, JournalVerification } from './verify.js'
