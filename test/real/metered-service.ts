import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { nativeHistogram, protobufType } from './native-histogram.js'

const bounds = [0.01, 0.1, 1] as const

/** A service that counts its requests, as clients of Prometheus do: a series of its own for each code, from its first request on. */
export interface MeteredService {
  /** `host:port`. */
  readonly address: string
  /** Sends requests one after the other. `seconds` is what the service says it took, not what it took. */
  request(times: number, answer?: { code?: number; seconds?: number }): Promise<void>
  /** Forgets all counts, as a new process does. */
  restart(): void
  close(): void
}

export async function startMeteredService(version: string, extra = ''): Promise<MeteredService> {
  const label = `version="${version}"`
  let startedAt = Date.now() / 1000
  const codes = new Map<number, number>()
  const durations: number[] = []

  function exposition(): string {
    const requests = [...codes].map(([code, count]) => `http_requests_total{code="${code}",${label}} ${count}`)
    const buckets = [...bounds, Number.POSITIVE_INFINITY].map((bound) => {
      const le = Number.isFinite(bound) ? bound : '+Inf'
      return `http_request_duration_seconds_bucket{le="${le}",${label}} ${durations.filter((seconds) => seconds <= bound).length}`
    })
    return `${['# TYPE http_requests_total counter', ...requests, ...buckets].join('\n')}\nprocess_start_time_seconds ${startedAt}\nin_flight{${label}} 3\n${extra}`
  }

  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://service')
    if (pathname === '/metrics') {
      // A server that can read native histograms gets nothing else from services that have them.
      if (request.headers.accept?.includes('protobuf') && version.startsWith('native'))
        return response.setHeader('content-type', protobufType).end(nativeHistogram('native_seconds', { version }, durations))
      return response.setHeader('content-type', 'text/plain; version=0.0.4').end(exposition())
    }
    const code = Number(searchParams.get('code'))
    codes.set(code, (codes.get(code) ?? 0) + 1)
    durations.push(Number(searchParams.get('seconds')))
    return response.writeHead(code).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    address,
    async request(times, { code = 200, seconds = 0.005 } = {}) {
      for (let i = 0; i < times; i++) await (await fetch(`http://${address}/?code=${code}&seconds=${seconds}`)).text()
    },
    restart() {
      codes.clear()
      durations.length = 0
      startedAt = Date.now() / 1000
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
