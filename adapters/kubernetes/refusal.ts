import { z } from 'zod'
import { type ErrorDetails, ReleaseError } from '../../src/vocabulary/errors.js'

/** The API server's `Status`, as far as it explains a refusal. */
const statusSchema = z.object({
  message: z.string().catch(''),
  reason: z.string().catch(''),
  details: z
    .object({
      name: z.string().optional().catch(undefined),
      causes: z
        .array(z.object({ reason: z.string().catch(''), message: z.string().catch(''), field: z.string().catch('') }))
        .catch([]),
    })
    .catch({ causes: [] }),
})
type Causes = z.infer<typeof statusSchema>['details']['causes']

/** An answer that is none of those that were hoped for. What was sent, and so what may be secret, is never quoted. */
export function refused(answer: {
  readonly status: number
  readonly retryAfter: string | null
  readonly answer: unknown
  readonly method: string
  readonly path: string
  readonly isJsonPatch: boolean
  /** Shortens what the server says, and leaves out what it was told in confidence. */
  readonly quoted: (text: string) => string
}): ReleaseError {
  const { status, retryAfter, method, path, isJsonPatch, quoted } = answer
  const { message, reason, details } = statusSchema
    .catch({ message: '', reason: '', details: { causes: [] } })
    .parse(answer.answer)
  const says = `The API server answered ${status} to ${method} ${path}`
  const because = [says, quoted(explained(details.causes) || message)].filter((text) => text !== '').join(': ')
  const facts: ErrorDetails = { method, path, status, ...(reason && { reason }), ...(details.name && { name: details.name }) }
  const unavailable = (advice: string, more: ErrorDetails = {}) =>
    new ReleaseError('adapter/unavailable', `${because}. ${advice}`, { ...facts, ...more })
  const rejected = (advice: string) => new ReleaseError('adapter/rejected', `${because}. ${advice}`, facts)

  const owners = details.causes.flatMap(({ reason, message }) =>
    reason === 'FieldManagerConflict' ? [/"([^"]*)"/.exec(message)?.[1] ?? 'somebody'] : [],
  )
  if (owners.length > 0)
    return rejected(`Those fields belong to ${[...new Set(owners)].join(', ')}. Take them back there, then try again.`)
  // A failed `test` is told as a bad request without a cause; the patch itself was made from what had been read.
  if ((status === 409 && reason === 'Conflict') || (status === 422 && isJsonPatch && details.causes.length === 0))
    return unavailable('Somebody changed the object meanwhile, so nothing was changed. Look again, then try again.')
  if (status === 401) return rejected('Give the client credentials that are valid.')
  if (status === 403) return rejected('Give its account the permissions that are named in the README of this adapter.')
  if (status === 404) return rejected('See whether the object and its kind are there, and how they are spelt.')
  const seconds = Number(retryAfter ?? Number.NaN)
  const wait = Number.isFinite(seconds) ? { retryAfterSeconds: seconds } : {}
  if (status === 408 || status === 429) return unavailable('It obeyed nothing. Try again later.', wait)
  if (status >= 500) return unavailable(method === 'GET' ? 'Try again later.' : unknownOutcome, { ...outcomeOf(method), ...wait })
  if (status < 300) return unavailable('That is not JSON. See what stands before it.', outcomeOf(method))
  return rejected('The same call would be refused again.')
}

/** No answer, or a broken one. Messages of a network stack may quote what was sent, so that only its code is told. */
export function unanswered(error: unknown, origin: string, method: string, path: string): ReleaseError {
  const { code, name } = ((error as Error).cause ?? error) as { code?: unknown; name?: unknown }
  const says = `The API server at ${origin} did not answer, or broke off (${String(code ?? name)}).`
  const wasNeverSent = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'].includes(String(code))
  if (wasNeverSent || method === 'GET') return new ReleaseError('adapter/unavailable', says, { method, path })
  return new ReleaseError('adapter/unavailable', `${says} ${unknownOutcome}`, { method, path, ...outcomeOf(method) })
}

const unknownOutcome = 'Whether it obeyed is unknown. Look what is there before anything else.'
const outcomeOf = (method: string): ErrorDetails => (method === 'GET' ? {} : { outcome: 'unknown' })

/** Where and why. The messages of causes are left out: they quote values, and with them what may be secret. */
function explained(causes: Causes): string {
  return causes.map(({ field, reason }) => `${field} (${reason})`).join(', ')
}
