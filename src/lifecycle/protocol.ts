/**
 * Everything that can happen to a release (events, past facts) and everything a release can order (effects).
 * Events are what a journal holds; a snapshot is what they amount to. Nothing else goes in or out of the machine.
 */
import { z } from 'zod'
import { planSchema } from '../plan/plan-schema.js'
import { actorSchema } from '../vocabulary/actor.js'
import { artifactSchema } from '../vocabulary/artifact.js'
import { uncopiedJsonSchema } from '../vocabulary/canonical-json.js'
import { lookSchema } from '../vocabulary/measurement.js'
import { nameSchema } from '../vocabulary/name.js'
import { outcomeSchema, verdictSchema } from '../vocabulary/verdict.js'
import { weightSchema } from '../vocabulary/weight.js'

/** Epoch milliseconds on the engine's clock; never smaller than that of the event before (I41). */
const at = z.number().min(0)
const text = z.string().max(4_000)
/** The track an event belongs to, and the idempotency key of the effect it answers. */
const answer = { at, track: z.string(), key: z.string() }

const proposedEvent = z.strictObject({
  type: z.literal('release.proposed'),
  at,
  release: nameSchema,
  plan: planSchema,
  planHash: z.string(),
  artifacts: z.record(nameSchema, artifactSchema),
  author: actorSchema,
})

const lifeEvents = [
  /** Bindings, capabilities and the present state were checked; `stable` is what runs now, by track. */
  z.strictObject({ type: z.literal('release.validated'), at, stable: z.record(z.string(), artifactSchema) }),
  z.strictObject({ type: z.literal('release.archived'), at }),
] as const

const answerEvents = [
  z.strictObject({ type: z.literal('unit.deployed'), ...answer }),
  z.strictObject({ type: z.literal('unit.promoted'), ...answer }),
  z.strictObject({ type: z.literal('unit.retired'), ...answer }),
  /** The router was read back, and has this weight in force (I5). */
  z.strictObject({ type: z.literal('traffic.shifted'), ...answer, weight: weightSchema }),
  /** The router has another weight in force than the one confirmed before: a restart, or a hand edit. */
  z.strictObject({ type: z.literal('traffic.drifted'), ...answer, weight: weightSchema }),
  z.strictObject({
    type: z.literal('metrics.looked'),
    ...answer,
    look: lookSchema,
    verdict: verdictSchema,
    /** The judge's state, kept for its later watches as well. */
    evidence: uncopiedJsonSchema,
    /** What the next look of this watch needs to know: where the counters stood. */
    carry: uncopiedJsonSchema,
  }),
  z.strictObject({ type: z.literal('hook.finished'), ...answer, outcome: outcomeSchema, says: text }),
  z.strictObject({ type: z.literal('approval.requested'), ...answer }),
  /** Every attempt is used up, or the error was permanent. */
  z.strictObject({ type: z.literal('effect.failed'), ...answer, code: z.string().max(100), says: text }),
  z.strictObject({
    type: z.literal('deadline.passed'),
    at,
    track: z.string(),
    deadline: z.enum(['step', 'look', 'retry']),
    due: at,
  }),
  /** What an event would have led to breaks an invariant; it was left out, and the release is held instead. */
  z.strictObject({ type: z.literal('invariant.broken'), at, says: text }),
] as const

const signal = {
  at,
  /** Given by the sender; the same id twice has the effect of one (I42). */
  id: z.string().min(1).max(200),
  actor: actorSchema,
  reason: text,
}
/** One track, or every track the signal fits. */
const target = { track: z.string().max(300).optional() }
const gate = { gate: z.string().max(300) }

export const signalSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('pause.requested'), ...signal }),
  z.strictObject({ type: z.literal('resume.requested'), ...signal }),
  z.strictObject({ type: z.literal('abort.requested'), ...signal }),
  /** A human takes the place of the judge: this bake, judge or verify counts as passed. */
  z.strictObject({ type: z.literal('promote.requested'), ...signal, ...target }),
  /** Do the held step again, from its beginning. */
  z.strictObject({ type: z.literal('retry.requested'), ...signal, ...target }),
  /** Leave the held verify, run or judge step out. */
  z.strictObject({ type: z.literal('skip.requested'), ...signal, ...target }),
  z.strictObject({ type: z.literal('approval.granted'), ...signal, ...gate }),
  z.strictObject({ type: z.literal('approval.rejected'), ...signal, ...gate }),
])
/** What people and other systems may ask of a release. */
export type Signal = z.infer<typeof signalSchema>

/** Everything but the proposal, whose plan alone has a larger schema than all of these. */
export const laterEventSchema = z.discriminatedUnion('type', [
  ...lifeEvents,
  ...answerEvents,
  ...signalSchema.options,
  /** A signal that did not fit, kept for the auditor (S40). */
  z.strictObject({ type: z.literal('signal.refused'), at, signal: signalSchema, says: text }),
])
export const eventSchema = z.discriminatedUnion('type', [proposedEvent, ...laterEventSchema.options])
export type ReleaseEvent = z.infer<typeof eventSchema>

/** How an effect is told apart for ever: release, track, step, generation and kind; never clock, chance or attempt (I24). */
const order = { key: z.string(), track: z.string() }
const version = { unit: nameSchema, artifact: artifactSchema }

export const effectSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('unit.deploy'), ...order, ...version, role: z.enum(['stable', 'canary']) }),
  z.strictObject({ type: z.literal('unit.promote'), ...order, ...version, settles: z.boolean() }),
  z.strictObject({ type: z.literal('unit.retire'), ...order, ...version }),
  z.strictObject({ type: z.literal('traffic.shift'), ...order, unit: nameSchema, weight: weightSchema }),
  z.strictObject({
    type: z.literal('metrics.look'),
    ...order,
    unit: nameSchema,
    judge: nameSchema,
    /** Start of the interval; it ends when the source is asked. `null`: only remember where the counters stand. */
    from: at.nullable(),
  }),
  z.strictObject({ type: z.literal('hook.call'), ...order, unit: nameSchema, hook: nameSchema, input: uncopiedJsonSchema }),
  z.strictObject({
    type: z.literal('approval.request'),
    ...order,
    gate: z.string(),
    approver: nameSchema,
    quorum: z.int(),
    expiresAt: at,
  }),
])
export type Effect = z.infer<typeof effectSchema>
