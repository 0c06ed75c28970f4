import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { Cohort } from './cohort.js'
import { requestHeaders } from './headers.js'
import type { Backend, Pool } from './pool.js'

/** Bounds on what mirroring may take from real traffic: copies at the same time, bytes of a body, and time for an answer. */
const mostCopies = 64
const mostBytes = 64 * 1024
const answerMs = 10_000

/** A copy of a request that is on its way. */
export interface Copy {
  readonly add: (chunk: Buffer) => void
  /** Sends it, once the body is whole. */
  readonly send: () => void
}

/** Copies requests to a version and throws the answers away. Nothing it does can delay or fail the request it copies. */
export function mirror() {
  let inProgress = 0
  let dropped = 0

  /** @returns undefined when there are too many copies already */
  function copyOf(request: IncomingMessage, target: { pool: Pool; cohort: Cohort }): Copy | undefined {
    if (inProgress >= mostCopies) {
      dropped++
      return undefined
    }
    inProgress++
    const chunks: Buffer[] = []
    let bytes = 0
    let isSent = false
    // Closes after its end as well as without one; then there is nothing to send.
    request.once('close', () => {
      if (!isSent) inProgress--
    })
    return {
      add(chunk) {
        bytes += chunk.length
        if (bytes <= mostBytes) chunks.push(chunk)
        else chunks.length = 0
      },
      send() {
        isSent = true
        if (bytes > mostBytes) dropped++
        const sent = bytes > mostBytes ? Promise.resolve() : sendCopy(request, Buffer.concat(chunks), target)
        void sent.then(() => inProgress--)
      },
    }
  }

  return { copyOf, dropped: () => dropped }
}

async function sendCopy(request: IncomingMessage, body: Buffer, { pool, cohort }: { pool: Pool; cohort: Cohort }): Promise<void> {
  const end = cohort.begin()
  const backend = await pool.pick(new Set())
  const leave = backend?.enter()
  const status = backend && (await statusOf(request, body, backend))
  leave?.()
  if (status === undefined) cohort.connectionFailed()
  end(status ?? 502)
}

/** @returns undefined when there was no whole answer */
function statusOf(request: IncomingMessage, body: Buffer, { hostname, port, agent }: Backend): Promise<number | undefined> {
  const { method = 'GET', url: path } = request
  const headers = [...requestHeaders(request), ['X-Taxiway-Mirror', 'true']].flat()
  const signal = AbortSignal.timeout(answerMs)
  return new Promise((resolve) => {
    const copy = httpRequest({ hostname, port, method, path, agent, headers, signal })
    copy.once('response', (answer) => {
      answer.on('error', () => {})
      answer.resume().once('close', () => resolve(answer.complete ? answer.statusCode : undefined))
    })
    copy.on('error', () => resolve(undefined))
    copy.end(body.length > 0 ? body : undefined)
  })
}
