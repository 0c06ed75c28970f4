import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto'
import {
  type ApprovalLinks,
  type HttpAnswer,
  type HttpApprovalOptions,
  httpApproval,
  type LinkKeys,
  type Refusal,
} from '../../../adapters/http-approval/index.js'
import type { ApprovalRequest } from '../../../src/ports/approver.js'
import { secret } from '../../../src/vocabulary/secret.js'
import { question as asked } from '../../support/question.js'

export const now = Date.UTC(2030, 0, 1)
export const baseUrl = 'https://releases.example.com/approvals'
export const kim = { id: 'kim@example.com', roles: ['sre'] }
export const lee = { id: 'lee@example.com' }
export const random = () => randomBytes(32).toString('base64')
export const keyed = (value = random()) => secret(() => value)
export const hmac = (): LinkKeys => ({ hmac: [keyed()] })
export const ed25519 = (): LinkKeys => ({ ed25519: { privateKey: generateKeyPairSync('ed25519').privateKey } })

export const question: ApprovalRequest = { ...asked, expiresAt: now + 3_600_000 }

export const call = () => ({ signal: new AbortController().signal, idempotencyKey: 'key', fencingToken: 1 })

/** An approver, its mailbox, what reached the release, and what was turned away. */
export function setUp(options: Partial<HttpApprovalOptions> = {}) {
  const mailbox: ApprovalLinks[][] = []
  const answers: HttpAnswer[] = []
  const refusals: Refusal[] = []
  const time = { now }
  const approval = httpApproval({
    keys: hmac(),
    baseUrl,
    audience: () => [kim, lee],
    deliver: async (links) => void mailbox.push([...links]),
    bindingOf: async (release) => (release === question.release ? question : undefined),
    onAnswer: async (answer) => void answers.push(answer),
    refused: (refusal) => void refusals.push(refusal),
    now: () => time.now,
    ...options,
  })
  const ask = async (changes: Partial<ApprovalRequest> = {}) => {
    await approval.request({ ...question, ...changes }, call())
    return mailbox.at(-1)![0]!
  }
  return { approval, mailbox, answers, refusals, time, ask }
}

export const tokenOf = (link: string) => new URL(link).searchParams.get('token')!
export const opened = (token: string) => new Request(`${baseUrl}?token=${encodeURIComponent(token)}`)
export const sent = (token: string, reason = 'fine', url = baseUrl) =>
  new Request(url, { method: 'POST', body: new URLSearchParams({ token, reason }) })

/** Everything of an answer that reaches whoever asked. */
export const seen = async (response: Response) => ({
  status: response.status,
  headers: [...response.headers],
  body: await response.text(),
})

/** Signed as the Standard Webhooks specification says, written here on its own. */
export function callback(body: string, signing: { secret: string; at?: number; id?: string; signed?: string }): Request {
  const { at = now, id = 'msg_1', signed = body } = signing
  const timestamp = String(Math.floor(at / 1_000))
  const key = Buffer.from(signing.secret.replace('whsec_', ''), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${signed}`).digest('base64')
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  }
  return new Request(baseUrl, { method: 'POST', body, headers })
}
