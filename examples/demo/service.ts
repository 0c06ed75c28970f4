/** A small HTTP service, as any team has one: answers requests, is ready, is measured, and stops when it is asked to. */
import { createServer } from 'node:http'

const version = process.argv[2] ?? '1.0'
/** Version 1.2 is the bad one: 2 % of its answers are errors, and all of them are slow. */
const isBad = version.startsWith('1.2')
const errorRatio = isBad ? 0.02 : 0
const latencyMs = isBad ? 60 : 5

const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]
const buckets = bounds.map(() => 0)
const requests = { 200: 0, 500: 0 }
let sum = 0
const startedAt = Date.now() / 1_000 - process.uptime()

const server = createServer((request, response) => {
  if (request.url === '/ready') return void response.end('ready\n')
  if (request.url === '/metrics') return void response.setHeader('content-type', 'text/plain; version=0.0.4').end(metrics())
  const begun = performance.now()
  setTimeout(
    () => {
      const code = Math.random() < errorRatio ? 500 : 200
      response.writeHead(code, { 'x-version': version, 'content-type': 'text/plain' }).end(`hello from ${version}\n`)
      const seconds = (performance.now() - begun) / 1_000
      requests[code] += 1
      sum += seconds
      bounds.forEach((bound, index) => {
        if (seconds <= bound) buckets[index] = (buckets[index] ?? 0) + 1
      })
    },
    latencyMs * (0.8 + 0.4 * Math.random()),
  )
})

function metrics(): string {
  const total = requests[200] + requests[500]
  return [
    '# TYPE process_start_time_seconds gauge',
    `process_start_time_seconds ${startedAt}`,
    '# TYPE http_requests_total counter',
    ...Object.entries(requests).map(([code, count]) => `http_requests_total{code="${code}"} ${count}`),
    '# TYPE http_request_duration_seconds histogram',
    ...bounds.map((bound, index) => `http_request_duration_seconds_bucket{le="${bound}"} ${buckets[index]}`),
    `http_request_duration_seconds_bucket{le="+Inf"} ${total}`,
    `http_request_duration_seconds_sum ${sum}`,
    `http_request_duration_seconds_count ${total}`,
    '',
  ].join('\n')
}

server.listen(Number(process.env.PORT), process.env.HOST ?? '127.0.0.1')
process.on('SIGTERM', () => server.close(() => process.exit(0)))
