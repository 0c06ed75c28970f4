import type { ApprovalAnswer, ApprovalRequest } from '../../src/ports/approver.js'
import { jsonHash } from '../../src/vocabulary/canonical-json.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import type { Secret } from '../../src/vocabulary/secret.js'
import { type Callback, callbackOpener, callbackSchema } from './callback.js'
import type { Signer } from './keys.js'
import { plainPage, questionPage } from './page.js'
import { type Claims, openToken } from './token.js'
import { type UsedIds, usedInMemory } from './used.js'

/** An answer that has passed every check here; the release still has the last word. */
export interface HttpAnswer extends ApprovalAnswer {
  /** Give it to the release as the signal's id: the same answer then acts once for ever. */
  readonly id: string
  readonly release: string
  readonly gate: string
}

/** Why something was turned away. For the operator's log; the sender is never told. */
export interface Refusal {
  readonly why: 'malformed' | 'forged' | 'foreign' | 'expired' | 'changed' | 'used' | 'refused'
  /** Known once the signature was right. */
  readonly about?: { readonly id: string; readonly release: string; readonly gate: string }
  /** What the release said, where it had the last word. */
  readonly says?: string
}

export interface ApprovalDoorOptions {
  readonly signer: Signer
  /** Where `handle` can be reached by those who are asked, such as `https://releases.example.com/approvals`. */
  readonly baseUrl: string
  /** What a release is now; `undefined` for an unknown one. An answer to a question about anything else does not count. */
  readonly bindingOf: (release: string) => Promise<Pick<ApprovalRequest, 'planHash' | 'artifacts'> | undefined>
  /** Resolves once the answer is durable: `orchestrator.get(answer.release)[answer.decision](answer)`. */
  readonly onAnswer: (answer: HttpAnswer) => Promise<void>
  /** Of systems that post answers themselves, in the form of Standard Webhooks (`whsec_…`). Default: none may. */
  readonly callbackSecrets?: readonly Secret[]
  /** Default: in memory. */
  readonly used?: UsedIds
  readonly refused?: (refusal: Refusal) => void
  /** Epoch milliseconds. Default: `Date.now`. */
  readonly now?: () => number
}

/** Longer bodies are not read to their end. */
const longestBody = 64 * 1_024

/** What the release says when it has the last word; after anything else the same answer may be given again. */
const lastWords = new Set<string>(['signal/refused', 'release/unknown', 'release/finished'])

export function approvalDoor(options: ApprovalDoorOptions): (request: Request) => Promise<Response> {
  const { signer, baseUrl, bindingOf, onAnswer, callbackSecrets = [], refused, now = Date.now } = options
  const { used = usedInMemory(now) } = options
  const openCallback = callbackOpener(callbackSecrets)

  return async (request) => {
    try {
      if (request.method === 'GET' || request.method === 'HEAD') return await show(request)
      const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
      if (request.method === 'POST' && type === 'application/x-www-form-urlencoded') return await takeForm(request)
      if (request.method === 'POST' && type === 'application/json') return await takeCallback(request)
      throw new Refused({ why: 'malformed' })
    } catch (error) {
      const refusal = refusalIn(error)
      if (refusal === undefined) return plainPage(503, 'Not recorded', 'The answer could not be recorded. Try again.')
      try {
        refused?.(refusal)
      } catch {}
      return plainPage(403, 'Not valid', 'This link or message is not valid, or not any more. Nothing was done.')
    }
  }

  async function show(request: Request): Promise<Response> {
    const token = new URL(request.url).searchParams.get('token') ?? ''
    const { claims, artifacts } = await open(token)
    return questionPage(claims, { artifacts, token, action: baseUrl })
  }

  async function takeForm(request: Request): Promise<Response> {
    const form = new URLSearchParams((await bodyOf(request)).toString())
    const [token, reason] = [form.get('token') ?? '', (form.get('reason') ?? '').trim().slice(0, 1_000)]
    const { claims, artifacts } = await open(token)
    const { id, release, gate, decision, actor, expiresAt } = claims
    if (decision === 'reject' && reason === '')
      return questionPage(claims, { artifacts, token, action: baseUrl, lacksReason: true })
    await act({ id, release, gate, decision, actor, reason }, expiresAt)
    return plainPage(200, 'Recorded', `You have ${decision === 'approve' ? 'approved' : 'rejected'} ${release} at ${gate}.`)
  }

  async function takeCallback(request: Request): Promise<Response> {
    const envelope = await openCallback(request.headers, await bodyOf(request), now())
    if (envelope === undefined) throw new Refused({ why: 'forged' })
    const { planHash, artifacts, ...answer } = parsed(envelope.body)
    const about = { ...answer, id: envelope.id }
    await checkBinding({ ...about, planHash, artifacts: jsonHash(artifacts) })
    await act(about, envelope.expiresAt)
    return new Response(null, { status: 204 })
  }

  async function open(token: string): Promise<{ claims: Claims; artifacts: ApprovalRequest['artifacts'] }> {
    const claims = await openToken(token, signer)
    if (claims === undefined) throw new Refused({ why: 'forged' })
    if (claims.for !== baseUrl) throw new Refused({ why: 'foreign', about: claims })
    if (now() >= claims.expiresAt) throw new Refused({ why: 'expired', about: claims })
    return { claims, artifacts: await checkBinding(claims) }
  }

  /** I19: the question was about this plan and these artifacts. */
  async function checkBinding(about: Pick<Claims, 'id' | 'release' | 'gate' | 'planHash' | 'artifacts'>) {
    const binding = await bindingOf(about.release)
    if (binding?.planHash !== about.planHash || jsonHash(binding.artifacts) !== about.artifacts)
      throw new Refused({ why: 'changed', about })
    return binding.artifacts
  }

  async function act(answer: HttpAnswer, expiresAt: number): Promise<void> {
    if (!(await used.claim(answer.id, expiresAt))) throw new Refused({ why: 'used', about: answer })
    try {
      await onAnswer(answer)
    } catch (error) {
      await used.release(answer.id)
      throw error
    }
  }
}

class Refused extends Error {
  readonly refusal: Refusal

  constructor({ about, ...refusal }: Refusal) {
    super(refusal.why)
    this.refusal = { ...refusal, ...(about && { about: { id: about.id, release: about.release, gate: about.gate } }) }
  }
}

function refusalIn(error: unknown): Refusal | undefined {
  if (error instanceof Refused) return error.refusal
  return ReleaseError.is(error) && lastWords.has(error.code) ? { why: 'refused', says: error.message } : undefined
}

/** As it came, byte by byte: a signature is over these, not over what they mean. */
async function bodyOf(request: Request): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength
    if (length > longestBody) throw new Refused({ why: 'malformed' })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function parsed(body: Buffer): Callback {
  try {
    return callbackSchema.parse(JSON.parse(body.toString()))
  } catch {
    throw new Refused({ why: 'malformed' })
  }
}
