/** Users: a steady stream of real requests, and a strict account of what became of each. */
import { Agent, get } from 'node:http'

export interface Account {
  requests: number
  /** No answer at all: refused, reset, cut off. What was wrong with each, by its code. */
  connectionErrors: number
  codes: string[]
  byVersion: Record<string, { answers: number; errors: number }>
}

export interface Answer {
  /** When it was asked for and when it was there, epoch milliseconds. */
  readonly askedAt: number
  readonly at: number
  readonly version: string
  readonly status: number
}

/** @returns the account so far, and a way to stop that waits for the last answer */
export function startLoad(url: string, requestsPerSecond: number, onAnswer: (answer: Answer) => void = () => {}) {
  const agent = new Agent({ keepAlive: true, maxSockets: 100 })
  let account = emptyAccount()
  const inFlight = new Set<Promise<void>>()
  const begun = performance.now()
  let sent = 0

  const timer = setInterval(() => {
    for (const due = ((performance.now() - begun) / 1_000) * requestsPerSecond; sent < due; sent++) {
      const request = ask()
      inFlight.add(request)
      void request.then(() => inFlight.delete(request))
    }
  }, 10)

  function ask(): Promise<void> {
    const { byVersion } = account
    const current = account
    current.requests += 1
    const askedAt = Date.now()
    return new Promise((resolve) => {
      get(url, { agent }, (response) => {
        const version = String(response.headers['x-version'] ?? 'none')
        byVersion[version] ??= { answers: 0, errors: 0 }
        byVersion[version].answers += 1
        if ((response.statusCode ?? 500) >= 500) byVersion[version].errors += 1
        onAnswer({ askedAt, at: Date.now(), version, status: response.statusCode ?? 0 })
        response.resume().on('close', resolve)
      }).on('error', (error: NodeJS.ErrnoException) => {
        current.connectionErrors += 1
        current.codes.push(`${error.code} ${error.message}`)
        resolve()
      })
    })
  }

  return {
    /** What happened since the last call. */
    takeAccount(): Account {
      const taken = account
      account = emptyAccount()
      return taken
    },
    async stop(): Promise<void> {
      clearInterval(timer)
      await Promise.all(inFlight)
      agent.destroy()
    },
  }
}

function emptyAccount(): Account {
  return { requests: 0, connectionErrors: 0, codes: [], byVersion: {} }
}
