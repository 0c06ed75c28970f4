import { assign, setup } from 'xstate'
import type { ProgramStep } from '../plan/program.js'
import type { Outcome } from '../vocabulary/verdict.js'
import { changes } from './changes.js'
import { orders } from './orders.js'
import type { ReleaseEvent } from './protocol.js'
import {
  type Cause,
  currentStep,
  initialContext,
  judgeOf,
  noSetting,
  pointOfNoReturn,
  type RollbackStep,
  type TrackContext,
  type TrackSetting,
} from './track-context.js'

/** What a release tells its tracks. Never from outside. */
export type Command =
  | { readonly type: 'track.started'; readonly at: number }
  | { readonly type: 'hold.ordered'; readonly at: number }
  | { readonly type: 'rollback.ordered'; readonly at: number; readonly cause: Cause }

export type TrackEvent = ReleaseEvent | Command

/** A router that loses its weight this often in one step is not under our control. */
const mostDrifts = 5

const isBakeOrJudge = (context: TrackContext) => ['bake', 'judge'].includes(currentStep(context)?.type ?? '')

// Short words for the machine's own actions and guards.
const change = <N extends keyof typeof changes>(name: N) => ({ type: 'change', params: name }) as const
const order = <N extends keyof typeof orders>(name: N) => ({ type: 'order', params: name }) as const
const due = <D extends keyof TrackContext['deadlines']>(deadline: D) => ({ type: 'isDue', params: deadline }) as const
const nextIs = (type: ProgramStep['type']) => ({ type: 'nextIs', params: type }) as const
const undoIs = (kind: RollbackStep['kind']) => ({ type: 'undoIs', params: kind }) as const
const outcomeIs = (outcome: Outcome) => ({ type: 'outcomeIs', params: outcome }) as const

/** One order of a rollback, sent again until it succeeds. */
const untilDone = {
  'deadline.passed': [
    { guard: due('retry'), target: 'choosing', actions: change('retryDue') },
    { guard: due('step'), actions: change('escalate') },
  ],
} as const
const done = { guard: 'answers', target: 'choosing', actions: change('undone') } as const

interface Circumstances {
  readonly context: TrackContext
  readonly event: TrackEvent
}

/** An answer to the order in hand; to any other it is late, and changes nothing (I27). */
const answers = ({ context, event }: Circumstances) => 'key' in event && event.key === context.awaiting?.key

/** Questions about a track and what happens to it. Pure. */
export const guards = {
  answers,
  isLate: (now) => !answers(now),
  isDue: ({ context, event }, deadline: keyof TrackContext['deadlines']) =>
    event.type === 'deadline.passed' && event.deadline === deadline && event.due === context.deadlines[deadline],
  nextIs: ({ context }, type: string) => currentStep(context)?.type === type,
  isOver: ({ context }) => currentStep(context) === undefined,
  isPaused: ({ context }) => context.paused !== null,
  hasNothingToRetire: ({ context }) => currentStep(context)?.type === 'retire' && context.setting.stable === undefined,
  isWatchedOnly: ({ context }) => isBakeOrJudge(context) && judgeOf(context) === undefined,
  isIrreversible: ({ context }) => pointOfNoReturn(context) !== null,
  isLastDrift: ({ context }) => context.drifts + 1 >= mostDrifts,
  isAsking: ({ context }) => context.awaiting !== null,
  isQuorum: ({ context }) => {
    const step = currentStep(context)
    return step?.type === 'approve' && context.approvals.length + 1 >= step.quorum
  },
  outcomeIs: ({ event }, outcome: string) =>
    (event.type === 'metrics.looked' && event.verdict.outcome === outcome) ||
    (event.type === 'hook.finished' && event.outcome === outcome),
  isBakedPass: ({ context, event }) =>
    event.type === 'metrics.looked' &&
    event.verdict.outcome === 'pass' &&
    context.watch !== null &&
    event.at >= context.watch.until,
  isHopeless: ({ context, event }) => context.watch !== null && event.at >= context.watch.giveUpAt,
  /** A human may stand in for a judge or a check, and leave those or a script out; never a deploy, a shift or an approval. */
  canBeWaived: ({ context }) => ['bake', 'judge', 'verify'].includes(currentStep(context)?.type ?? ''),
  canBeSkipped: ({ context }) => ['bake', 'judge', 'verify', 'run'].includes(currentStep(context)?.type ?? ''),
  undoIs: ({ context }, kind: string) => context.rollback?.steps[0]?.kind === kind,
  isUndone: ({ context }) => (context.rollback?.steps.length ?? 0) === 0,
} as const satisfies Record<string, (now: Circumstances, params: never) => boolean>

/**
 * The life of one unit in one stage.
 *
 * L1 Nothing is invoked or delayed: world and clock arrive as events, so every state can be visited and replayed.
 * L2 An order is data: the awaited effect is in the context, and `step` hands out each new one for the engine to carry out.
 * L3 A step is left forwards only by the answer to its order, a passing verdict, or a recorded human decision.
 * L4 `rollback.ordered` is accepted in every state; from then on no order raises the weight (I1, I7).
 * L5 Every waiting has a deadline and an exit, except where nothing can be rolled back: that waits for a human.
 * L6 The two `choosing` states are the only eventless ones, and lead only to states that are not.
 * L7 The context factory survives missing input: `transition()` builds a throw-away actor on every call.
 */
