import type { PlanTree } from '../plan/plan-schema.js'
import { type Program, programOf, type Track } from '../plan/program.js'
import type { Actor } from '../vocabulary/actor.js'
import type { Artifact } from '../vocabulary/artifact.js'
import { ReleaseError } from '../vocabulary/errors.js'
import type { TrackEvent } from './machine.js'
import type { Effect, ReleaseEvent } from './protocol.js'
import { type TrackSnapshot, transitionTrack } from './table.js'
import { type Cause, gateOf, initialContext, type TrackContext } from './track-context.js'

export type { TrackSnapshot }

/** A release as its events have made it. Plain JSON, never changed in place. */
export interface ReleaseSnapshot {
  readonly release: string
  readonly plan: PlanTree
  readonly planHash: string
  readonly program: Program
  readonly artifacts: Readonly<Record<string, Artifact>>
  /** What was live before, by track. */
  readonly stable: Readonly<Record<string, Artifact>>
  readonly author: Actor
  readonly phase: 'proposed' | 'running' | 'ended' | 'archived'
  readonly tracks: Readonly<Record<string, TrackSnapshot>>
  /** Tracks that were told to roll back, or will be as soon as those that depend on them are back. */
  readonly rollback: { readonly scope: readonly string[]; readonly told: readonly string[]; readonly cause: Cause } | null
  /** Ids of signals that have acted, so that a second delivery does not (I42). */
  readonly signals: readonly string[]
  /** When the last event happened, epoch milliseconds. */
  readonly at: number
}

/** A track went from one state to another; for readers of the journal. */
export interface Move {
  readonly track: string
  readonly from: string
  readonly to: string
}

export interface Step {
  readonly snapshot: ReleaseSnapshot
  /** New orders, for the engine to carry out. */
  readonly effects: readonly Effect[]
  readonly moves: readonly Move[]
}

/**
 * One step in the life of a release. Pure: the same snapshot and event always give the same result.
 *
 * R1 A finished release absorbs every event but its archiving (I9).
 * R2 Tracks start when those before them are promoted; they roll back when those that depend on them are back.
 */
export function step(before: ReleaseSnapshot | undefined, event: ReleaseEvent): Step {
  if (before === undefined) return propose(event)
  if (before.phase === 'archived') return { snapshot: before, effects: [], moves: [] }
  if (before.phase === 'ended') {
    const phase = event.type === 'release.archived' ? 'archived' : 'ended'
    return { snapshot: { ...before, phase, at: event.at }, effects: [], moves: [] }
  }
  const draft: Draft = { ...before, at: event.at, tracks: { ...before.tracks } }
  if (event.type === 'release.validated' && draft.phase === 'proposed') {
    draft.phase = 'running'
    draft.stable = event.stable
    draft.tracks = tracksOf(draft)
  }
  if ('id' in event && 'actor' in event) draft.signals = [...draft.signals, event.id]
  if (event.type === 'abort.requested')
    rollBack(draft, draft.program.tracks, { code: 'abort/requested', says: `${event.actor.id}: ${event.reason}` })
  else for (const track of addressees(draft, event)) send(draft, track, event)
  coordinate(draft)
  return { snapshot: draft, ...difference(before, draft) }
}

type Draft = { -readonly [K in keyof ReleaseSnapshot]: ReleaseSnapshot[K] } & { tracks: Record<string, TrackSnapshot> }

function propose(event: ReleaseEvent): Step {
  if (event.type !== 'release.proposed')
    throw new ReleaseError('journal/corrupt', `A release begins with release.proposed, and this one with ${event.type}.`)
  const { release, plan, planHash, artifacts, author, at } = event
  const snapshot: ReleaseSnapshot = {
    release,
    plan,
    planHash,
    program: programOf(plan),
    artifacts,
    stable: {},
    author,
    phase: 'proposed',
    tracks: {},
    rollback: null,
    signals: [],
    at,
  }
  return { snapshot, effects: [], moves: [] }
}

/** Every track of a release as it begins. */
export function tracksOf({ release, program, artifacts, stable, author }: ReleaseSnapshot): Record<string, TrackSnapshot> {
  const { timeouts } = program
  return Object.fromEntries(
    program.tracks.map((track) => {
      const { unit } = track
      const canary = unit === null ? undefined : artifacts[unit]
      const old = stable[track.id]
      const setting = { release, track, timeouts, author, ...(canary && { canary }), ...(old && { stable: old }) }
      return [track.id, { state: 'proposed', context: initialContext(setting) }]
    }),
  )
}

/** Whom an event is for. */
function addressees({ program, tracks }: Draft, event: ReleaseEvent): readonly Track[] {
  if ('gate' in event)
    return program.tracks.filter(
      ({ id }) => stateOf(tracks[id]) === 'verifying.approving' && gateOf(contextOf(tracks[id])) === event.gate,
    )
  if ('track' in event && event.track !== undefined) return program.tracks.filter(({ id }) => id === event.track && tracks[id])
  return program.tracks.filter(({ id }) => tracks[id])
}

function send(draft: Draft, { id }: Track, event: TrackEvent): void {
  draft.tracks[id] = transitionTrack(draft.tracks[id]!, event)
}

/** Lets every track react to what became of the others, until nothing changes: each turn moves a track on for good. */
function coordinate(draft: Draft): void {
  if (draft.phase !== 'running') return
  for (let isSettled = false; !isSettled; ) {
    isSettled = true
    for (const track of draft.program.tracks) {
      const command = commandFor(draft, track)
      if (command === undefined) continue
      send(draft, track, command)
      isSettled = false
    }
  }
  if (draft.program.tracks.every((track) => isSettledFor(draft, track))) draft.phase = 'ended'
}

