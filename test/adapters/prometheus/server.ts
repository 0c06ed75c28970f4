import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { type PrometheusOptions, type PrometheusQuery, prometheusSource } from '../../../adapters/prometheus/index.js'
import type { Reading } from '../../../src/vocabulary/reading.js'

export const interval = { from: 1_700_000_000_000, to: 1_700_000_060_000 }
export const call = (signal = new AbortController().signal) => ({ signal, idempotencyKey: 'r/1', fencingToken: 1 })

/** PromQL in which nothing is left to the adapter, so that an answer can be given word for word. */
export const written: PrometheusQuery = { gauge: 'depth{version="$version"}' }

/** A real HTTP server on the loopback until the test ends. @returns its url */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Answers a query with what `answer` makes of its PromQL. */
export const answersWith =
  (answer: (promql: string, request: IncomingMessage, response: ServerResponse) => unknown): RequestListener =>
  async (request, response) => {
    const body = answer(new URLSearchParams(await text(request)).get('query') ?? '', request, response)
    if (!response.writableEnded)
      response.setHeader('content-type', 'application/json').end(typeof body === 'string' ? body : JSON.stringify(body))
  }

export const vector = (...result: unknown[]) => ({ status: 'success', data: { resultType: 'vector', result } })
export const sample = (value: unknown, metric: Record<string, string> = {}) => ({ metric, value: [interval.to / 1000, value] })

/** What one metric of the canary reads. */
export async function readOne(query: PrometheusQuery, options: PrometheusOptions, to = interval.to): Promise<Reading> {
  const request = { unit: 'checkout', versions: { canary: 'v2' }, queries: { metric: query as never }, from: to - 60_000, to }
  return (await prometheusSource(options).read(request, call())).metric!.canary
}