export const trackMachine = setup({
  types: {} as { context: TrackContext; input: TrackSetting | undefined; events: TrackEvent },
  actions: {
    change: assign(({ context, event }, name: keyof typeof changes) => changes[name](context, event)),
    order: assign(({ context }, kind: keyof typeof orders) => ({ awaiting: orders[kind](context) })),
  },
  guards,
}).createMachine({
  id: 'track',
  context: ({ input }) => initialContext(input ?? noSetting),
  initial: 'proposed',
  on: {
    'pause.requested': { actions: change('notePause') },
    'resume.requested': { actions: change('unpause') },
    'rollback.ordered': [
      { guard: 'isIrreversible', target: '.held', actions: change('holdForHuman') },
      { target: '.rollingBack', actions: change('beginRollback') },
    ],
    'invariant.broken': { target: '.held', actions: change('hold') },
  },
  states: {
    /** Waits for the tracks before it. Nothing was begun, so there is nothing to take back. */
    proposed: {
      on: {
        'track.started': 'choosing',
        'rollback.ordered': { target: 'rolledBack', actions: change('fail') },
        'invariant.broken': {},
      },
    },

    choosing: {
      always: [
        { guard: 'isOver', target: 'promoted' },
        { guard: 'isPaused', target: 'paused' },
        { guard: nextIs('deploy'), target: 'deploying.starting' },
        { guard: nextIs('shift'), target: 'deploying.shifting' },
        { guard: nextIs('run'), target: 'deploying.running' },
        { guard: nextIs('promote'), target: 'deploying.promoting' },
        { guard: 'hasNothingToRetire', target: 'promoted' },
        { guard: nextIs('retire'), target: 'deploying.retiring' },
        { guard: nextIs('verify'), target: 'verifying.checking' },
        { guard: nextIs('approve'), target: 'verifying.approving' },
        { guard: 'isWatchedOnly', target: 'verifying.waiting' },
        { target: 'verifying.watching' },
      ],
    },

    deploying: {
      initial: 'starting',
      on: {
        'effect.failed': { guard: 'answers', target: 'failed', actions: change('fail') },
        'deadline.passed': { guard: due('step'), target: 'failed', actions: change('fail') },
      },
      states: {
        starting: {
          entry: [change('allowDeploy'), order('deploy')],
          on: { 'unit.deployed': { guard: 'answers', target: '#track.choosing', actions: change('next') } },
        },
        shifting: {
          entry: [change('allowShift'), order('shift')],
          on: {
            'traffic.shifted': {
              guard: 'answers',
              target: '#track.choosing',
              actions: [change('noteWeight'), change('next')],
            },
          },
        },
        /** The router had lost the weight. Once it is back, the watch that found out begins again, with samples from then on. */
        reasserting: {
          entry: [change('allowShift'), order('shift')],
          on: {
            'traffic.shifted': {
              guard: 'answers',
              target: '#track.choosing',
              actions: [change('noteWeight'), change('again')],
            },
          },
        },
        running: {
          entry: [change('allowStep'), change('beginRun'), order('hook')],
          on: {
            'hook.finished': [
              { guard: 'isLate' },
              {
                guard: outcomeIs('pass'),
                target: '#track.choosing',
                actions: change('next'),
              },
              { target: '#track.failed', actions: change('fail') },
            ],
          },
        },
        promoting: {
          entry: [change('allowPromote'), order('promote')],
          on: { 'unit.promoted': { guard: 'answers', target: '#track.choosing', actions: change('next') } },
        },
        /** The new version is live and proven. An old one that will not go is a nuisance, and no reason to go back. */
        retiring: {
          entry: [change('allowRetire'), order('retire')],
          on: {
            'unit.retired': { guard: 'answers', target: '#track.choosing', actions: change('next') },
            'effect.failed': {
              guard: 'answers',
              target: '#track.choosing',
              actions: change('nextDespite'),
            },
            'deadline.passed': {
              guard: due('step'),
              target: '#track.choosing',
              actions: change('nextDespite'),
            },
          },
        },
      },
    },

    verifying: {
      initial: 'watching',
      states: {
        /** A bake without a judge: only time passes. */
        waiting: {
          entry: change('beginWatch'),
          on: {
            'deadline.passed': {
              guard: due('step'),
              target: '#track.choosing',
              actions: change('next'),
            },
            'promote.requested': { target: '#track.choosing', actions: change('next') },
          },
        },
        watching: {
          entry: [change('beginWatch'), order('look')],
          on: {
            'metrics.looked': [
              { guard: 'isLate' },
              {
                guard: outcomeIs('fail'),
                target: '#track.failed',
                actions: [change('noteLook'), change('fail')],
              },
              {
                guard: 'isBakedPass',
                target: '#track.choosing',
                actions: [change('noteLook'), change('next')],
              },
              {
                guard: 'isHopeless',
                target: '#track.held',
                actions: [change('noteLook'), change('hold')],
              },
              { actions: [change('noteLook'), change('planLook')] },
            ],
            'effect.failed': {
              guard: 'answers',
              actions: [change('noteTrouble'), change('planLook')],
            },
            'traffic.drifted': [
              { guard: 'isLate' },
              {
                guard: 'isLastDrift',
                target: '#track.failed',
                actions: [change('fail'), change('noteDrift')],
              },
              { target: '#track.deploying.reasserting', actions: [change('again'), change('noteDrift')] },
            ],
            'deadline.passed': [
              {
                guard: due('look'),
                actions: [change('lookDue'), order('look')],
              },
              { guard: due('step'), target: '#track.held', actions: change('hold') },
            ],
            'promote.requested': { target: '#track.choosing', actions: change('next') },
          },
        },
        checking: {
          entry: [change('allowStep'), order('hook')],
          on: {
            'hook.finished': [
              { guard: 'isLate' },
              {
                guard: outcomeIs('pass'),
                target: '#track.choosing',
                actions: change('next'),
              },
              {
                guard: outcomeIs('fail'),
                target: '#track.failed',
                actions: change('fail'),
              },
              { target: '#track.held', actions: change('hold') },
            ],
            // A check that could not be made, or was not finished, proves nothing either way.
            'effect.failed': { guard: 'answers', target: '#track.held', actions: change('hold') },
            'deadline.passed': {
              guard: due('step'),
              target: '#track.held',
              actions: change('hold'),
            },
            'promote.requested': { target: '#track.choosing', actions: change('next') },
          },
        },
        approving: {
          entry: [change('allowStep'), order('approval')],
          on: {
            'approval.requested': { guard: 'answers', actions: change('answered') },
            // People can still answer by a signal.
            'effect.failed': { guard: 'answers', actions: change('noteTrouble') },
            'approval.granted': [
              { guard: 'isQuorum', target: '#track.choosing', actions: change('next') },
              // Somebody is still being asked, and answers for one person only; a question that was delivered stands as it is.
              { guard: 'isAsking', actions: [change('noteApproval'), order('approval')] },
              { actions: change('noteApproval') },
            ],
            'approval.rejected': { target: '#track.failed', actions: change('fail') },
            'deadline.passed': {
              guard: due('step'),
              target: '#track.held',
              actions: change('hold'),
            },
          },
        },
      },
    },

    paused: {
      entry: change('allowPause'),
      on: {
        'resume.requested': { target: 'choosing', actions: change('unpause') },
        'deadline.passed': { guard: due('step'), target: 'failed', actions: change('fail') },
      },
    },

    /** Waits for a human, and then follows the plan's fallback. */
    held: {
      on: {
        'retry.requested': { target: 'choosing', actions: change('retry') },
        'promote.requested': { guard: 'canBeWaived', target: 'choosing', actions: change('next') },
        'skip.requested': { guard: 'canBeSkipped', target: 'choosing', actions: change('next') },
        'deadline.passed': { guard: due('step'), target: 'failed', actions: change('fail') },
      },
    },

    /** The release decides at once what the failure means. */
    failed: {
      on: { 'hold.ordered': { target: 'held', actions: change('hold') } },
    },

    rollingBack: {
      initial: 'choosing',
      on: {
        'rollback.ordered': {},
        'effect.failed': {
          guard: 'answers',
          actions: [change('noteTrouble'), change('planRetry')],
        },
        // The way back is never left: it is tried again, later and loudly.
        'invariant.broken': { actions: [change('noteTrouble'), change('escalate'), change('planRetry')] },
      },
      states: {
        choosing: {
          always: [
            { guard: 'isUndone', target: '#track.rolledBack', actions: change('settle') },
            { guard: undoIs('restore'), target: 'restoring' },
            { guard: undoIs('shift'), target: 'shifting' },
            { guard: undoIs('reinstate'), target: 'reinstating' },
            { guard: undoIs('undo'), target: 'undoing' },
            { target: 'retiring' },
          ],
        },
        restoring: { entry: order('restore'), on: { ...untilDone, 'unit.deployed': done } },
        shifting: {
          entry: order('shiftBack'),
          on: { ...untilDone, 'traffic.shifted': { ...done, actions: [change('noteWeight'), change('undone')] } },
        },
        reinstating: { entry: order('reinstate'), on: { ...untilDone, 'unit.promoted': done } },
        undoing: {
          entry: order('undo'),
          on: {
            ...untilDone,
            'hook.finished': [
              { guard: 'isLate' },
              { guard: outcomeIs('pass'), target: 'choosing', actions: change('undone') },
              { actions: [change('noteTrouble'), change('planRetry')] },
            ],
          },
        },
        retiring: { entry: order('retireCanary'), on: { ...untilDone, 'unit.retired': done } },
      },
    },

    promoted: { on: { 'invariant.broken': {} } },
    rolledBack: { on: { 'rollback.ordered': {}, 'invariant.broken': {} } },
  },
})
