import type { ReleaseEvent } from '../lifecycle/protocol.js'
import { currentStep } from '../lifecycle/track-context.js'
import type { Artifact } from '../vocabulary/artifact.js'
import { consequenceOf, contextsOf } from './consequence.js'
import type { Told } from './fact.js'
import type { Moment } from './moment.js'
import { tellAnswer, tellFailure } from './tell-answer.js'
import { tellRefusal, tellSignal } from './tell-signal.js'

/** What the event of a record means in words; `undefined` where it means nothing to people. */
export function tellEvent(moment: Moment): Told | undefined {
  const { event } = moment.entry
  switch (event.type) {
    case 'release.proposed':
      return life(`${event.author.id} proposed ${builds(event.artifacts)} with plan ${event.plan.name}.`)
    case 'release.validated':
      return life(`The plan fits what is installed. Live now: ${builds(event.stable) || 'nothing yet'}.`)
    case 'release.archived':
      return life('The release is archived.')
    case 'approval.requested':
      return { kind: 'gate', says: 'The question was delivered to the approver.' }
    case 'effect.failed':
      return tellFailure(moment, event)
    case 'deadline.passed':
      return tellDeadline(moment, event)
    case 'invariant.broken':
      return {
        kind: 'trouble',
        says: 'taxiway stopped itself before it broke a promise.',
        detail: event.says,
        tone: 'bad',
        isDecision: true,
      }
    case 'signal.refused':
      return tellRefusal(event.signal, event.says)
    default:
      return 'actor' in event ? tellSignal(moment, event) : tellAnswer(moment, event)
  }
}

const life = (says: string): Told => ({ kind: 'life', says })

/** Units and their versions: "checkout 2.0.0, web 7". */
const builds = (artifacts: Readonly<Record<string, Artifact>>) =>
  Object.entries(artifacts)
    .map(([unit, { version }]) => `${unit} ${version}`)
    .join(', ')

type Deadline = Extract<ReleaseEvent, { type: 'deadline.passed' }>

function tellDeadline(moment: Moment, { track, deadline }: Deadline): Told | undefined {
  const [then, now] = contextsOf(moment, track)
  if (then === undefined || now === undefined || deadline !== 'step') return undefined
  if (now.rollback?.isEscalated && !then.rollback?.isEscalated) {
    const says = 'The rollback takes longer than it may, and needs a human. It goes on.'
    return { kind: 'trouble', says, tone: 'bad', isDecision: true }
  }
  const step = currentStep(then)
  const { says, tone, isDecision } = consequenceOf(moment)
  if (!isDecision) return undefined
  if (tone === 'good' && step?.type === 'bake') return { kind: 'work', says: `${step.id} is over; no judge watched it.` }
  if (tone === 'good') return { kind: 'trouble', says: `Time ran out for ${step?.id}; it is left as it is.`, tone: 'warn' }
  const detail = (now.held ?? now.failure)?.says ?? ''
  const subject = then.held ? `The hold of ${step?.id} ran out` : `Time ran out for ${step?.id}`
  return { kind: 'trouble', says: `${subject}${says}.`, tone, isDecision, detail }
}
