import type { ApprovalAnswer, ApprovalRequest, Approver } from '../../src/ports/approver.js'
import type { Actor } from '../../src/vocabulary/actor.js'
import { jsonHash } from '../../src/vocabulary/canonical-json.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { type ApprovalDoorOptions, approvalDoor } from './door.js'
import { type LinkKeys, signerOf } from './keys.js'
import { sealToken } from './token.js'

/** For one person alone: whoever opens one of them answers as `actor`. */
export interface ApprovalLinks {
  readonly actor: Actor
  readonly approve: string
  readonly reject: string
}

export interface HttpApprovalOptions extends Omit<ApprovalDoorOptions, 'signer'> {
  readonly keys: LinkKeys
  /** Who is asked. Each gets links of their own, and is the actor of the answer, with these roles. */
  readonly audience: (request: ApprovalRequest) => readonly Actor[] | Promise<readonly Actor[]>
  /** Brings each person their links, privately: by mail, by direct message. Called again with the same links when the question is asked again. */
  readonly deliver: (links: readonly ApprovalLinks[], request: ApprovalRequest) => Promise<void>
}

export interface HttpApproval extends Approver {
  /** Takes what comes to `baseUrl`: opened links, sent forms, signed callbacks. Never rejects. */
  handle(request: Request): Promise<Response>
}

/**
 * Asks people by links that are signed, expire with the gate, work once, and are bound to release, plan, artifacts, gate and
 * person. The answer comes back through `handle` and `onAnswer`, in this process or another one with the same keys.
 * @throws ReleaseError `input/invalid` for keys of another kind and a base URL that is not one; `request` for a secret that is too short
 */
export function httpApproval({ keys, audience, deliver, ...options }: HttpApprovalOptions): HttpApproval {
  const signer = signerOf(keys)
  const { baseUrl } = options
  const url = URL.parse(baseUrl)
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash)
    throw new ReleaseError('input/invalid', 'The base URL of approval links is not an http or https URL without query and user.')

  return {
    handle: approvalDoor({ ...options, signer }),

    async request(request, { signal }) {
      signal.throwIfAborted()
      const { release, gate, planHash, artifacts, expiresAt } = request
      const bound = { for: baseUrl, release, gate, planHash, artifacts: jsonHash(artifacts), expiresAt }
      const people = await theirs('audience', request, () => audience(request))
      const link = async (actor: Actor, decision: ApprovalAnswer['decision']) => {
        // Whenever the same question is asked, also after a crash, the links are the same, and good for one use in all.
        const id = jsonHash({ ...bound, decision, actor })
        const linked = new URL(baseUrl)
        linked.searchParams.set('token', await sealToken({ ...bound, id, decision, actor }, signer))
        return linked.href
      }
      const links = await Promise.all(
        people.map(async (actor) => ({ actor, approve: await link(actor, 'approve'), reject: await link(actor, 'reject') })),
      )
      if (links.length === 0)
        throw new ReleaseError(
          'adapter/rejected',
          `Nobody is to be asked about gate "${gate}" of release "${release}". Mend \`audience\` of httpApproval, or answer by a signal.`,
          { release, gate },
        )
      await theirs('deliver', request, () => deliver(links, request))
      return undefined
    },
  }
}

/** What a function of the caller fails with may pass: a mail server that is away, a directory that does not answer. */
async function theirs<T>(name: string, { release, gate }: ApprovalRequest, act: () => T | Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (cause) {
    if (ReleaseError.is(cause)) throw cause
    const says = `Nobody was asked about gate "${gate}" of release "${release}": \`${name}\` of httpApproval failed. See to it.`
    throw new ReleaseError('adapter/unavailable', says, { release, gate }, { cause })
  }
}
