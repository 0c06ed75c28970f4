import { ReleaseError } from '../../src/vocabulary/errors.js'
import { type Secret, withoutSecrets } from '../../src/vocabulary/secret.js'
import { refused, unanswered } from './refusal.js'

export interface KubernetesConnection {
  /** Of the API server, such as `https://10.0.0.1:6443`; with its base path, where it has one. */
  readonly server: string
  /** Brings its own trust and client certificates, where Node's are not enough. */
  readonly fetch?: typeof globalThis.fetch
  /** Of a service account; none where `fetch` brings a client certificate, or a proxy knows who is there. */
  readonly token?: Secret
}

const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const
export type PatchType = keyof typeof patchTypes

/** The few calls that the adapters for Kubernetes make. @throws ReleaseError `adapter/unavailable`, `adapter/rejected` */
export interface KubernetesClient {
  /** @returns `undefined` where the API server says that there is no object of that name */
  get(path: string, signal: AbortSignal): Promise<unknown>
  /** A JSON Patch whose `test` fails is `adapter/unavailable`: somebody else was faster. */
  patch(path: string, type: PatchType, body: unknown, signal: AbortSignal): Promise<unknown>
  /** Gone already: done. */
  delete(path: string, options: unknown, signal: AbortSignal): Promise<void>
}

/** Calls the API server of a cluster, and tells what may pass from what will not. */
export function kubernetesClient({ server, fetch = globalThis.fetch, token }: KubernetesConnection): KubernetesClient {
  const base = URL.parse(server)
  if (!base || !/^https?:$/.test(base.protocol) || base.username || base.password || base.search)
    throw new ReleaseError('input/invalid', 'The URL of the API server is not an http or https URL without user and query.')
  const { origin } = base
  const root = `${origin}${base.pathname.replace(/\/$/, '')}`

  async function call(method: string, path: string, signal: AbortSignal, send?: { type: string; body: unknown }) {
    signal.throwIfAborted()
    const bearer = (await token?.reveal())?.trim()
    const { status, retryAfter, text } = await fetch(`${root}${path}`, {
      method,
      headers: {
        accept: 'application/json',
        ...(bearer && { authorization: `Bearer ${bearer}` }),
        ...(send && { 'content-type': send.type }),
      },
      ...(send && { body: JSON.stringify(send.body) }),
      // The token is for this server alone.
      redirect: 'manual',
      signal,
    })
      .then(async (response) => ({
        status: response.status,
        retryAfter: response.headers.get('retry-after'),
        text: await response.text(),
      }))
      .catch((error) => {
        signal.throwIfAborted()
        throw unanswered(error, origin, method, path)
      })
    const answer = parsed(text)
    if (status >= 200 && status < 300 && answer !== undefined) return { answer }
    const refusal = () =>
      refused({
        status,
        retryAfter,
        answer,
        method,
        path,
        isJsonPatch: send?.type === patchTypes.json,
        quoted: (text) => withoutSecrets(text, bearer ? [bearer] : []).slice(0, 300),
      })
    if (status !== 404 || !isOfObject(answer)) throw refusal()
    return { absent: refusal }
  }

  return {
    async get(path, signal) {
      return (await call('GET', path, signal)).answer
    },
    async patch(path, type, body, signal) {
      const { answer, absent } = await call('PATCH', path, signal, { type: patchTypes[type], body })
      if (absent) throw absent()
      return answer
    },
    async delete(path, options, signal) {
      await call('DELETE', path, signal, { type: 'application/json', body: options })
    },
  }
}

/** A 404 may also be that of a path that no API has. */
const isOfObject = (status: unknown) => typeof Object(Object(status).details).name === 'string'

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
