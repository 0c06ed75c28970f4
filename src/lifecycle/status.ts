import type { Actor } from '../vocabulary/actor.js'
import type { Artifact } from '../vocabulary/artifact.js'
import type { Verdict } from '../vocabulary/verdict.js'
import { contextOf, hasEnded, type ReleaseSnapshot, soonest, stateOf } from './release.js'
import { type Cause, currentStep, gateOf, type TrackContext } from './track-context.js'

/** The field's words. Waiting and paused are reasons beside them, not states of their own. */
export type StatusWord =
  | 'proposed'
  | 'validated'
  | 'deploying'
  | 'verifying'
  | 'promoted'
  | 'failed'
  | 'rollingBack'
  | 'rolledBack'
  | 'archived'

export interface Waiting {
  readonly track: string
  readonly for: 'approval' | 'human' | 'resume' | 'retry'
  readonly says: string
  /** The gate to answer, where it is an approval. */
  readonly gate?: string
  /** Epoch milliseconds; `null`: for as long as it takes. */
  readonly until: number | null
}

export interface TrackStatus {
  readonly id: string
  readonly stage: string
  readonly unit: string | null
  /** The machine's state, such as `verifying.watching`. */
  readonly state: string
  readonly step: { readonly id: string; readonly type: string; readonly position: number; readonly of: number } | null
  readonly canary: Artifact | null
  readonly stable: Artifact | null
  /** The canary's weight as last confirmed by the router, percent. */
  readonly weight: number
  readonly verdict: Verdict | null
  readonly notice: Cause | null
  readonly failure: Cause | null
  /** When the current bake may end, epoch milliseconds. */
  readonly bakedAt: number | null
}

/** What is going on, and why: everything a person on call asks first. Plain JSON. */
export interface ReleaseStatus {
  readonly release: string
  readonly plan: string
  readonly planHash: string
  readonly author: Actor
  /** What is released, by unit. */
  readonly artifacts: Readonly<Record<string, Artifact>>
  readonly status: StatusWord
  /** Nothing will happen any more. */
  readonly isFinished: boolean
  /** Why it failed or rolled back. */
  readonly cause: Cause | null
  readonly paused: Cause | null
  readonly waiting: readonly Waiting[]
  /** The next instant at which something is decided without anybody's help, epoch milliseconds. */
  readonly nextAt: number | null
  readonly tracks: readonly TrackStatus[]
  /** When the last event happened, epoch milliseconds. */
  readonly at: number
}

export function statusOf(snapshot: ReleaseSnapshot): ReleaseStatus {
  const tracks = snapshot.program.tracks.map(({ id }) => trackStatus(snapshot, id))
  const contexts = snapshot.program.tracks.flatMap(({ id }) => snapshot.tracks[id]?.context ?? [])
  return {
    release: snapshot.release,
    plan: snapshot.plan.name,
    planHash: snapshot.planHash,
    author: snapshot.author,
    artifacts: snapshot.artifacts,
    status: wordFor(snapshot, tracks),
    isFinished: hasEnded(snapshot),
    cause: snapshot.rollback?.cause ?? contexts.find(({ failure }) => failure !== null)?.failure ?? null,
    paused: contexts.find(({ paused }) => paused !== null)?.paused ?? null,
    waiting:
      snapshot.phase === 'running'
        ? contexts.flatMap((context) => waitingOf(context, stateOf(snapshot.tracks[context.setting.track.id])))
        : [],
    nextAt: soonest(snapshot),
    tracks,
    at: snapshot.at,
  }
}

function trackStatus(snapshot: ReleaseSnapshot, id: string): TrackStatus {
  const { stage, unit } = snapshot.program.tracks.find((track) => track.id === id)!
  const track = snapshot.tracks[id]
  const nothing = { id, stage, unit, state: 'proposed', step: null, canary: null, stable: null, weight: 0 } as const
  if (track === undefined) return { ...nothing, verdict: null, notice: null, failure: null, bakedAt: null }
  const context = contextOf(track)
  const step = currentStep(context)
  return {
    ...nothing,
    state: stateOf(track),
    step: step ? { id: step.id, type: step.type, position: context.index + 1, of: context.setting.track.steps.length } : null,
    canary: context.setting.canary ?? null,
    stable: context.setting.stable ?? null,
    weight: context.weight,
    verdict: context.verdict,
    notice: context.notice,
    failure: context.failure,
    bakedAt: context.watch?.until ?? null,
  }
}

function wordFor({ phase }: ReleaseSnapshot, tracks: readonly TrackStatus[]): StatusWord {
  const some = (prefix: string) => tracks.some(({ state }) => state.startsWith(prefix))
  if (phase === 'archived' || phase === 'proposed') return phase
  if (phase === 'ended') return some('rolledBack') ? 'rolledBack' : 'promoted'
  if (some('rollingBack')) return 'rollingBack'
  if (tracks.some(({ state, failure }) => state === 'failed' || (state === 'held' && failure !== null))) return 'failed'
  if (some('verifying') || some('held')) return 'verifying'
  if (some('deploying') || some('paused') || some('promoted')) return 'deploying'
  return some('rolledBack') ? 'rollingBack' : 'validated'
}

function waitingOf(context: TrackContext, state: string): Waiting[] {
  const track = context.setting.track.id
  const until = context.deadlines.step
  const step = currentStep(context)
  if (state === 'verifying.approving' && step?.type === 'approve') {
    const roles = step.roles.length > 0 ? ` with role ${step.roles.join(' or ')}` : ''
    const says = `${context.approvals.length} of ${step.quorum} approvals${roles} for ${step.id}`
    return [{ track, for: 'approval', says, gate: gateOf(context), until }]
  }
  if (state === 'held' && context.held) return [{ track, for: 'human', says: context.held.says, until }]
  if (state === 'paused' && context.paused) return [{ track, for: 'resume', says: context.paused.says, until }]
  if (context.rollback && context.deadlines.retry !== null) {
    const loudly = context.rollback.isEscalated ? 'The rollback takes longer than it may, and needs a human. ' : ''
    return [{ track, for: 'retry', says: `${loudly}${context.notice?.says ?? ''}`.trim(), until: context.deadlines.retry }]
  }
  return []
}
