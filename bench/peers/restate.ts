import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer as createHttp2Server } from 'node:http2'
import { createRequire } from 'node:module'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pass } from 'node:timers/promises'
import { type Context, createEndpointHandler, service } from '@restatedev/restate-sdk'

/** Invocations of so many steps that do nothing, durable in a Restate server that keeps its files in the directory given. */
export async function openRestate(directory: string, steps: number) {
  const releases = service({
    name: 'releases',
    handlers: {
      async run(context: Context) {
        for (let step = 0; step < steps; step++) await context.run(`step-${step}`, async () => 'pass')
      },
    },
  })
  const endpoint = createHttp2Server(createEndpointHandler({ services: [releases], logger: () => {} })).listen(0, '127.0.0.1')
  await once(endpoint, 'listening')
  const [ingress, admin, fabric] = [await freePort(), await freePort(), await freePort()]
  const server = spawn(serverPath(), ['--no-logo', '--base-dir', directory, '--node-name', 'bench'], {
    stdio: 'ignore',
    env: {
      ...process.env,
      DO_NOT_TRACK: '1',
      RUST_LOG: 'error',
      RESTATE_BIND_ADDRESS: `127.0.0.1:${fabric}`,
      RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${fabric}`,
      RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
      RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
    },
  })
  const gone = once(server, 'exit')
  const uri = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}`
  await untilAnswered(() => post(`http://127.0.0.1:${admin}/deployments`, { uri }))
  const release = () => post(`http://127.0.0.1:${ingress}/releases/run`, undefined)
  await untilAnswered(release)
  return {
    release,
    async close() {
      server.kill('SIGKILL')
      await gone
      endpoint.close()
    },
  }
}

async function post(url: string, body: unknown): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`)
}

/** Until the server is up, it refuses. */
async function untilAnswered(call: () => Promise<void>): Promise<void> {
  for (let turn = 1; ; turn++) {
    try {
      return await call()
    } catch (error) {
      if (turn === 100) throw error
      await pass(300)
    }
  }
}

function serverPath(): string {
  const name = `@restatedev/restate-server-${process.platform}-${process.arch}`
  return join(createRequire(import.meta.url).resolve(`${name}/package.json`), '../bin/restate-server')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
