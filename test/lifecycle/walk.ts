import { nextTurn, type Turn } from '../../src/lifecycle/invariants/history.js'
import type { Effect, ReleaseEvent, Signal } from '../../src/lifecycle/protocol.js'
import { awaited, deadlines, type ReleaseSnapshot, stateOf } from '../../src/lifecycle/release.js'
import { refusalOf } from '../../src/lifecycle/signals.js'
import { gateOf, type TrackContext } from '../../src/lifecycle/track-context.js'
import { planHash } from '../../src/plan/define-plan.js'
import type { PlanTree } from '../../src/plan/plan-schema.js'
import { programOf } from '../../src/plan/program.js'
import type { Outcome } from '../../src/vocabulary/verdict.js'

export const author = { id: 'ann' }
const people = [
  { id: 'bob', roles: ['sre'] },
  { id: 'cleo', roles: ['sre'] },
]

/** The first two records of a release. */
export function beginning(plan: PlanTree, isFirst = false): Turn[] {
  const at = Date.UTC(2030, 0, 1)
  const artifacts = Object.fromEntries(Object.keys(plan.units).map((unit) => [unit, { version: '2' }]))
  const stable = Object.fromEntries(
    programOf(plan).tracks.flatMap(({ id, unit }) => (unit === null || isFirst ? [] : [[id, { version: '1' }]])),
  )
  const proposed = { type: 'release.proposed', at, release: 'r', plan, planHash: planHash(plan), artifacts, author } as const
  const first = nextTurn(undefined, { event: proposed })
  return [first, nextTurn(first, { event: { type: 'release.validated', at, stable } })]
}

export const verdict = (outcome: Outcome) => ({ outcome, reasons: [{ code: 'told', says: `It is a ${outcome}.`, outcome }] })
const measured = { canary: { kind: 'counts', total: 100, bad: 0 }, control: { kind: 'counts', total: 100, bad: 0 } } as const
const outcomes = ['pass', 'fail', 'inconclusive'] as const

/** Every way in which the world can answer an order. */
export function answersTo(effect: Effect, context: TrackContext, now: number): ReleaseEvent[] {
  const { track, key } = effect
  const answer = { at: now, track, key }
  const failed = { type: 'effect.failed', ...answer, code: 'adapter/unavailable', says: 'It did not work.' } as const
  switch (effect.type) {
    case 'unit.deploy':
      return [{ type: 'unit.deployed', ...answer }, failed]
    case 'unit.promote':
      return [{ type: 'unit.promoted', ...answer }, failed]
    case 'unit.retire':
      return [{ type: 'unit.retired', ...answer }, failed]
    case 'traffic.shift':
      return [{ type: 'traffic.shifted', ...answer, weight: effect.weight }, failed]
    case 'approval.request':
      return [{ type: 'approval.requested', ...answer }, failed]
    case 'hook.call':
      return [...outcomes.map((outcome) => ({ type: 'hook.finished', ...answer, outcome, says: 'So it is.' }) as const), failed]
    case 'metrics.look': {
      const { until, giveUpAt } = context.watch ?? { until: now, giveUpAt: now }
      const instants = new Set([now, Math.max(now, until), Math.max(now, giveUpAt)])
      const looks = [...instants].flatMap((at) =>
        outcomes.map((outcome) => {
          const look = {
            from: effect.from ?? at,
            to: at,
            metrics: effect.from === null ? {} : { errors: measured },
            weightPercent: context.weight,
          }
          const seen = effect.from === null ? ('inconclusive' as const) : outcome
          return { type: 'metrics.looked', ...answer, at, look, verdict: verdict(seen), evidence: null, carry: null } as const
        }),
      )
      return [...looks, { type: 'traffic.drifted', ...answer, weight: 77 }, failed]
    }
  }
}

/** Every signal anybody could send, before it is asked whether it may act. */
export function signalsFor({ at, tracks }: ReleaseSnapshot): Signal[] {
  const by = { at, actor: people[0]!, reason: 'Because.' }
  const gates = Object.values(tracks).filter((track) => stateOf(track) === 'verifying.approving')
  return [
    ...(['pause', 'resume', 'abort', 'promote', 'retry', 'skip'] as const).map(
      (word) => ({ type: `${word}.requested`, id: word, ...by }) as Signal,
    ),
    ...gates.flatMap(({ context }) => {
      const gate = gateOf(context)
      return [
        ...[...people, author].map((actor) => ({ ...by, type: 'approval.granted', id: `yes ${actor.id}`, actor, gate }) as const),
        { ...by, type: 'approval.rejected', id: 'no', gate } as const,
      ]
    }),
  ]
}

/** An event that can come next, and who brings it about. */
export interface Next {
  readonly by: 'world' | 'time' | 'people'
  readonly event: ReleaseEvent
}

export function nextEvents(snapshot: ReleaseSnapshot): Next[] {
  const { at, tracks } = snapshot
  const world = awaited(snapshot).flatMap((effect) => answersTo(effect, tracks[effect.track]!.context, at))
  const time = deadlines(snapshot).map(
    ({ track, deadline, due }) => ({ type: 'deadline.passed', at: Math.max(at, due), track, deadline, due }) as const,
  )
  const signals = signalsFor({ ...snapshot, signals: [] })
    // A new id each time: the same person may ask again later.
    .map((signal) => ({ ...signal, id: `${signal.id} ${snapshot.signals.length}` }))
    .filter((signal) => refusalOf(snapshot, signal) === undefined)
  return [
    ...world.map((event) => ({ by: 'world', event }) as const),
    ...time.map((event) => ({ by: 'time', event }) as const),
    ...signals.map((event) => ({ by: 'people', event }) as const),
  ]
}

/** Everything of a snapshot that decides what can happen, without what only counts or dates: equal texts behave alike. */
export function essence(snapshot: ReleaseSnapshot): string {
  const { phase, rollback, tracks } = snapshot
  const all = Object.values(tracks).map((track) => {
    const c = track.context
    return [
      stateOf(track),
      c.index,
      Math.min(c.generation, 2),
      c.awaiting && [c.awaiting.type, 'from' in c.awaiting ? c.awaiting.from === null : 0],
      Object.entries(c.deadlines).map(([name, due]) => due !== null && name),
      c.weight,
      c.watch?.from === null,
      c.approvals,
      c.paused !== null,
      c.failure !== null,
      c.failure?.code.endsWith('/expired'),
      Math.min(c.drifts, 5),
      c.isPromoting,
      c.irreversible,
      c.undoable.length,
      c.rollback && [c.rollback.steps.length, c.rollback.isEscalated],
    ]
  })
  return JSON.stringify([phase, rollback && [rollback.scope, rollback.told], all])
}
