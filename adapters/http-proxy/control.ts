import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { z } from 'zod'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { nameSchema } from '../../src/vocabulary/name.js'
import type { Secret } from '../../src/vocabulary/secret.js'
import { weightSchema } from '../../src/vocabulary/weight.js'
import { type MirroringRouter, routeSchema } from './router.js'

const options = { idempotencyKey: z.string(), fencingToken: z.number() }

/** What `connectHttpProxy` sends. */
export const callSchema = z.discriminatedUnion('call', [
  z.strictObject({ call: z.literal('setWeight'), route: routeSchema, percent: weightSchema, ...options }),
  z.strictObject({ call: z.literal('setMirror'), route: routeSchema, percent: weightSchema, ...options }),
  z.strictObject({ call: z.literal('getWeight'), route: routeSchema, ...options }),
  z.strictObject({ call: z.literal('settle'), route: z.strictObject({ unit: nameSchema, version: nameSchema }), ...options }),
])
export type RouterCall = z.infer<typeof callSchema>

const mostBytes = 10_000

/** `POST /router` with a {@link RouterCall} for another process, `GET /metrics` for Prometheus; both need the token. */
export function controlServer(router: MirroringRouter, metrics: () => string, token: Secret): Server {
  return createServer(async (request, response) => {
    const what = `${request.method} ${request.url}`
    if (!(await isAllowed(request, token).catch(() => false))) response.writeHead(401, { 'www-authenticate': 'Bearer' }).end()
    else if (what === 'GET /metrics') response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(metrics())
    else if (what === 'POST /router') void answer(request, response, router)
    else response.writeHead(404).end()
  })
}

async function answer(request: IncomingMessage, response: ServerResponse, router: MirroringRouter): Promise<void> {
  const { status, body } = await outcomeOf(request, response, router)
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

async function outcomeOf(request: IncomingMessage, response: ServerResponse, router: MirroringRouter) {
  try {
    if (!(Number(request.headers['content-length']) <= mostBytes)) return { status: 413, body: {} }
    const call = callSchema.safeParse(await json(request))
    if (!call.success) return { status: 400, body: { code: 'input/invalid', message: z.prettifyError(call.error) } }
    return { status: 200, body: { result: await perform(call.data, router, response) } }
  } catch (error) {
    if (ReleaseError.is(error)) return { status: 409, body: { code: error.code, message: error.message, details: error.details } }
    return { status: 500, body: {} }
  }
}

function perform(asked: RouterCall, router: MirroringRouter, response: ServerResponse): Promise<unknown> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const withSignal = { ...asked, signal: gone.signal }
  if (asked.call === 'setWeight') return router.setWeight(asked.route, asked.percent, withSignal)
  if (asked.call === 'setMirror') return router.setMirror(asked.route, asked.percent, withSignal)
  if (asked.call === 'getWeight') return router.getWeight(asked.route, withSignal)
  return router.settle(asked.route, withSignal)
}

/** Compares digests, so that neither the time taken nor the length tells anything about the token. */
async function isAllowed({ headers }: IncomingMessage, token: Secret): Promise<boolean> {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(headers.authorization ?? ''), digest(`Bearer ${await token.reveal()}`))
}
