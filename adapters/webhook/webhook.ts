import type { Clock } from '../../src/ports/clock.js'
import type { JournalRecord } from '../../src/ports/journal.js'
import type { Observer } from '../../src/ports/observer.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import type { Secret } from '../../src/vocabulary/secret.js'
import { cloudEventHeaders, messageId, recordEvent, type WebhookEvent } from './cloud-event.js'
import { allowedUrl, guardedPost, type Post } from './guarded-post.js'
import { lanes } from './lanes.js'
import { signatureHeaders } from './signature.js'

export interface WebhookOptions {
  readonly url: string
  /** Where this process may post to: host names, for https at its usual port, or origins such as `http://10.0.0.7:8080`. */
  readonly allow: readonly string[]
  /** Of Standard Webhooks, `whsec_` and base64; each signs, so that the receiver can change from one to the next. */
  readonly secrets: readonly Secret[]
  /** Names this installation: a URI, as CloudEvents asks for. With release and sequence number it tells records apart for ever. */
  readonly source: string
  readonly clock: Clock
  /** What to tell of a record; `undefined`: nothing. Default: the record as it is in the journal. */
  readonly event?: (record: JournalRecord) => WebhookEvent | undefined
  /** Told of every record that will not arrive. */
  readonly dropped?: (drop: Drop) => void
  /** Records that wait or are under way; what comes when all places are taken is dropped. Default 1,000. */
  readonly room?: number
  /** Releases told of at once. Default 4. */
  readonly abreast?: number
  /** Posts in all of one record. Default 8. */
  readonly attempts?: number
  /** Before the second post; doubles each time, up to `longestWaitMs`. Each wait is drawn between half and the whole. Default 1 s. */
  readonly firstWaitMs?: number
  /** Default 60 s. */
  readonly longestWaitMs?: number
  /** For one post. Default 10 s. */
  readonly timeoutMs?: number
  /** Of one body; longer ones are dropped. Default 256 KiB. */
  readonly maxBytes?: number
  /** Uniform in [0, 1): jitter. Default: `Math.random`. */
  readonly random?: () => number
  readonly post?: Post
}

export interface Drop {
  readonly record: JournalRecord
  /** `unsigned`: a secret could not be had, or is too short. */
  readonly why: 'full' | 'too-large' | 'unreadable' | 'unsigned' | 'refused' | 'unanswered' | 'closed'
  /** The last status that came, if one did. */
  readonly status?: number
}

export interface Webhook extends Observer {
  readonly counts: { readonly sent: number; readonly dropped: number; readonly waiting: number }
  /** Resolves once every record so far has arrived or was dropped. */
  flush(): Promise<void>
  /** Takes and sends nothing more: what waits is dropped, what is under way is given up. Flush first to lose nothing. */
  close(): Promise<void>
}

/**
 * Posts every record to one URL, signed (Standard Webhooks 1.0) and as a CloudEvent 1.0. Records of one release arrive in
 * order, each at least once: a receiver drops a `webhook-id` it has seen. A release neither waits for it nor notices.
 * @throws ReleaseError `input/invalid` for a URL that is not allowed, and where no secret is given
 */
export function webhook(options: WebhookOptions): Webhook {
  const { source, clock, event = recordEvent, dropped, random = Math.random, post = guardedPost } = options
  const { room = 1_000, abreast = 4, attempts = 8, firstWaitMs = 1_000, longestWaitMs = 60_000 } = options
  const { timeoutMs = 10_000, maxBytes = 256 * 1_024 } = options
  const url = allowedUrl(options.url, options.allow)
  if (options.secrets.length === 0) throw new ReleaseError('input/invalid', 'A webhook needs a secret to sign with. Give one.')
  const closed = new AbortController()
  const counts = { sent: 0, dropped: 0 }
  const line = lanes<JournalRecord>({ room, abreast }, deliver)

  return {
    record(record) {
      if (closed.signal.aborted) drop({ record, why: 'closed' })
      else if (!line.add(record.release, record)) drop({ record, why: 'full' })
    },
    get counts() {
      return { ...counts, waiting: line.size }
    },
    flush: () => line.idle(),
    async close() {
      closed.abort()
      for (const record of line.clear()) drop({ record, why: 'closed' })
      await line.idle()
    },
  }

  async function deliver(record: JournalRecord): Promise<void> {
    try {
      const told = event(record)
      if (told === undefined) return
      const body = JSON.stringify(told.data)
      if (Buffer.byteLength(body) > maxBytes) return drop({ record, why: 'too-large' })
      const id = messageId(source, record)
      const missed = await postUntilTaken(id, cloudEventHeaders(told, { id, source, record }), body)
      if (missed === undefined) counts.sent += 1
      else drop({ record, ...missed })
    } catch {
      drop({ record, why: 'unreadable' })
    }
  }

  /** @returns why it did not arrive; undefined when it did */
  async function postUntilTaken(
    id: string,
    headers: Record<string, string>,
    body: string,
  ): Promise<Omit<Drop, 'record'> | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      const signature = await signatureHeaders(options.secrets, { id, body, now: clock.now() }).catch(() => undefined)
      const status = signature && (await postOnce({ ...headers, ...signature }, body))
      const last = status === undefined ? {} : { status }
      if (status !== undefined && status >= 200 && status < 300) return undefined
      if (status !== undefined && !isTemporary(status)) return { why: 'refused', ...last }
      if (attempt >= attempts && !closed.signal.aborted) return { why: signature ? 'unanswered' : 'unsigned', ...last }
      if (!closed.signal.aborted) await wait(Math.min(firstWaitMs * 2 ** (attempt - 1), longestWaitMs) * (0.5 + random() / 2))
      if (closed.signal.aborted) return { why: 'closed', ...last }
    }
  }

  async function postOnce(headers: Record<string, string>, body: string): Promise<number | undefined> {
    const late = new AbortController()
    const cancel = clock.at(clock.now() + timeoutMs, () => late.abort())
    try {
      return await post(url, { headers, body, signal: AbortSignal.any([late.signal, closed.signal]) })
    } catch {
      return undefined
    } finally {
      cancel()
    }
  }

  /** Ends early when closed. */
  function wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancel()
        closed.signal.removeEventListener('abort', end)
        resolve()
      }
      const cancel = clock.at(clock.now() + ms, end)
      closed.signal.addEventListener('abort', end)
    })
  }

  function drop(what: Drop): void {
    counts.dropped += 1
    try {
      dropped?.(what)
    } catch {}
  }
}

/** The same post may be taken later. Redirects are not followed, and so are final. */
const isTemporary = (status: number) => status >= 500 || [408, 409, 425, 429].includes(status)
