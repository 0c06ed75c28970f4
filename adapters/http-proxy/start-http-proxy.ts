import { createServer, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import type { Secret } from '../../src/vocabulary/secret.js'
import { cohortTable } from './cohort-table.js'
import { controlServer } from './control.js'
import { forward } from './forward.js'
import { listen } from './listen.js'
import { mirror } from './mirror.js'
import { type ProxyCounters, prometheusText } from './prometheus-text.js'
import { type MirroringRouter, openSwitchboard, type Resolve } from './router.js'
import { goldenDraws, keyedDraw, versionFor } from './split.js'
import { type Sticky, userOf } from './sticky.js'
import { upgrade } from './upgrade.js'

export interface HttpProxyConfig {
  /** The one unit whose traffic this is. */
  readonly unit: string
  readonly resolve: Resolve
  /** 0 for any that is free. */
  readonly port: number
  /** Default `127.0.0.1`: this machine only. */
  readonly host?: string
  /** Keeps each user on one side. Without it each request is split on its own. */
  readonly sticky?: Sticky
  /** Where the split in force survives a restart. Without it a restarted proxy answers 503 until it is told. */
  readonly stateFile?: string
  /** Which requests may be copied. Default GET, HEAD and OPTIONS: a copied POST is done twice. */
  readonly mirrorMethods?: readonly string[]
  /** In [0, 1), for requests without a user. Default: a golden ratio sequence, closer to the weight than chance. */
  readonly random?: () => number
  /** Lets `connectHttpProxy` in other processes of this machine drive it. The token has at least 16 characters. */
  readonly control?: { readonly port: number; readonly token: Secret }
}

export interface HttpProxy {
  readonly router: MirroringRouter
  readonly url: string
  /** Of the control port; absent when none was asked for. */
  readonly controlUrl?: string
  counters(): ProxyCounters
  /** Takes no more requests, answers those it has, and ends upgraded connections. */
  close(): Promise<void>
}

/**
 * Longer than clients keep an idle connection (load balancers: 60 s). With Node's 5 s, a client may send on a connection
 * that is being closed, and gets no answer.
 */
const keepAliveMs = 75_000

/**
 * A reverse proxy for one unit in this process. Each request goes to the version that the split gives it, streaming both
 * ways; every weight change counts from the next request on, and none is dropped for it.
 *
 * @throws ReleaseError `adapter/rejected` for a port that is taken or a state file that cannot be used; `input/invalid`
 */
export async function startHttpProxy(config: HttpProxyConfig): Promise<HttpProxy> {
  const { unit, host = '127.0.0.1', control, mirrorMethods = ['GET', 'HEAD', 'OPTIONS'], random = goldenDraws() } = config
  if (control && (await control.token.reveal()).length < 16)
    throw new ReleaseError('input/invalid', 'The control token is shorter than 16 characters. Give a random one.')
  const switchboard = await openSwitchboard(config)
  const isRouted = (version: string) => switchboard.poolOf(version) !== undefined
  const live = cohortTable(isRouted)
  const mirrored = cohortTable(isRouted)
  const copies = mirror()
  const drawCopy = goldenDraws()
  const upgraded = new Set<Duplex>()
  let unrouted = 0

  function placeOf(request: IncomingMessage) {
    const { split } = switchboard.state
    const { key, setCookie } = userOf(request, config.sticky)
    const draw = key === undefined ? random() : keyedDraw(split.canary ?? '', key)
    const version = versionFor(split, draw)
    const pool = version !== undefined && switchboard.poolOf(version)
    if (!pool) unrouted++
    return pool ? { version, pool, cohort: live.of(version), ...(setCookie && { setCookie }) } : undefined
  }

  function copyOf(request: IncomingMessage, version: string) {
    const { mirror } = switchboard.state
    if (!mirror || mirror.version === version || !mirrorMethods.includes(request.method ?? '')) return undefined
    const pool = drawCopy() * 10_000 < mirror.basisPoints && switchboard.poolOf(mirror.version)
    return pool ? copies.copyOf(request, { pool, cohort: mirrored.of(mirror.version) }) : undefined
  }

  function counters(): ProxyCounters {
    return { unrouted, live: live.counters(), mirrored: mirrored.counters(), copiesDropped: copies.dropped() }
  }

  const server = createServer({ requestTimeout: 0, keepAliveTimeout: keepAliveMs }, (request, response) => {
    const place = placeOf(request)
    if (!place) return void response.writeHead(503, { 'content-type': 'text/plain' }).end('503 Service Unavailable\n')
    const copy = copyOf(request, place.version)
    void forward(request, response, { ...place, ...(copy && { copy }) }).catch(() => response.destroy())
  })
  server.on('upgrade', (request, client, head) => {
    upgraded.add(client.once('close', () => upgraded.delete(client)))
    const place = placeOf(request)
    if (place) void upgrade(request, client, head, place).catch(() => client.destroy())
    else client.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n')
  })
  const metrics = () => prometheusText(unit, counters())
  const controls = control && controlServer(switchboard.router, metrics, control.token)
  const controlPort = controls && (await listen(controls, control.port, '127.0.0.1'))
  const port = await listen(server, config.port, host).catch((error) => {
    controls?.close()
    throw error
  })

  return {
    router: switchboard.router,
    url: `http://${host}:${port}`,
    ...(controlPort !== undefined && { controlUrl: `http://127.0.0.1:${controlPort}` }),
    counters,
    async close() {
      for (const socket of upgraded) socket.destroy()
      controls?.close()
      const closed = new Promise((resolve) => server.close(resolve))
      // Closing ends what is idle now; what becomes idle later would be kept for its whole time.
      const sweep = setInterval(() => server.closeIdleConnections(), 50)
      await closed
      clearInterval(sweep)
      switchboard.close()
    },
  }
}
