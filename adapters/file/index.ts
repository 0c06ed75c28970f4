/** A journal in a directory of this machine: the embedded default. @module */

export { type ExportOptions, exportJournal } from './export.js' // hand it to an auditor
export type { FileArchive, FileJournal } from './journal.js'
export type { JournalAnchor } from './log-scan.js'
export type { SegmentLimits } from './log-writer.js'
export { type FileJournalOptions, openFileJournal } from './open-file-journal.js' // keep and replay releases
export { type JournalVerification, verifyFileJournal } from './verify.js' // prove that nothing was altered
