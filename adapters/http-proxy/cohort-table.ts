import { type Cohort, type CohortCounters, cohort } from './cohort.js'

/** Versions without traffic that are still remembered: enough for whoever reads the counters to have seen the last of them. */
const mostPast = 8

/** A cohort for each version, without growing for ever in a service that is released many times a day. */
export function cohortTable(isRouted: (version: string) => boolean) {
  const cohorts = new Map<string, Cohort>()

  function forget(): void {
    const past = [...cohorts].filter(([version, { counters }]) => !isRouted(version) && counters().inFlight === 0)
    for (const [version] of past.slice(0, -mostPast)) cohorts.delete(version)
  }

  return {
    of(version: string): Cohort {
      const known = cohorts.get(version)
      if (known) return known
      forget()
      const added = cohort()
      cohorts.set(version, added)
      return added
    },
    counters(): Record<string, CohortCounters> {
      return Object.fromEntries([...cohorts].map(([version, { counters }]) => [version, counters()]))
    },
  }
}
