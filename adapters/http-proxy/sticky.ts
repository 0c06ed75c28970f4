import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** What tells users apart. A cookie is set where a request has none; a request without the header is split like any other. */
export type Sticky = { readonly header: string } | { readonly cookie: string }

/** @returns the user's key, if there is one, and the cookie to set with the answer, if it is new */
export function userOf(request: IncomingMessage, sticky: Sticky | undefined): { key?: string; setCookie?: string } {
  if (sticky === undefined) return {}
  if ('header' in sticky) {
    const value = request.headers[sticky.header.toLowerCase()]
    return value === undefined ? {} : { key: String(value) }
  }
  const known = cookieValue(request.headers.cookie ?? '', sticky.cookie)
  if (known) return { key: known }
  const key = randomUUID()
  return { key, setCookie: `${sticky.cookie}=${key}; Path=/; HttpOnly; SameSite=Lax` }
}

function cookieValue(header: string, name: string): string | undefined {
  const pairs = header.split(';').map((pair) => pair.trim())
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1)
}
