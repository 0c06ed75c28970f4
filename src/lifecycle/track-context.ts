import type { Program, ProgramStep, Track } from '../plan/program.js'
import type { Actor } from '../vocabulary/actor.js'
import type { Artifact } from '../vocabulary/artifact.js'
import type { Json } from '../vocabulary/canonical-json.js'
import type { Verdict } from '../vocabulary/verdict.js'
import type { Effect } from './protocol.js'

/** Why something stopped: a stable code, and a sentence for people. */
export interface Cause {
  readonly code: string
  readonly says: string
}

/** What a track is told once, when the release starts. Shared by every snapshot; never changes. */
export interface TrackSetting {
  readonly release: string
  readonly track: Track
  readonly timeouts: Program['timeouts']
  readonly author: Actor
  /** Absent for gates. */
  readonly canary?: Artifact
  /** Absent for gates, and for a unit that was never live. */
  readonly stable?: Artifact
}

/** What a rollback still has to do; each is skipped where it makes no sense. */
export type RollbackStep =
  | { readonly kind: 'restore' | 'shift' | 'reinstate' | 'retire' }
  | { readonly kind: 'undo'; readonly id: string; readonly hook: string; readonly input: Json }

export interface TrackContext {
  readonly setting: TrackSetting
  /** The current step. */
  readonly index: number
  /** Counts how often a step was begun again, so that a repeated step has keys of its own. */
  readonly generation: number
  /** The order whose answer is awaited. Answers to any other key are late, and change nothing (I27). */
  readonly awaiting: Effect | null
  /** Absolute instants; each fires once as `deadline.passed`. */
  readonly deadlines: { readonly step: number | null; readonly look: number | null; readonly retry: number | null }
  /** The canary's weight as last read back from the router, percent. */
  readonly weight: number
  /** When the weight last changed; samples from before never enter a verdict (I15). */
  readonly weightSince: number | null
  readonly watch: {
    /** A pass counts from here on. */
    readonly until: number
    /** No pass by then: hold. */
    readonly giveUpAt: number
    readonly looks: number
    /** End of the last look's interval: where the next one starts. */
    readonly from: number | null
    readonly carry: Json
  } | null
  /** By judge: its state after its last look, from weight to weight. */
  readonly evidence: Readonly<Record<string, Json>>
  readonly verdict: Verdict | null
  /** Keys of those who approved the current gate. */
  readonly approvals: readonly string[]
  readonly paused: Cause | null
  readonly held: (Cause & { readonly since: number }) | null
  readonly failure: Cause | null
  /** Something went wrong that decides nothing, such as a question that could not be delivered. */
  readonly notice: Cause | null
  /** How often in this step the router was found with another weight than confirmed. */
  readonly drifts: number
  /** The stable version may be changed or gone: a rollback restores it before it shifts. */
  readonly isPromoting: boolean
  /** Id of an irreversible step that was begun. From then on a failure holds for a human. */
  readonly irreversible: string | null
  /** Steps with an `undo` that were begun, in order. */
  readonly undoable: readonly { readonly id: string; readonly hook: string; readonly input: Json }[]
  readonly rollback: { readonly steps: readonly RollbackStep[]; readonly attempts: number; readonly isEscalated: boolean } | null
}

export function initialContext(setting: TrackSetting): TrackContext {
  return {
    setting,
    index: 0,
    generation: 1,
    awaiting: null,
    deadlines: { step: null, look: null, retry: null },
    weight: 0,
    weightSince: null,
    watch: null,
    evidence: {},
    verdict: null,
    approvals: [],
    paused: null,
    held: null,
    failure: null,
    notice: null,
    drifts: 0,
    isPromoting: false,
    irreversible: null,
    undoable: [],
    rollback: null,
  }
}

export function currentStep({ setting, index }: TrackContext): ProgramStep | undefined {
  return setting.track.steps[index]
}

/** The weight the plan wants at the current step: that of the last shift up to here. */
export function wantedWeight({ setting, index }: TrackContext): number {
  const last = setting.track.steps.slice(0, index + 1).findLast((step) => step.type === 'shift')
  return last?.type === 'shift' ? last.weight : 0
}

/** What makes a rollback impossible, where something does: it is for a human to say what happens then. */
export function pointOfNoReturn({ setting, irreversible, isPromoting }: TrackContext): string | null {
  if (irreversible !== null) return `${irreversible} cannot be taken back`
  if (isPromoting && setting.stable === undefined) return 'this is the first version, and there is none to go back to'
  return null
}

/** The judge of the current step, where it has one. */
export function judgeOf(context: TrackContext): string | undefined {
  const step = currentStep(context)
  return step !== undefined && 'judge' in step ? step.judge : undefined
}

export function isRouted({ setting }: TrackContext): boolean {
  return setting.track.bindings?.router !== undefined
}

/** Names the gate of an approve step in signals and questions. */
export function gateOf(context: TrackContext): string {
  return `${context.setting.track.id}#${currentStep(context)?.id ?? ''}`
}

/** For XState's throw-away actors, which start without input. No release is ever driven with it. */
export const noSetting: TrackSetting = {
  release: '',
  track: { id: '', stage: '', unit: null, bindings: null, after: [], steps: [], onFailure: 'hold' },
  timeouts: { deploy: 0, shift: 0, promote: 0, retire: 0, hold: 0, pause: 0, rollback: 0 },
  author: { id: 'nobody' },
}
