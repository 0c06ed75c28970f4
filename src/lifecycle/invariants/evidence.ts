import type { ProgramStep } from '../../plan/program.js'
import { sameActorKey } from '../../vocabulary/actor.js'
import { durationMs } from '../../vocabulary/duration.js'
import type { ReleaseEvent } from '../protocol.js'
import { currentStep, gateOf } from '../track-context.js'
import { entryOf, firstTurn, type History, type Invariant, type Passage, passages, type Turn } from './history.js'

/** A step that was left forwards: by which event, and since when it had been under way. */
interface Leaving {
  readonly passage: Passage
  readonly step: ProgramStep
  readonly entry: Turn
  readonly turn: Turn
  readonly history: History
}

/** Every step left forwards in a turn. Each check below holds the event against what such a step needs. */
function leavings(turn: Turn, history: History): Leaving[] {
  return passages(turn).flatMap((passage) => {
    const step = currentStep(passage.before)
    if (step === undefined || passage.after.index <= passage.before.index) return []
    return [{ passage, step, entry: entryOf(history, turn, passage), turn, history }]
  })
}

function firstLeaving(complain: (leaving: Leaving) => string | undefined): Invariant['check'] {
  return firstTurn((turn, history) => {
    for (const leaving of leavings(turn, history)) {
      const says = complain(leaving)
      if (says !== undefined) return `${leaving.passage.id} left ${leaving.step.id}: ${says}`
    }
    return undefined
  })
}

/** Which events can end a step well. */
const endings: Record<ProgramStep['type'], readonly ReleaseEvent['type'][]> = {
  deploy: ['unit.deployed'],
  shift: ['traffic.shifted'],
  bake: ['metrics.looked', 'promote.requested', 'skip.requested'],
  judge: ['metrics.looked', 'promote.requested', 'skip.requested'],
  verify: ['hook.finished', 'promote.requested', 'skip.requested'],
  run: ['hook.finished', 'skip.requested'],
  approve: ['approval.granted'],
  promote: ['unit.promoted'],
  // The new version is live; an old one that will not go is a nuisance.
  retire: ['unit.retired', 'effect.failed', 'deadline.passed'],
}

const isHuman = ({ type }: ReleaseEvent) => type === 'promote.requested' || type === 'skip.requested'

/** I4, of a step that is left forwards. @param bakedAt - from when on, epoch milliseconds. @returns what is wrong with it */
export function leavesWrongly(event: ReleaseEvent, step: ProgramStep, bakedAt: number): string | undefined {
  const isWatchedOnly = step.type === 'bake' && step.judge === undefined
  if (isWatchedOnly ? event.type !== 'deadline.passed' && !isHuman(event) : !endings[step.type].includes(event.type))
    return `by ${event.type}`
  return isHuman(event) || event.at >= bakedAt ? undefined : `${bakedAt - event.at} ms before its time`
}

/** I13, of a step that is left forwards. */
export function passesUnproven(event: ReleaseEvent): string | undefined {
  const outcome =
    event.type === 'metrics.looked' ? event.verdict.outcome : event.type === 'hook.finished' ? event.outcome : 'pass'
  return outcome === 'pass' ? undefined : `the outcome was ${outcome}`
}

