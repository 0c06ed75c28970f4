/**
 * A service to deploy: `node tiny-service.mjs <version> [anything]`.
 * GATE: starts once that file exists. STUBBORN: ignores SIGTERM. HELPER: starts a second process that ignores SIGTERM as well.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const version = process.argv[2]
const { GATE, HELPER, HOST, PORT, STUBBORN } = process.env

if (HELPER)
  spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1e6)', ...process.argv.slice(2)])
while (GATE && !existsSync(GATE)) await sleep(10)

const routes = {
  '/': (_, response) => response.end(version),
  '/pid': (_, response) => response.end(String(process.pid)),
  '/env': (_, response) => response.end(JSON.stringify(process.env)),
  '/headers': (request, response) => response.setHeader('set-cookie', ['a=1', 'b=2']).end(JSON.stringify(request.rawHeaders)),
  '/echo': (request, response) => request.pipe(response),
  '/fault': (_, response) => response.writeHead(503).end(version),
  '/break': (_, response) => response.write('half', () => response.destroy()),
  '/silence': () => {},
}
const server = createServer((request, response) => {
  const route = routes[request.url.replace(/\?.*/, '')]
  if (route) route(request, response)
  else response.writeHead(404).end()
})
server.on('upgrade', (_, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
  socket.pipe(socket)
})
server.listen(Number(PORT), HOST)
process.on('SIGTERM', () => STUBBORN || server.close(() => process.exit(0)))