function commandFor(draft: Draft, track: Track): TrackEvent | undefined {
  const { at, tracks } = draft
  const state = stateOf(tracks[track.id])
  if (state === 'failed') {
    const failure = contextOf(tracks[track.id]).failure ?? { code: 'failed', says: `${track.id} failed.` }
    // A hold that nobody ended has used up its chance; now the fallback is due.
    if (track.onFailure === 'hold' && !failure.code.endsWith('/expired')) return { type: 'hold.ordered', at }
    const isMeant = (other: Track) => track.onFailure === 'rollback-all' || other.stage === track.stage
    rollBack(draft, draft.program.tracks.filter(isMeant), failure)
  }
  const { rollback } = draft
  if (rollback?.scope.includes(track.id)) {
    if (rollback.told.includes(track.id) || !areDependentsBack(draft, track)) return undefined
    draft.rollback = { ...rollback, told: [...rollback.told, track.id] }
    return { type: 'rollback.ordered', at, cause: rollback.cause }
  }
  const isItsTurn = state === 'proposed' && track.after.every((other) => stateOf(tracks[other]) === 'promoted')
  return isItsTurn ? { type: 'track.started', at } : undefined
}

function rollBack(draft: Draft, tracks: readonly Track[], cause: Cause): void {
  const scope = new Set([...(draft.rollback?.scope ?? []), ...tracks.map(({ id }) => id)])
  // What could not be taken back, and was sent on by a human, has to be told again.
  const told = (draft.rollback?.told ?? []).filter(
    (id) => isAnswering(draft.tracks[id]) || !tracks.some((track) => track.id === id),
  )
  draft.rollback = { told, cause: draft.rollback?.cause ?? cause, scope: [...scope] }
}

/** It does what it was told when it was told to roll back: it is on its way, or waits for a human without limit. */
function isAnswering(track: TrackSnapshot | undefined): boolean {
  const state = stateOf(track)
  return state.startsWith('roll') || (state === 'held' && contextOf(track).deadlines.step === null)
}

/** Reverse order of deployment; but a rollback that is stuck or forbidden must not keep the others from theirs. */
function areDependentsBack({ program, tracks, rollback }: Draft, track: Track): boolean {
  return program.tracks
    .filter(({ id, after }) => after.includes(track.id) && rollback?.scope.includes(id))
    .every(({ id }) => {
      const state = stateOf(tracks[id])
      const isForbidden = state === 'held' && rollback?.told.includes(id) === true
      return state === 'rolledBack' || isForbidden || contextOf(tracks[id]).rollback?.isEscalated === true
    })
}

/** Nothing more will happen to it: it is promoted, it is back, or its turn can never come. */
function isSettledFor({ program, tracks }: Draft, track: Track): boolean {
  const state = stateOf(tracks[track.id])
  return state === 'promoted' || state === 'rolledBack' || (state === 'proposed' && isBlocked(track))

  function isBlocked({ after }: Track): boolean {
    return after.some((id) => {
      const other = program.tracks.find((candidate) => candidate.id === id)!
      const found = stateOf(tracks[id])
      return found === 'rolledBack' || (found === 'proposed' && isBlocked(other))
    })
  }
}

function difference(before: ReleaseSnapshot, after: ReleaseSnapshot): Pick<Step, 'effects' | 'moves'> {
  const effects: Effect[] = []
  const moves: Move[] = []
  for (const { id } of after.program.tracks) {
    const [old, now] = [before.tracks[id], after.tracks[id]]
    if (old === now || now === undefined) continue
    const { awaiting } = contextOf(now)
    if (awaiting !== null && awaiting !== (old && contextOf(old).awaiting)) effects.push(awaiting)
    if (stateOf(old) !== stateOf(now)) moves.push({ from: stateOf(old), to: stateOf(now), track: id })
  }
  return { effects, moves }
}

/** Nothing will happen any more. */
export const hasEnded = ({ phase }: ReleaseSnapshot): boolean => phase === 'ended' || phase === 'archived'

/** The state as a path, such as `verifying.watching`; `proposed` before a release is validated. */
export function stateOf(track: TrackSnapshot | undefined): string {
  return track?.state ?? 'proposed'
}

export function contextOf(track: TrackSnapshot | undefined): TrackContext {
  if (track === undefined) throw new Error('asked for the context of a track that does not exist yet')
  return track.context
}

/** Every order whose answer is still awaited: what an engine that has just started must see to. */
export function awaited({ phase, tracks }: ReleaseSnapshot): Effect[] {
  const orders: Effect[] = []
  if (phase !== 'running') return orders
  for (const id in tracks) {
    const { awaiting } = tracks[id]!.context
    if (awaiting !== null) orders.push(awaiting)
  }
  return orders
}

const kindsOfDeadline = ['step', 'look', 'retry'] as const

export interface Deadline {
  readonly track: string
  readonly deadline: (typeof kindsOfDeadline)[number]
  readonly due: number
}

/** Every instant at which a `deadline.passed` is due. */
export function deadlines({ phase, tracks }: ReleaseSnapshot): Deadline[] {
  const found: Deadline[] = []
  if (phase !== 'running') return found
  for (const track in tracks)
    for (const deadline of kindsOfDeadline) {
      const due = tracks[track]!.context.deadlines[deadline]
      if (due !== null) found.push({ track, deadline, due })
    }
  return found
}

/** The first of those instants; `null` where nothing is due without anybody's help. */
export function soonest({ phase, tracks }: ReleaseSnapshot): number | null {
  let first: number | null = null
  if (phase !== 'running') return first
  for (const track in tracks)
    for (const deadline of kindsOfDeadline) {
      const due = tracks[track]!.context.deadlines[deadline]
      if (due !== null && (first === null || due < first)) first = due
    }
  return first
}
