import { ReleaseError } from '../../vocabulary/errors.js'
import type { ReleaseEvent } from '../protocol.js'
import { type ReleaseSnapshot, type Step, stateOf, step } from '../release.js'
import { currentStep } from '../track-context.js'
import { leavesWrongly, passesUnproven } from './evidence.js'
import { exceedsStep, raisesRolledBack, retiresServing } from './traffic.js'

/** What an engine records, and acts upon. */
export interface SoundStep {
  readonly event: ReleaseEvent
  readonly next: Step
}

/**
 * One step, asked before it is recorded whether it keeps the invariants that cost nothing to ask: I1, I3, I4, I6, I9, I13.
 * One that does not is left out: `invariant.broken` takes its place, and holds the release for a human. Only a bug in this
 * library gets here.
 * @throws ReleaseError `engine/stopped` where not even that can be done soundly
 */
export function soundStep(before: ReleaseSnapshot | undefined, event: ReleaseEvent): SoundStep {
  const next = step(before, event)
  const says = brokenBy(before, event, next)
  if (says === undefined) return { event, next }
  const held = { type: 'invariant.broken', at: event.at, says: `${says} It was left out: ${event.type}.` } as const
  const instead = before?.phase === 'running' ? step(before, held) : undefined
  if (instead === undefined || brokenBy(before, held, instead) !== undefined)
    throw new ReleaseError('engine/stopped', `Nothing was done, since a promise would have been broken: ${says}`)
  return { event: held, next: instead }
}

/** @returns the invariant a step breaks, and how; `undefined` for a sound one */
export function brokenBy(
  before: ReleaseSnapshot | undefined,
  event: ReleaseEvent,
  { snapshot: { tracks }, effects, moves }: Step,
): string | undefined {
  if (before === undefined) return undefined
  const isOver = before.phase === 'ended' || before.phase === 'archived'
  const wasOver = ({ track }: { readonly track: string }) => isOver || stateOf(before.tracks[track]) === 'rolledBack'
  const late = effects.find(wasOver) ?? moves.find(wasOver)
  if (late !== undefined) return `I9: ${late.track} was over already.`
  for (const effect of effects) {
    const { context } = tracks[effect.track]!
    const says =
      prefixed('I1', raisesRolledBack(effect, context)) ??
      prefixed('I3', exceedsStep(effect, context)) ??
      prefixed('I6', retiresServing(effect, context))
    if (says !== undefined) return says
  }
  if (before.phase !== 'running') return undefined
  for (const id in tracks) {
    const [old, now] = [before.tracks[id]!, tracks[id]!]
    const left = old !== now && now.context.index > old.context.index ? currentStep(old.context) : undefined
    if (left === undefined) continue
    const bakedAt = left.type === 'bake' ? (old.context.watch?.until ?? 0) : 0
    const says = prefixed('I4', leavesWrongly(event, left, bakedAt)) ?? prefixed('I13', passesUnproven(event))
    if (says !== undefined) return `${says} (${id} left ${left.id})`
  }
  return undefined
}

const prefixed = (id: string, says: string | undefined) => says && `${id}: ${says}.`
