import type { Signal } from '../lifecycle/protocol.js'
import { currentStep } from '../lifecycle/track-context.js'
import { consequenceOf, contextsOf, touched } from './consequence.js'
import type { Told } from './fact.js'
import type { Moment } from './moment.js'

/** What a person or another system asked for, and got, in words. */
export function tellSignal(moment: Moment, signal: Signal): Told {
  const who = signal.actor.id
  const decided = { kind: 'signal', isDecision: true, ...quoted(signal) } as const
  switch (signal.type) {
    case 'pause.requested':
      return { ...decided, tone: 'warn', says: `${who} paused the release.` }
    case 'resume.requested':
      return { ...decided, says: `${who} resumed the release.` }
    case 'abort.requested':
      return { ...decided, tone: 'bad', says: `${who} aborted the release${consequenceOf(moment).says}.` }
    case 'promote.requested':
      return { ...decided, tone: 'warn', says: `${who} took the place of the judge of ${steps(moment)}.` }
    case 'retry.requested':
      return { ...decided, says: `${who} had ${steps(moment)} begun again.` }
    case 'skip.requested':
      return { ...decided, tone: 'warn', says: `${who} had ${steps(moment)} left out.` }
    case 'approval.granted':
    case 'approval.rejected':
      return { ...decided, ...tellAnswerOf(moment, signal) }
  }
}

const quoted = ({ reason }: Signal) => (reason === '' ? {} : { detail: `“${reason}”` })

/** The steps that were current on the tracks that the signal acted on. */
function steps(moment: Moment): string {
  const found = touched(moment).flatMap((id) => {
    const [then] = contextsOf(moment, id)
    const step = then && currentStep(then)
    return step === undefined ? [] : `${id}#${step.id}`
  })
  return found.join(', ') || 'no step'
}

function tellAnswerOf(moment: Moment, { type, actor, gate }: Extract<Signal, { gate: string }>): Told {
  const { says, isDecision } = consequenceOf(moment)
  const [track = null] = touched(moment)
  if (type === 'approval.rejected') return { kind: 'gate', track, tone: 'bad', says: `${actor.id} rejected gate ${gate}${says}.` }
  const [then] = track === null ? [] : contextsOf(moment, track)
  const step = then && currentStep(then)
  const count = step?.type === 'approve' ? `, ${then!.approvals.length + 1} of ${step.quorum}` : ''
  const end = isDecision ? ', so it is open' : ''
  return { kind: 'gate', track, tone: isDecision ? 'good' : 'plain', says: `${actor.id} approved gate ${gate}${count}${end}.` }
}

const asked: Record<Signal['type'], string> = {
  'pause.requested': 'pause the release',
  'resume.requested': 'resume the release',
  'abort.requested': 'abort the release',
  'promote.requested': 'take the place of a judge',
  'retry.requested': 'have a step begun again',
  'skip.requested': 'have a step left out',
  'approval.granted': 'approve',
  'approval.rejected': 'reject',
}

/** A signal that changed nothing, and why. */
export function tellRefusal({ type, actor }: Signal, why: string): Told {
  return { kind: 'signal', tone: 'warn', says: `${actor.id} may not ${asked[type]} now.`, detail: why }
}