export const evidenceInvariants: readonly Invariant[] = [
  {
    id: 'I4',
    says: 'A step is left forwards only by what it needs, and a bake only once its time is over.',
    check: firstLeaving(({ step, entry, turn: { event }, passage }) => {
      if (passage.after.index > passage.before.index + 1) return 'a step was jumped over'
      if (event.type === 'skip.requested' && passage.from !== 'held') return 'it was skipped, and not held'
      return leavesWrongly(event, step, step.type === 'bake' ? entry.event.at + durationMs(step.for) : 0)
    }),
  },
  {
    id: 'I11',
    says: 'A look at which nothing could be measured is never a pass.',
    check: firstTurn(({ event }) => {
      if (event.type !== 'metrics.looked' || event.verdict.outcome !== 'pass') return undefined
      const seen = Object.values(event.look.metrics).filter(({ canary }) => canary.kind !== 'missing')
      return seen.length > 0 ? undefined : 'passed without a single measurement of the canary'
    }),
  },
  {
    id: 'I12',
    says: 'What is recorded of a look are finite numbers.',
    check: firstTurn(({ event }) => (event.type === 'metrics.looked' ? firstInfinite(event.look) : undefined)),
  },
  {
    id: 'I13',
    says: 'Only a pass moves forward; inconclusive and fail never do, except where a human decided and it was recorded.',
    check: firstLeaving(({ turn: { event } }) => passesUnproven(event)),
  },
  {
    id: 'I14',
    says: 'A verdict names its evidence: the interval it is about, and a reason.',
    check: firstTurn(({ event }) => {
      if (event.type !== 'metrics.looked') return undefined
      if (event.look.from > event.look.to) return 'its interval ends before it begins'
      return event.verdict.reasons.length > 0 ? undefined : `${event.verdict.outcome}, and no reason`
    }),
  },
  {
    id: 'I15',
    says: 'Samples from before the weight was confirmed never enter a verdict.',
    check: firstTurn((turn, history) => {
      const { event } = turn
      if (event.type !== 'metrics.looked') return undefined
      const passage = passages(turn).find(({ id }) => id === event.track)
      if (passage === undefined || passage.from !== 'verifying.watching') return undefined
      const since = Math.max(passage.before.weightSince ?? 0, entryOf(history, turn, passage).event.at)
      return Object.keys(event.look.metrics).length > 0 && event.look.from < since
        ? `the look begins ${since - event.look.from} ms too early`
        : undefined
    }),
  },
  {
    id: 'I18',
    says: 'An approve step is left only with enough recorded approvals of the right people, none of them the author.',
    check: firstLeaving(({ step, entry, turn, history, passage }) => {
      if (step.type !== 'approve') return undefined
      const gate = gateOf(passage.before)
      const granted = history.turns
        .slice(entry.seq, turn.seq)
        .flatMap(({ event }) => (event.type === 'approval.granted' && event.gate === gate ? event : []))
      const author = sameActorKey(turn.after.author)
      const expiresAt = entry.event.at + durationMs(step.timeout)
      const valid = granted.filter(
        ({ actor, at }) =>
          at < expiresAt &&
          (step.byAuthor || sameActorKey(actor) !== author) &&
          (step.roles.length === 0 || actor.roles?.some((role) => step.roles.includes(role))),
      )
      const people = new Set(valid.map(({ actor }) => sameActorKey(actor)))
      return people.size >= step.quorum ? undefined : `${people.size} of ${step.quorum} approvals`
    }),
  },
  {
    id: 'I20',
    says: 'One person counts once at a gate, however the name is written.',
    check: firstTurn(({ event, seq }, { turns }) => {
      if (event.type !== 'approval.granted') return undefined
      const key = sameActorKey(event.actor)
      const isSame = (other: ReleaseEvent) =>
        other.type === 'approval.granted' && other.gate === event.gate && sameActorKey(other.actor) === key
      return turns.slice(0, seq - 1).some((turn) => isSame(turn.event)) ? `${key} has approved before` : undefined
    }),
  },
  {
    id: 'I21',
    says: 'A rejection closes its gate for good, whatever is approved later.',
    check: firstTurn((turn) => {
      const { event } = turn
      if (event.type !== 'approval.rejected') return undefined
      const open = passages(turn).find(
        ({ from, to, before }) => from === 'verifying.approving' && to === from && gateOf(before) === event.gate,
      )
      return open && `the gate of ${open.id} is still open`
    }),
  },
]

function firstInfinite(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `${value} is recorded as a measurement`
  if (typeof value !== 'object' || value === null) return undefined
  for (const item of Object.values(value)) {
    const says = firstInfinite(item)
    if (says !== undefined) return says
  }
  return undefined
}
