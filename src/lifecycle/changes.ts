import { sameActorKey } from '../vocabulary/actor.js'
import { durationMs } from '../vocabulary/duration.js'
import { causeOf } from './cause.js'
import type { TrackEvent } from './machine.js'
import { rollbackPlan } from './rollback-plan.js'
import { currentStep, judgeOf, type TrackContext } from './track-context.js'

type Change = (context: TrackContext, event: TrackEvent) => Partial<TrackContext>

/** First wait before a failed rollback order is sent again, and the longest; it doubles in between. Milliseconds. */
const firstRetryMs = 1_000
const longestRetryMs = 60_000
/** A look may still be under way when its watch gives up; its answer is waited for this long. Milliseconds. */
const lookGraceMs = 60_000

const noDeadlines = { step: null, look: null, retry: null } as const
/** Leaves a step behind: what belonged to it must not leak into the next. */
const cleared = { awaiting: null, deadlines: noDeadlines, watch: null, approvals: [], held: null, notice: null } as const

const stepDeadline = (at: number) => ({ ...noDeadlines, step: at })

const nextStep = ({ index }: TrackContext) =>
  ({ ...cleared, index: index + 1, generation: 1, verdict: null, failure: null, drifts: 0 }) as const

const beginAgain = ({ generation }: TrackContext) =>
  ({ ...cleared, generation: generation + 1, verdict: null, failure: null }) as const

/** What each action of the machine changes in the context. Pure, total: an event that does not fit changes nothing. */
export const changes = {
  next: nextStep,
  nextDespite: (context, event) => ({ ...nextStep(context), notice: causeOf(context, event) }),
  again: beginAgain,
  /** A human has looked into it: what went wrong before is not held against the step. */
  retry: (context) => {
    const { [judgeOf(context) ?? '']: _, ...evidence } = context.evidence
    return { ...beginAgain(context), drifts: 0, evidence }
  },

  allowDeploy: ({ setting }, { at }) => ({ deadlines: stepDeadline(at + setting.timeouts.deploy) }),
  allowShift: ({ setting }, { at }) => ({ deadlines: stepDeadline(at + setting.timeouts.shift) }),
  allowPromote: ({ setting }, { at }) => ({ deadlines: stepDeadline(at + setting.timeouts.promote), isPromoting: true }),
  allowRetire: ({ setting }, { at }) => ({ deadlines: stepDeadline(at + setting.timeouts.retire) }),
  allowPause: ({ setting }, { at }) => ({ deadlines: stepDeadline(at + setting.timeouts.pause) }),
  allowStep: (context, { at }) => {
    const step = currentStep(context)
    return step && 'timeout' in step ? { deadlines: stepDeadline(at + durationMs(step.timeout)) } : {}
  },
  /** Recorded before the hook is called: once it may have begun, it counts as having run. */
  beginRun: (context) => {
    const step = currentStep(context)
    if (step?.type !== 'run' || context.generation > 1) return {}
    const { id, undo, irreversible, input } = step
    return {
      irreversible: irreversible ? id : context.irreversible,
      undoable: undo === undefined ? context.undoable : [...context.undoable, { id, hook: undo, input }],
    }
  },
  beginWatch: (context, { at }) => {
    const step = currentStep(context)
    if (step?.type !== 'bake' && step?.type !== 'judge') return {}
    const until = step.type === 'bake' ? at + durationMs(step.for) : at
    const giveUpAt = step.type === 'bake' ? until + durationMs(step.patience) : at + durationMs(step.within)
    return {
      watch: { until, giveUpAt, looks: 0, from: null, carry: null },
      deadlines: stepDeadline(step.judge === undefined ? until : giveUpAt + lookGraceMs),
    }
  },
  planLook: (context, { at }) => {
    const step = currentStep(context)
    if (context.watch === null || (step?.type !== 'bake' && step?.type !== 'judge')) return {}
    const next = at + durationMs(step.every)
    const { until } = context.watch
    // The last look of a bake ends with the bake, not up to one interval later.
    return { deadlines: { ...context.deadlines, look: at < until ? Math.min(next, until) : next } }
  },
  lookDue: ({ deadlines }) => ({ deadlines: { ...deadlines, look: null } }),

  noteWeight: (_, event) => (event.type === 'traffic.shifted' ? { weight: event.weight, weightSince: event.at } : {}),
  noteDrift: ({ drifts }, event) => (event.type === 'traffic.drifted' ? { weight: event.weight, drifts: drifts + 1 } : {}),
  noteLook: (context, event) => {
    const { watch, evidence } = context
    const judge = judgeOf(context)
    return event.type === 'metrics.looked' && watch !== null && judge !== undefined
      ? {
          awaiting: null,
          verdict: event.verdict,
          evidence: { ...evidence, [judge]: event.evidence },
          watch: { ...watch, looks: watch.looks + 1, from: event.look.to, carry: event.carry },
        }
      : {}
  },
  noteApproval: ({ approvals }, event) =>
    event.type === 'approval.granted' ? { awaiting: null, approvals: [...approvals, sameActorKey(event.actor)] } : {},
  noteTrouble: (context, event) => ({ awaiting: null, notice: causeOf(context, event) }),
  notePause: (_, event) =>
    event.type === 'pause.requested' ? { paused: { code: 'pause/requested', says: `${event.actor.id}: ${event.reason}` } } : {},
  unpause: () => ({ paused: null }),
  answered: () => ({ awaiting: null }),

  fail: (context, event) => ({ ...cleared, failure: causeOf(context, event) }),
  hold: (context, event) => ({
    ...cleared,
    held: { ...causeOf(context, event), since: event.at },
    deadlines: stepDeadline(event.at + context.setting.timeouts.hold),
  }),
  /** What cannot be rolled back has no fallback either: it waits for a human, however long that takes. */
  holdForHuman: (context, event) => ({ ...cleared, held: { ...causeOf(context, event), since: event.at } }),

  beginRollback: (context, event) => ({
    ...cleared,
    paused: null,
    failure: context.failure ?? causeOf(context, event),
    deadlines: stepDeadline(event.at + context.setting.timeouts.rollback),
    rollback: { steps: rollbackPlan(context), attempts: 0, isEscalated: false },
  }),
  undone: ({ rollback, deadlines }) => ({
    awaiting: null,
    notice: null,
    deadlines: { ...deadlines, retry: null },
    rollback: rollback && { ...rollback, attempts: 0, steps: rollback.steps.slice(1) },
  }),
  planRetry: ({ rollback, deadlines }, { at }) => {
    if (rollback === null) return {}
    const waitMs = Math.min(firstRetryMs * 2 ** rollback.attempts, longestRetryMs)
    return {
      awaiting: null,
      rollback: { ...rollback, attempts: rollback.attempts + 1 },
      deadlines: { ...deadlines, retry: at + waitMs },
    }
  },
  /** A deadline that nobody listens to any more would pass again and again. */
  settle: () => cleared,
  retryDue: ({ deadlines }) => ({ deadlines: { ...deadlines, retry: null } }),
  escalate: ({ rollback, deadlines }) => ({
    deadlines: { ...deadlines, step: null },
    rollback: rollback && { ...rollback, isEscalated: true },
  }),
} as const satisfies Record<string, Change>
