import { builtInJudge } from '../../src/analysis/built-in-judges.js'
import type { Effect, ReleaseEvent, Signal } from '../../src/lifecycle/protocol.js'
import { recordOf } from '../../src/lifecycle/record.js'
import { deadlines, type ReleaseSnapshot, step } from '../../src/lifecycle/release.js'
import { refusalOf } from '../../src/lifecycle/signals.js'
import { isRouted } from '../../src/lifecycle/track-context.js'
import { planHash } from '../../src/plan/define-plan.js'
import type { PlanTree } from '../../src/plan/plan-schema.js'
import type { JournalRecord } from '../../src/ports/journal.js'
import type { Actor } from '../../src/vocabulary/actor.js'
import type { Artifact } from '../../src/vocabulary/artifact.js'
import type { Json } from '../../src/vocabulary/canonical-json.js'
import type { Comparison, Look } from '../../src/vocabulary/measurement.js'
import type { Verdict } from '../../src/vocabulary/verdict.js'

type Reply<E> = E extends { key: string; track: string } ? Omit<E, 'at' | 'track' | 'key'> : never
/** What the world answers to an order, after some milliseconds of its own or the usual ones; `silence` for never. */
export type Answer = (Reply<ReleaseEvent> & { readonly afterMs?: number }) | 'silence'

/** Where a look stands, for whoever makes up its numbers. */
export interface Scene {
  readonly metric: string
  readonly track: string
  readonly from: number
  readonly to: number
  /** Of the canary, percent. */
  readonly weight: number
  /** Milliseconds since the release was proposed. */
  readonly sinceStart: number
}

type SignalGiven = Signal extends infer S
  ? S extends Signal
    ? Omit<S, 'at' | 'id' | 'reason'> & { reason?: string }
    : never
  : never

export interface StoryOptions {
  readonly release?: string
  /** Default: version 2.0.0 of every unit. */
  readonly artifacts?: Readonly<Record<string, Artifact>>
  /** What runs before, by track. Default: version 1.9.0 everywhere. */
  readonly stable?: Readonly<Record<string, Artifact>>
  readonly author?: Actor
  /** Epoch milliseconds. */
  readonly startAt?: number
  /** What is measured. Default: 1,000 requests per cohort and look, of which two fail. */
  readonly measure?: (scene: Scene) => Comparison
  /** Takes the place of the usual answer; `nth` counts the answers to the same key, from 1. */
  readonly answer?: (order: Effect, nth: number) => Answer | undefined
  /** What people do, by milliseconds since the start. A signal that does not fit is journaled as refused. */
  readonly people?: readonly (readonly [afterMs: number, signal: SignalGiven])[]
  /** Stops after so many milliseconds; default: when the release has ended. */
  readonly untilMs?: number
}

const usualMs: Record<Effect['type'], number> = {
  'unit.deploy': 42_000,
  'unit.promote': 65_000,
  'unit.retire': 20_000,
  'traffic.shift': 1_500,
  'metrics.look': 300,
  'hook.call': 25_000,
  'approval.request': 800,
}

const healthy: Comparison = {
  canary: { kind: 'counts', total: 1_000, bad: 2 },
  control: { kind: 'counts', total: 1_000, bad: 2 },
}

/**
 * Lives a release in virtual time, and returns its journal: orders are answered, deadlines pass, people act, judges judge
 * with the plan's own settings.
 * @throws Error when nothing can happen any more and the release has not ended
 */
