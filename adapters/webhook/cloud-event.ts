import type { JournalRecord } from '../../src/ports/journal.js'
import { type Json, jsonHash } from '../../src/vocabulary/canonical-json.js'

/** What is told of a record. */
export interface WebhookEvent {
  /** Reverse-DNS name of what happened, such as `dev.cdeventsx.taxiway-rollout.shifted.0.1.0`. */
  readonly type: string
  /** What it happened to. Default: the release. */
  readonly subject?: string
  readonly data: Json
}

/** The record as it is in the journal. */
export const recordEvent = (record: JournalRecord): WebhookEvent => ({
  type: 'dev.taxiway.release.record',
  data: { ...record, body: record.body as Json },
})

/** Names one record for ever, so that a receiver can drop what it has got already. No dots: those separate what is signed. */
export const messageId = (source: string, { release, seq }: JournalRecord) =>
  `msg_${jsonHash([source, release, seq]).slice('sha256:'.length, 'sha256:'.length + 32)}`

/** Binary content mode of the HTTP binding of CloudEvents 1.0: attributes are headers, and the body is the data alone. */
export function cloudEventHeaders(
  { type, subject }: WebhookEvent,
  { id, source, record }: { readonly id: string; readonly source: string; readonly record: JournalRecord },
): Record<string, string> {
  return {
    'content-type': 'application/json',
    'ce-specversion': '1.0',
    'ce-id': id,
    'ce-source': headerValue(source),
    'ce-type': headerValue(type),
    'ce-subject': headerValue(subject ?? record.release),
    'ce-time': new Date(record.at).toISOString(),
  }
}

/** The binding's own rule: everything but printable ASCII, and also space, quote and percent, is percent-encoded. */
const headerValue = (text: string) => text.toWellFormed().replace(/[^!#-$&-~]/gu, encodeURIComponent)
