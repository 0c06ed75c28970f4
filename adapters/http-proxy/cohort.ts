/** Upper bounds of the latency histogram in seconds: the ones Prometheus clients use by default. */
export const latencyBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const

const statusClasses = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const
export type StatusClass = (typeof statusClasses)[number]

/** What happened to the requests of one version. `requests` = all `responses` + `aborted` + `inFlight`. */
export interface CohortCounters {
  readonly requests: number
  /** What clients saw: a 502 made here and an answer that the backend broke off are `5xx`. */
  readonly responses: Readonly<Record<StatusClass, number>>
  /** Attempts that got no whole answer from an instance, also those that another attempt made good. */
  readonly connectionErrors: number
  /** The client went away first. */
  readonly aborted: number
  readonly inFlight: number
  /** From the request's head to the end of its answer. `counts` are cumulative, one for each of `latencyBounds`, as in Prometheus. */
  readonly latency: { readonly counts: readonly number[]; readonly count: number; readonly sumSeconds: number }
}

export interface Cohort {
  counters(): CohortCounters
  connectionFailed(): void
  /** A request has come. @returns to be called when it is over, with the status its client saw; a second call does nothing */
  begin(): (end: number | 'aborted') => void
}

export function cohort(): Cohort {
  const responses = { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 }
  const counts = latencyBounds.map(() => 0)
  const totals = { requests: 0, connectionErrors: 0, aborted: 0, inFlight: 0, count: 0, sumSeconds: 0 }

  function answered(status: number, seconds: number): void {
    responses[statusClasses[Math.floor(status / 100) - 1] ?? '5xx']++
    for (const [index, bound] of latencyBounds.entries()) if (seconds <= bound) counts[index]!++
    totals.count++
    totals.sumSeconds += seconds
  }

  return {
    counters() {
      const { count, sumSeconds, ...rest } = totals
      return { ...rest, responses: { ...responses }, latency: { counts: [...counts], count, sumSeconds } }
    },
    connectionFailed() {
      totals.connectionErrors++
    },
    begin() {
      const startedAt = performance.now()
      let isOver = false
      totals.requests++
      totals.inFlight++
      return (end) => {
        if (isOver) return
        isOver = true
        totals.inFlight--
        if (end === 'aborted') totals.aborted++
        else answered(end, (performance.now() - startedAt) / 1000)
      }
    },
  }
}