export function story(plan: PlanTree, options: StoryOptions = {}): JournalRecord[] {
  const { release = 'checkout-42', author = { id: 'ann@example.org' }, startAt = Date.UTC(2026, 2, 1, 12) } = options
  const { untilMs = Number.POSITIVE_INFINITY, people = [], answer = () => undefined } = options
  const everyUnit = Object.fromEntries(Object.keys(plan.units).map((unit) => [unit, { version: '2.0.0' }]))
  const artifacts = options.artifacts ?? everyUnit

  const records: JournalRecord[] = []
  const answers: { due: number; order: Effect; reply: Exclude<Answer, 'silence'> | undefined }[] = []
  const asked = new Map<string, number>()
  let signals = people.map(([afterMs, signal], index) => ({ due: startAt + afterMs, signal, id: `signal-${index + 1}` }))
  let snapshot: ReleaseSnapshot | undefined

  function happen(event: ReleaseEvent): ReleaseSnapshot {
    const next = step(snapshot, event)
    records.push({ release, seq: records.length + 1, at: event.at, body: recordOf(event, next) })
    for (const order of next.effects) {
      const nth = (asked.get(order.key) ?? 0) + 1
      asked.set(order.key, nth)
      const reply = answer(order, nth)
      if (reply === 'silence') continue
      answers.push({ due: event.at + (reply?.afterMs ?? usualMs[order.type]), order, reply })
    }
    snapshot = next.snapshot
    return snapshot
  }

  const tree: PlanTree = JSON.parse(JSON.stringify(plan))
  happen({ type: 'release.proposed', at: startAt, release, plan: tree, planHash: planHash(plan), artifacts, author })
  const program = snapshot!.program.tracks
  const everywhere = program.flatMap(({ id, unit }) => (unit === null ? [] : [[id, { version: '1.9.0' }] as const]))
  let now = happen({ type: 'release.validated', at: startAt + 250, stable: options.stable ?? Object.fromEntries(everywhere) })

  while (now.phase === 'running') {
    const [deadline] = deadlines(now).toSorted((a, b) => a.due - b.due)
    const [reply] = answers.toSorted((a, b) => a.due - b.due)
    const [act] = signals
    const due = Math.min(
      deadline?.due ?? Number.POSITIVE_INFINITY,
      reply?.due ?? Number.POSITIVE_INFINITY,
      act?.due ?? Number.POSITIVE_INFINITY,
    )
    if (due > startAt + untilMs) return records
    if (due === Number.POSITIVE_INFINITY) throw new Error(`${release} stands still, and nothing is left to happen`)
    const at = Math.max(due, now.at)
    if (reply?.due === due) {
      answers.splice(answers.indexOf(reply), 1)
      now = happen(answered(now, reply.order, at, reply.reply))
    } else if (act?.due === due) {
      signals = signals.slice(1)
      const signal = { reason: '', ...act.signal, at, id: act.id } as Signal
      const refusal = refusalOf(now, signal)
      now = happen(refusal === undefined ? signal : { type: 'signal.refused', at, signal, says: refusal })
    } else now = happen({ type: 'deadline.passed', ...deadline!, at })
  }
  return records

  function answered(now: ReleaseSnapshot, order: Effect, at: number, reply?: Exclude<Answer, 'silence'>): ReleaseEvent {
    const { track, key } = order
    const place = { at, track, key }
    if (reply !== undefined) {
      const { afterMs: _, ...event } = reply
      return { ...event, ...place } as ReleaseEvent
    }
    switch (order.type) {
      case 'unit.deploy':
        return { type: 'unit.deployed', ...place }
      case 'unit.promote':
        return { type: 'unit.promoted', ...place }
      case 'unit.retire':
        return { type: 'unit.retired', ...place }
      case 'traffic.shift':
        return { type: 'traffic.shifted', ...place, weight: order.weight }
      case 'hook.call':
        return { type: 'hook.finished', ...place, outcome: 'pass', says: `${order.hook} came to a good end.` }
      case 'approval.request':
        return { type: 'approval.requested', ...place }
      case 'metrics.look':
        return looked(now, order, at)
    }
  }

  function looked(
    now: ReleaseSnapshot,
    { track, key, judge: name, from }: Extract<Effect, { type: 'metrics.look' }>,
    at: number,
  ): ReleaseEvent {
    const settings = plan.judges[name]
    if (settings === undefined || settings.use === 'custom') throw new Error(`a story has no judge "${name}"; answer its looks`)
    const judge = builtInJudge(settings)
    const { context } = now.tracks[track]!
    const weight = isRouted(context) ? context.weight : 100
    const evidence = context.evidence[name]
    const answer = { type: 'metrics.looked', at, track, key, carry: null } as const
    if (from === null)
      return { ...answer, look: { from: at, to: at, metrics: {} }, verdict: watching, evidence: judge.begin(evidence) as Json }
    const measured = judge.metrics.map((metric) => {
      const scene = { metric, track, from, to: at, weight, sinceStart: at - startAt }
      return [metric, options.measure?.(scene) ?? healthy]
    })
    const look: Look = { from, to: at, metrics: Object.fromEntries(measured) }
    const { state, verdict } = judge.look(evidence ?? judge.begin(), look)
    return { ...answer, look, verdict, evidence: state as Json }
  }
}

const watching: Verdict = {
  outcome: 'inconclusive',
  reasons: [{ code: 'watching', says: 'The watch begins; there is nothing to judge yet.', outcome: 'inconclusive' }],
}
