import { readFileSync } from 'node:fs'

const recorded = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../fixtures/unleash/${name}.json`, import.meta.url), 'utf8'))

interface Strategy {
  id: string
  name: string
  disabled: boolean
  parameters: Record<string, string>
  [other: string]: unknown
}

export interface Call {
  readonly method: string
  readonly path: string
  readonly body: unknown
}

/** How the server answers instead, if it does. */
export type Instead = (call: Call) => Response | undefined

/**
 * A server that answers with what Unleash was recorded to answer, filled with what it holds. As careless as the real one: it
 * takes any text for a share, and gives a flag that is turned on without an active strategy one for everybody.
 */
export function recordedUnleash(flags: Readonly<Record<string, Partial<Strategy>[]>>, instead: Instead = () => undefined) {
  const template = recorded('strategy.200')
  const production = new Map(
    Object.entries(flags).map(([flag, strategies]) => {
      const all: Strategy[] = strategies.map((strategy, i) => ({ ...structuredClone(template), id: `${flag}-${i}`, ...strategy }))
      return [flag, { enabled: false, strategies: all }] as [string, { enabled: boolean; strategies: Strategy[] }]
    }),
  )
  const calls: Call[] = []
  const headers: Headers[] = []

  const answer = (status: number, body?: unknown) => new Response(body === undefined ? null : JSON.stringify(body), { status })

  function route({ method, path, body }: Call): Response {
    const [, flag = '', , environment, verb, id] =
      /^\/features\/([^/]+)(\/environments\/([^/]+)(?:\/(on|off|strategies)(?:\/(.+))?)?)?$/.exec(
        path.replace('/api/admin/projects/default', ''),
      ) ?? []
    const held = production.get(flag)
    if (held === undefined || (environment !== undefined && environment !== 'production'))
      return answer(404, recorded('nosuch.404'))
    if (method === 'GET' && environment === undefined) {
      const feature = recorded('get.200')
      Object.assign(feature.environments[1], structuredClone(held))
      return answer(200, { ...feature, name: flag })
    }
    if (method === 'POST' && (verb === 'on' || verb === 'off')) {
      held.enabled = verb === 'on'
      const isBare = held.strategies.every(({ disabled }) => disabled)
      if (verb === 'on' && isBare) held.strategies.push({ ...template, id: 'theirs', parameters: { rollout: '100' } })
      return answer(200)
    }
    if (method === 'POST' && verb === 'strategies') {
      const strategy = { ...structuredClone(template), ...(body as object), id: `new-${held.strategies.length}` }
      held.strategies.push(strategy)
      return answer(200, strategy)
    }
    const strategy = held.strategies.find((candidate) => candidate.id === id)
    if (method !== 'PATCH' || strategy === undefined) return answer(404, recorded('nosuch.404'))
    for (const { path, value } of body as { path: string; value: string }[]) strategy.parameters[path.split('/').at(-1)!] = value
    return answer(200, { ...recorded('patch33.200'), ...strategy })
  }

  const fetch: typeof globalThis.fetch = async (input, init = {}) => {
    init.signal?.throwIfAborted()
    const { body, method = 'GET' } = init
    const call = { method, path: new URL(String(input)).pathname, body: typeof body === 'string' ? JSON.parse(body) : undefined }
    calls.push(call)
    headers.push(new Headers(init.headers))
    return instead(call) ?? route(call)
  }
  return {
    fetch,
    calls,
    headers,
    production,
    /** Everything that was asked but questions. */
    acts: () =>
      calls
        .filter(({ method }) => method !== 'GET')
        .map(({ method, path }) => `${method} ${path.replace(/^.*\/production\//, '')}`),
  }
}

export const reply = (status: number, name: string, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(recorded(name)), { status, headers })
