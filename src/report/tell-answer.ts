import type { Effect, ReleaseEvent } from '../lifecycle/protocol.js'
import { currentStep, type TrackContext } from '../lifecycle/track-context.js'
import { type Consequence, consequenceOf, contextsOf } from './consequence.js'
import type { Told } from './fact.js'
import type { Moment } from './moment.js'
import { sayOutcome, sayWeight } from './words.js'

type EventOf<T extends ReleaseEvent['type']> = Extract<ReleaseEvent, { type: T }>
type Answer = EventOf<
  'unit.deployed' | 'unit.promoted' | 'unit.retired' | 'traffic.shifted' | 'traffic.drifted' | 'metrics.looked' | 'hook.finished'
>

/** What the answer to an order means in words. */
export function tellAnswer(moment: Moment, event: Answer): Told {
  const [then] = contextsOf(moment, event.track)
  const order = then?.awaiting
  if (then === undefined || order?.key !== event.key)
    return { kind: 'work', says: 'An answer came to an order that no longer counts; it changed nothing.' }
  const result = consequenceOf(moment)
  switch (event.type) {
    case 'unit.deployed':
      return { kind: 'work', says: `${subject(order)} is deployed.` }
    case 'unit.promoted':
      return { kind: 'work', says: `${subject(order)} is the stable version of its target.` }
    case 'unit.retired':
      return { kind: 'work', says: `${subject(order)} is retired.` }
    case 'traffic.shifted':
      return { kind: 'weight', says: tellShift(then, event.weight) }
    case 'traffic.drifted': {
      const says = `The router had ${sayWeight(event.weight)} in force instead of ${sayWeight(then.weight)}`
      return result.isDecision
        ? { ...result, kind: 'weight', says: `${says}${result.says}.` }
        : { kind: 'weight', says: `${says}; it is set again.`, tone: 'warn' }
    }
    case 'hook.finished':
      return tellHook(then, event, result)
    case 'metrics.looked':
      return tellLook(then, event, result)
  }
}

/** What was ordered, as the subject of a sentence. */
function subject(order: Effect): string {
  return 'artifact' in order ? `${order.unit} ${order.artifact.version}` : order.track
}

function tellShift({ weight, rollback }: TrackContext, now: number): string {
  if (weight === now) return `The router confirms ${sayWeight(now)}.`
  const says = `The weight moved from ${sayWeight(weight)} to ${sayWeight(now)}`
  return rollback ? `${says}: all traffic is on stable.` : `${says}.`
}

function tellHook(then: TrackContext, { outcome, says: detail }: EventOf<'hook.finished'>, result: Consequence): Told {
  const undo = then.rollback?.steps[0]
  if (undo?.kind === 'undo')
    return outcome === 'pass'
      ? { kind: 'work', says: `${undo.id} is undone.`, detail }
      : { kind: 'trouble', says: `${undo.id} could not be undone; it is tried again.`, detail, tone: 'bad' }
  const step = currentStep(then)
  const isRoutine = outcome === 'pass' && step?.type === 'run'
  const says = `${step?.id} ${sayOutcome[outcome]}${outcome === 'pass' ? '' : result.says}.`
  return { kind: 'work', says, detail, tone: result.tone, isDecision: result.isDecision && !isRoutine }
}

function tellLook({ watch, awaiting }: TrackContext, { look, verdict }: EventOf<'metrics.looked'>, result: Consequence): Told {
  const [judge, from] = awaiting?.type === 'metrics.look' ? [awaiting.judge, awaiting.from] : ['', null]
  // The first one of a watch has no interval: it remembers where the counters stand.
  const looks = watch?.looks ?? 0
  if (from === null && !result.isDecision) return { kind: 'look', says: `${judge} has begun to look.` }
  return {
    kind: 'look',
    says: `Look ${looks} ${sayOutcome[verdict.outcome]}${result.says}.`,
    detail: firstReasons(verdict),
    tone: result.tone,
    isDecision: result.isDecision,
    evidence: { judge, window: { from: look.from, to: look.to }, looks, verdict },
  }
}

/** Up to two of the reasons that decided; the others of their kind are counted. */
function firstReasons({ outcome, reasons }: EventOf<'metrics.looked'>['verdict']): string {
  const decisive = reasons.filter((reason) => reason.outcome === outcome).map(({ says }) => says)
  return [...decisive.slice(0, 2), ...(decisive.length > 2 ? [`(${decisive.length - 2} more)`] : [])].join(' ')
}

/** What the failure of an order means in words; `undefined` where the order no longer counts. */
export function tellFailure(moment: Moment, event: EventOf<'effect.failed'>): Told | undefined {
  const [then] = contextsOf(moment, event.track)
  const order = then?.awaiting
  if (then === undefined || order?.key !== event.key) return undefined
  const { says, tone, isDecision } = consequenceOf(moment)
  const trouble = { kind: 'trouble', detail: `${event.says} (${event.code})` } as const
  if (then.rollback) return { ...trouble, says: `${failed(order)}; it is tried again.`, tone: 'bad' }
  // Only retiring goes on despite a failure.
  if (tone === 'good') return { ...trouble, says: `${failed(order)}; it is left as it is.`, tone: 'warn' }
  return { ...trouble, says: `${failed(order)}${says}.`, tone: isDecision ? tone : 'warn', isDecision }
}

function failed(order: Effect): string {
  switch (order.type) {
    case 'unit.deploy':
      return `${subject(order)} could not be deployed`
    case 'unit.promote':
      return `${subject(order)} could not be promoted`
    case 'unit.retire':
      return `${subject(order)} could not be retired`
    case 'traffic.shift':
      return `The weight could not be moved to ${sayWeight(order.weight)}`
    case 'metrics.look':
      return 'A look could not be made'
    case 'hook.call':
      return `Hook ${order.hook} could not be called`
    case 'approval.request':
      return `The question could not be delivered to ${order.approver}`
  }
}
