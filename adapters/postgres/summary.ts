import { z } from 'zod'

/**
 * Where a release stands, in a word: `held` waits for a human, `running` may wait for time, an approval or a resume. `null` in
 * a summary: its records are not those of a release.
 */
export type ReleasePhase = z.infer<typeof phaseSchema>
export const phaseSchema = z.enum(['proposed', 'running', 'held', 'rollingBack', 'promoted', 'rolledBack', 'archived'])

/** What a status page shows of a release without reading its records. */
export interface Summary {
  readonly plan: string | null
  /** What the plan releases. */
  readonly units: readonly string[]
  readonly phase: ReleasePhase | null
  /** Epoch milliseconds. */
  readonly proposedAt: number | null
  /** The state of each track that has left its first one, such as `verifying.watching`. */
  readonly tracks: Readonly<Record<string, string>>
}

export const emptySummary: Summary = { plan: null, units: [], phase: null, proposedAt: null, tracks: {} }

/** The little that is read of a record here; whether the rest is right is for the engine to say. */
const planSchema = z.object({ name: z.string(), units: z.record(z.string(), z.unknown()) })
const factsSchema = z.compile(
  z.object({
    event: z.object({ type: z.string(), plan: planSchema.optional().catch(undefined) }),
    moves: z.array(z.object({ track: z.string(), to: z.string() })),
  }),
)

export function summarise(before: Summary, at: number, body: unknown): Summary {
  const facts = factsSchema.safeParse(body).data
  if (facts === undefined) return before
  const { event, moves } = facts
  if (event.type === 'release.proposed') {
    const { name = null, units = {} } = event.plan ?? {}
    return { plan: name, units: Object.keys(units), phase: 'proposed', proposedAt: at, tracks: {} }
  }
  if (event.type === 'release.archived') return { ...before, phase: 'archived' }
  if (before.phase === null || moves.length === 0) return before
  const tracks = { ...before.tracks, ...Object.fromEntries(moves.map(({ track, to }) => [track, to])) }
  return { ...before, tracks, phase: phaseOf(Object.values(tracks)) }
}

/** Tracks that have not moved by then never will: they come after one that is back. */
function phaseOf(states: readonly string[]): ReleasePhase {
  if (states.every((state) => state === 'promoted' || state === 'rolledBack'))
    return states.includes('rolledBack') ? 'rolledBack' : 'promoted'
  if (states.includes('held')) return 'held'
  return states.some((state) => state.startsWith('rollingBack')) ? 'rollingBack' : 'running'
}
