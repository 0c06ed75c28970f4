import { z } from 'zod'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { type Secret, withoutSecrets } from '../../src/vocabulary/secret.js'

export interface AdminApiOptions {
  /** Of the server, such as `https://unleash.example.com`; with its base path, where it has one. */
  readonly url: string
  /** An admin API token, or one of a service account. */
  readonly token: Secret
  readonly fetch?: typeof globalThis.fetch
}

/** @returns the answer's JSON; `undefined` for an empty one. @throws ReleaseError `adapter/unavailable`, `adapter/rejected` */
export type AdminApi = (method: 'GET' | 'POST' | 'PATCH', path: string, signal: AbortSignal, body?: unknown) => Promise<unknown>

const refusalSchema = z.object({
  message: z.string().catch(''),
  details: z.array(z.object({ message: z.string() })).catch([]),
  permissions: z.array(z.string()).catch([]),
})

/** Calls Unleash's Admin API, and tells what may pass from what will not. */
export function adminApi({ url, token, fetch = globalThis.fetch }: AdminApiOptions): AdminApi {
  const base = URL.parse(url)
  if (!base || !/^https?:$/.test(base.protocol) || base.username || base.password || base.search)
    throw new ReleaseError('input/invalid', 'The URL of Unleash is not an http or https URL without user and query.')
  const root = `${base.origin}${base.pathname.replace(/\/$/, '')}/api/admin`

  return async (method, path, signal, body) => {
    signal.throwIfAborted()
    const authorization = await token.reveal()
    const { status, headers, text } = await fetch(`${root}${path}`, {
      method,
      headers: { authorization, accept: 'application/json', ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      // The token is for this server alone.
      redirect: 'manual',
      signal,
    })
      .then(async (response) => ({ status: response.status, headers: response.headers, text: await response.text() }))
      .catch((error) => {
        signal.throwIfAborted()
        // Messages of a network stack may quote what was sent, and so the token.
        const { code, name } = (error?.cause ?? error) as { code?: unknown; name?: unknown }
        const says = `Unleash at ${base.origin} did not answer, or broke off (${String(code ?? name)}).`
        const wasNeverSent = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'].includes(String(code))
        throw new ReleaseError('adapter/unavailable', says, { method, path, ...(!wasNeverSent && outcomeOf(method)) })
      })
    const { success, data } = parsed(text)
    if (status >= 200 && status < 300 && success) return data
    throw refused({
      status,
      headers,
      says: `Unleash answered ${status} to ${method} ${path}`,
      body: data,
      quoted: (text) => withoutSecrets(text, [authorization]).slice(0, 300),
      details: { method, path, status },
    })
  }
}

function refused(answer: {
  readonly status: number
  readonly headers: Headers
  readonly says: string
  readonly body: unknown
  /** Shortens what the server says, and leaves out what it was told in confidence. */
  readonly quoted: (text: string) => string
  readonly details: { readonly method: string; readonly path: string; readonly status: number }
}): ReleaseError {
  const { status, headers, says, body, quoted, details } = answer
  const refusal = refusalSchema.safeParse(body).data
  const reason = quoted(refusal?.details[0]?.message ?? refusal?.message ?? '')
  const because = reason === '' ? `${says}.` : `${says}: ${reason}`
  const rejected = (advice: string) => new ReleaseError('adapter/rejected', `${because} ${advice}`, details)
  if (status === 401) return rejected('Give it an admin token, or one of a service account.')
  if (refusal?.permissions.includes('SKIP_CHANGE_REQUEST'))
    return rejected(
      'The environment takes changes by change request only, and a release cannot wait for those. ' +
        'Let the token skip change requests there (SKIP_CHANGE_REQUEST), or roll this flag out by hand.',
    )
  if (status === 403) return rejected('Give the token the permissions that are named in the README of this adapter.')
  if (status === 404) return rejected('See whether project, flag and environment are spelt as in Unleash.')
  if (status === 408 || status === 429 || status >= 500) {
    const facts = { ...details, ...(status >= 500 && outcomeOf(details.method)) }
    const retryAfterSeconds = Number(headers.get('retry-after') ?? Number.NaN)
    if (!Number.isFinite(retryAfterSeconds)) return new ReleaseError('adapter/unavailable', because, facts)
    const wait = `${because} It asks to wait ${retryAfterSeconds} s.`
    return new ReleaseError('adapter/unavailable', wait, { ...facts, retryAfterSeconds })
  }
  if (status < 300)
    return new ReleaseError('adapter/unavailable', `${says} with what is not JSON. See what stands before it.`, details)
  return rejected('The same call would be refused again.')
}

/** A change may have been obeyed although its answer is missing. */
const outcomeOf = (method: string) => (method === 'GET' ? {} : { outcome: 'unknown' })

function parsed(text: string): { success: boolean; data?: unknown } {
  try {
    return { success: true, data: text === '' ? undefined : JSON.parse(text) }
  } catch {
    return { success: false }
  }
}
