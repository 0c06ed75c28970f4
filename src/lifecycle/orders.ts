import type { Artifact } from '../vocabulary/artifact.js'
import type { Effect } from './protocol.js'
import { currentStep, gateOf, isRouted, type TrackContext, wantedWeight } from './track-context.js'

/** The idempotency key of an order: what is done for which step of which release, and the how-manieth time it was begun. */
function keyed(context: TrackContext, kind: Effect['type'], place: string) {
  const { release, track } = context.setting
  return { key: `${release}:${track.id}:${place}:${kind}`, track: track.id }
}

const forward = (context: TrackContext) => `${currentStep(context)?.id}:${context.generation}`
/** A release rolls back once, so a rollback's keys need no generation; a repeated attempt is the same order. */
const backward = (what: string) => `rollback:${what}`

function present<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new Error(`a track ordered something for its ${what}, and has none`)
  return value
}

const unit = ({ setting }: TrackContext) => present(setting.track.unit, 'unit')
const canary = ({ setting }: TrackContext): Artifact => present(setting.canary, 'canary')
const stable = ({ setting }: TrackContext): Artifact => present(setting.stable, 'stable version')

function stepOfType<T extends string>(context: TrackContext, ...types: readonly T[]) {
  const step = currentStep(context)
  if (step === undefined || !(types as readonly string[]).includes(step.type))
    throw new Error(`expected a ${types.join(' or ')} step`)
  return step as Extract<typeof step, { type: T }>
}

/** What each state orders on entry. Pure functions of the context. Those of the way forward have their members in canonical order. */
export const orders = {
  deploy: (context: TrackContext): Effect => {
    const { key, track } = keyed(context, 'unit.deploy', forward(context))
    return { artifact: canary(context), key, role: 'canary', track, type: 'unit.deploy', unit: unit(context) }
  },
  shift: (context: TrackContext): Effect => {
    const { key, track } = keyed(context, 'traffic.shift', forward(context))
    return { key, track, type: 'traffic.shift', unit: unit(context), weight: wantedWeight(context) }
  },
  promote: (context: TrackContext): Effect => {
    const { key, track } = keyed(context, 'unit.promote', forward(context))
    return { artifact: canary(context), key, settles: isRouted(context), track, type: 'unit.promote', unit: unit(context) }
  },
  retire: (context: TrackContext): Effect => {
    const { key, track } = keyed(context, 'unit.retire', forward(context))
    return { artifact: stable(context), key, track, type: 'unit.retire', unit: unit(context) }
  },
  look: (context: TrackContext): Effect => {
    const { judge } = stepOfType(context, 'bake', 'judge')
    const watch = present(context.watch, 'watch')
    return {
      from: watch.from,
      judge: present(judge, 'judge'),
      ...keyed(context, 'metrics.look', `${forward(context)}:${watch.looks}`),
      type: 'metrics.look',
      unit: unit(context),
    }
  },
  hook: (context: TrackContext): Effect => {
    const { hook, input } = stepOfType(context, 'verify', 'run')
    return { hook, input, ...keyed(context, 'hook.call', forward(context)), type: 'hook.call', unit: unit(context) }
  },
  /** `null` where no approver carries the question: the answer comes as a signal. */
  approval: (context: TrackContext): Effect | null => {
    const { approver, quorum } = stepOfType(context, 'approve')
    if (approver === undefined) return null
    return {
      type: 'approval.request',
      ...keyed(context, 'approval.request', `${forward(context)}:${context.approvals.length}`),
      gate: gateOf(context),
      approver,
      quorum,
      expiresAt: present(context.deadlines.step, 'deadline'),
    }
  },
  restore: (context: TrackContext): Effect => ({
    type: 'unit.deploy',
    ...keyed(context, 'unit.deploy', backward('restore')),
    unit: unit(context),
    artifact: stable(context),
    role: 'stable',
  }),
  shiftBack: (context: TrackContext): Effect => ({
    type: 'traffic.shift',
    ...keyed(context, 'traffic.shift', backward('shift')),
    unit: unit(context),
    weight: 0,
  }),
  reinstate: (context: TrackContext): Effect => ({
    type: 'unit.promote',
    ...keyed(context, 'unit.promote', backward('reinstate')),
    unit: unit(context),
    artifact: stable(context),
    settles: isRouted(context),
  }),
  undo: (context: TrackContext): Effect => {
    const step = context.rollback?.steps[0]
    if (step?.kind !== 'undo') throw new Error('expected an undo step')
    const { id, hook, input } = step
    return { type: 'hook.call', ...keyed(context, 'hook.call', backward(`undo:${id}`)), unit: unit(context), hook, input }
  },
  retireCanary: (context: TrackContext): Effect => ({
    type: 'unit.retire',
    ...keyed(context, 'unit.retire', backward('retire')),
    unit: unit(context),
    artifact: canary(context),
  }),
} as const satisfies Record<string, (context: TrackContext) => Effect | null>
