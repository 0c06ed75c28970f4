import type { TrackEvent } from './machine.js'
import { type Cause, currentStep, pointOfNoReturn, type TrackContext } from './track-context.js'

/** Why this event stops the track: for the status, the report and the person who is woken up. */
export function causeOf(context: TrackContext, event: TrackEvent): Cause {
  const step = currentStep(context)?.id ?? 'the end'
  switch (event.type) {
    case 'effect.failed':
      return { code: event.code, says: event.says }
    case 'metrics.looked':
      return { code: `verdict/${event.verdict.outcome}`, says: event.verdict.reasons[0]?.says ?? 'The judge gave no reason.' }
    case 'hook.finished':
      return { code: `hook/${event.outcome}`, says: `${step}: ${event.says}` }
    case 'approval.rejected':
      return { code: 'approval/rejected', says: `${event.actor.id} rejected ${step}: ${event.reason}` }
    case 'traffic.drifted':
      return {
        code: 'traffic/drift',
        says: `The router had ${event.weight} % instead of ${context.weight} % again and again. Somebody else writes it.`,
      }
    case 'deadline.passed':
      return overdue(context, step)
    case 'invariant.broken':
      return { code: 'invariant/broken', says: event.says }
    case 'hold.ordered':
      return context.failure ?? { code: 'hold', says: `${step} failed.` }
    case 'rollback.ordered':
      return irreversible(context, event.cause)
    default:
      return { code: event.type, says: `${step} was stopped by ${event.type}.` }
  }
}

function irreversible(context: TrackContext, cause: Cause): Cause {
  const point = pointOfNoReturn(context)
  if (point === null) return cause
  return { code: 'rollback/irreversible', says: `There is no rollback, since ${point}; a human has to decide. ${cause.says}` }
}

function overdue(context: TrackContext, step: string): Cause {
  if (context.held) return { code: 'hold/expired', says: `Nobody decided in time. It was held because: ${context.held.says}` }
  if (context.watch)
    return {
      code: 'verdict/missing',
      says: `${step}: the judge came to no verdict in time. ${context.notice?.says ?? ''}`.trim(),
    }
  switch (currentStep(context)?.type) {
    case 'approve':
      return { code: 'approval/expired', says: `${step}: not enough approvals came in time.` }
    case 'verify':
      return { code: 'hook/unfinished', says: `${step} did not finish in time, so nothing is known.` }
    default:
      return { code: 'deadline/passed', says: `${step} did not finish in time.` }
  }
}
