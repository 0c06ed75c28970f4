import { z } from 'zod'
import type { KubernetesRoute } from './route.js'

/**
 * Which versions get traffic by the two Services of a unit. A route knows Services only, and the same version moves from the
 * canary's to stable's when it is promoted; so the route itself carries the names, changed together with the weights.
 */
const versionsSchema = z.object({ stable: z.string().optional(), canary: z.string().optional() })
export type Versions = z.infer<typeof versionsSchema>

/** A route may split for several units. */
const annotationOf = (stableService: string) => `versions.taxiway.dev/${stableService}`

/** The annotation that says so. */
export const versionNote = (stableService: string, versions: Versions) => ({
  [annotationOf(stableService)]: JSON.stringify(versions),
})

/** None where nobody wrote them, or somebody wrote what they are not. */
export function versionsOf({ metadata }: KubernetesRoute, stableService: string): Versions | undefined {
  const text = metadata.annotations?.[annotationOf(stableService)]
  if (text === undefined) return undefined
  try {
    return versionsSchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
