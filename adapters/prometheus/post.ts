import type { CallOptions } from '../../src/ports/call-options.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { withoutSecrets } from '../../src/vocabulary/secret.js'

export interface Endpoint {
  /** Of the HTTP API, such as `http://prometheus:9090/api/v1/query`. */
  readonly url: string
  /** For messages; without what comes after a `?`, which may be a secret. */
  readonly place: string
  readonly fetch: typeof globalThis.fetch
  readonly headers: (options: CallOptions) => Promise<Readonly<Record<string, string>>>
  readonly maxBytes: number
  readonly maxSeries: number
}

/**
 * Sends a query as a form: it may be longer than a URL.
 * @returns the answer, whatever its status, and how to quote from it
 * @throws ReleaseError `adapter/unavailable` without an answer, `adapter/rejected` for one that is too large
 */
export async function post(endpoint: Endpoint, promql: string, at: number, options: CallOptions) {
  const { url, place, fetch, headers, maxBytes } = endpoint
  const { signal } = options
  const credentials = await headers(options).catch(() => {
    throw new ReleaseError(
      'adapter/unavailable',
      `The headers for ${place} could not be had. See to \`headers\` of prometheusSource.`,
    )
  })
  const secrets = Object.values(credentials).flatMap((value) => value.split(/\s+/))
  /** What a server says is kept short, and without what it was told in confidence. */
  const quoted = (text: string) => JSON.stringify(withoutSecrets(text, secrets).slice(0, 300))
  try {
    // Redirects are not followed: they could take the query, and the headers, to somebody else.
    const body = `query=${formText(promql)}&time=${(at / 1000).toFixed(3)}`
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    const response = await fetch(url, { method: 'POST', body, headers: { ...credentials, ...type }, redirect: 'manual', signal })
    const chunks: Uint8Array[] = []
    let bytes = 0
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength
      if (bytes > maxBytes)
        throw new ReleaseError(
          'adapter/rejected',
          `${place} answered more than ${maxBytes} bytes. Select fewer series, or raise maxBytes.`,
          { maxBytes },
        )
      chunks.push(chunk)
    }
    const text = Buffer.concat(chunks).toString()
    return { status: response.status, retryAfter: response.headers.get('retry-after'), text, quoted }
  } catch (error) {
    if (ReleaseError.is(error)) throw error
    // Codes and names only, and no cause: messages of a network stack may quote what was sent.
    const { code, name } = ((error as Error).cause ?? error) as { code?: unknown; name?: unknown }
    const what = signal.aborted
      ? 'was asked, and the call was stopped'
      : `does not answer, or broke off (${String(code ?? name)})`
    throw new ReleaseError('adapter/unavailable', `${place} ${what}.`)
  }
}

/** Escapes what parts a form, and no more: PromQL is long, and mostly of characters that `encodeURIComponent` would escape. */
const formText = (text: string) =>
  text.replaceAll('%', '%25').replaceAll('+', '%2B').replaceAll('&', '%26').replaceAll(';', '%3B')

/** For an answer that says nothing about the query. */
export function statusError(place: string, status: number, retryAfter: string | null): ReleaseError {
  const isTemporary = status === 408 || status === 429 || status >= 500
  if (!isTemporary) return new ReleaseError('adapter/rejected', `${place} answered ${status}. ${remedyOf(status)}`, { status })
  const retryAfterSeconds = Number(retryAfter ?? Number.NaN)
  const isWaiting = Number.isFinite(retryAfterSeconds)
  const says = `${place} answered ${status}. It may answer ${isWaiting ? `after ${retryAfterSeconds} s` : 'later'}.`
  return new ReleaseError('adapter/unavailable', says, { status, ...(isWaiting && { retryAfterSeconds }) })
}

function remedyOf(status: number): string {
  if (status === 401 || status === 403) return 'Give it `headers` that may query.'
  if (status >= 300 && status < 400) return 'It redirects, which is not followed: give the final url.'
  return 'See whether its url is right, and ends before /api/v1.'
}
