import { Agent } from 'node:http'

/** One instance of a version, with its own keep-alive connections. */
export interface Backend {
  readonly origin: string
  readonly hostname: string
  readonly port: string
  readonly agent: Agent
  /** Counts a request in. @returns counts it out */
  enter(): () => void
}

/** The instances of one version, in turn. */
export interface Pool {
  /** Instances left out finish what they have; none is cut off. */
  update(origins: readonly string[]): void
  /** Looks for instances again in the background, at most once at a time. */
  refresh(): Promise<void>
  /** An instance whose origin is not in `tried`, if need be after a {@link Pool.refresh}. */
  pick(tried: ReadonlySet<string>): Promise<Backend | undefined>
}

/** @param find - where the instances listen now; when it fails or finds none, those known are kept */
export function backendPool(find: () => Promise<readonly string[]>): Pool {
  let backends: (Backend & { retire(): void })[] = []
  let turn = 0
  let refreshing: Promise<void> | undefined

  function update(origins: readonly string[]): void {
    const kept = new Map(backends.map((backend) => [backend.origin, backend]))
    for (const backend of backends) if (!origins.includes(backend.origin)) backend.retire()
    backends = origins.map((origin) => kept.get(origin) ?? openBackend(origin))
  }

  function untried(tried: ReadonlySet<string>): Backend | undefined {
    const left = backends.filter(({ origin }) => !tried.has(origin))
    return left[turn++ % left.length]
  }

  function refresh(): Promise<void> {
    refreshing ??= find()
      .then((origins) => origins.length > 0 && update(origins))
      .catch(() => {})
      .then(() => {
        refreshing = undefined
      })
    return refreshing
  }

  async function pick(tried: ReadonlySet<string>): Promise<Backend | undefined> {
    const first = untried(tried)
    if (first) return first
    await refresh()
    return untried(tried)
  }

  return { update, refresh, pick }
}

function openBackend(origin: string): Backend & { retire(): void } {
  const { hostname, port } = new URL(origin)
  const agent = new Agent({ keepAlive: true })
  let inFlight = 0
  let isRetired = false
  const closeIfUnused = () => {
    if (isRetired && inFlight === 0) agent.destroy()
  }
  return {
    origin,
    hostname,
    port,
    agent,
    enter() {
      inFlight++
      return () => {
        inFlight--
        closeIfUnused()
      }
    },
    retire() {
      isRetired = true
      closeIfUnused()
    },
  }
}
