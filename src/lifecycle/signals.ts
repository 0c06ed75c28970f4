import { z } from 'zod'
import { sameActorKey } from '../vocabulary/actor.js'
import { ReleaseError } from '../vocabulary/errors.js'
import { type Signal, signalSchema } from './protocol.js'
import { type ReleaseSnapshot, stateOf } from './release.js'
import { currentStep, gateOf } from './track-context.js'

type Unstamped<T> = T extends unknown ? Omit<T, 'at'> : never

/**
 * What somebody outside asks for, as a signal. The type is the caller's to say, never the sender's, so nothing of the
 * machine's own can be sent (I22); of the rest only what a signal knows is read, once, and kept as a copy.
 * @throws ReleaseError `input/invalid`
 */
export function signalFrom(type: Signal['type'], by: unknown, newId: () => string): Unstamped<Signal> {
  let why: string
  try {
    const { id = newId(), actor, reason, track, gate } = by as { readonly [K in string]?: unknown }
    const parsed = signalSchema.safeParse({
      type,
      at: 0,
      id,
      actor,
      reason,
      ...(track !== undefined && { track }),
      ...(gate !== undefined && { gate }),
    })
    if (parsed.success) return parsed.data
    why = z.prettifyError(parsed.error)
  } catch {
    why = 'It cannot be read.'
  }
  throw new ReleaseError('input/invalid', `${type} cannot be sent: ${why}`)
}

/**
 * Whether a signal may act on the release as it is now. Total; decided before the signal is journaled.
 * @returns why not, as a sentence; `undefined` when it may
 */
export function refusalOf(snapshot: ReleaseSnapshot, signal: Signal): string | undefined {
  const { phase, program, tracks, signals } = snapshot
  if (phase === 'ended' || phase === 'archived') return 'The release has ended. Start a new one.'
  if (signals.includes(signal.id)) return `Signal "${signal.id}" has acted already. Nothing was done twice.`
  if (signal.type === 'abort.requested') return undefined
  if (phase === 'proposed') return 'The release is not validated yet. Only abort is possible.'

  const meant = program.tracks.filter(({ id }) => !('track' in signal) || signal.track === undefined || signal.track === id)
  if (meant.length === 0)
    return `There is no track "${String('track' in signal && signal.track)}". Known: ${program.tracks.map(({ id }) => id).join(', ')}.`
  const isIn = (id: string, ...states: readonly string[]) => states.includes(stateOf(tracks[id]))
  const stepType = (id: string) => (tracks[id] ? currentStep(tracks[id].context)?.type : undefined)

  switch (signal.type) {
    case 'pause.requested':
      return meant.some(({ id }) => tracks[id]?.context.paused === null) ? undefined : 'The release is paused already.'
    case 'resume.requested':
      return meant.some(({ id }) => tracks[id]?.context.paused) ? undefined : 'The release is not paused.'
    case 'retry.requested':
      return meant.some(({ id }) => isIn(id, 'held')) ? undefined : 'Nothing is held, so there is nothing to retry.'
    case 'skip.requested':
      return meant.some(({ id }) => isIn(id, 'held') && ['bake', 'judge', 'verify', 'run'].includes(stepType(id) ?? ''))
        ? undefined
        : 'Only a held bake, judge, verify or run step can be skipped.'
    case 'promote.requested':
      return meant.some(
        ({ id }) =>
          isIn(id, 'verifying.waiting', 'verifying.watching', 'verifying.checking') ||
          (isIn(id, 'held') && ['bake', 'judge', 'verify'].includes(stepType(id) ?? '')),
      )
        ? undefined
        : 'A human can stand in for a bake, a judge or a verify that is under way or held; nothing of the kind is.'
    case 'approval.granted':
    case 'approval.rejected':
      return refuseAnswer(snapshot, signal)
  }
}

/** I18 to I21: the right gate, the right people, each once, not the author. */
function refuseAnswer(snapshot: ReleaseSnapshot, signal: Extract<Signal, { gate: string }>): string | undefined {
  const open = Object.values(snapshot.tracks).filter((track) => stateOf(track) === 'verifying.approving')
  const context = open.map((track) => track.context).find((candidate) => gateOf(candidate) === signal.gate)
  if (context === undefined) {
    const gates = open.map((track) => gateOf(track.context))
    return `Gate "${signal.gate}" is not open. ${gates.length > 0 ? `Open: ${gates.join(', ')}.` : 'No gate is.'}`
  }
  const step = currentStep(context)
  if (step?.type !== 'approve') return `Gate "${signal.gate}" is not open.`
  if (step.roles.length > 0 && !signal.actor.roles?.some((role) => step.roles.includes(role)))
    return `${signal.actor.id} has none of the roles ${step.roles.join(', ')}.`
  if (signal.type === 'approval.rejected') return undefined
  const key = sameActorKey(signal.actor)
  if (!step.byAuthor && key === sameActorKey(snapshot.author))
    return `${signal.actor.id} is the author, and cannot approve their own release.`
  if (context.approvals.includes(key))
    return `${signal.actor.id} has approved already; ${step.quorum} different people are needed.`
  if (context.deadlines.step !== null && signal.at >= context.deadlines.step) return `Gate "${signal.gate}" has expired.`
  return undefined
}
