import { expect, test } from 'vitest'
import { type AnyStateNode, type SnapshotFrom, transition } from 'xstate'
import { nextTurn } from '../../src/lifecycle/invariants/history.js'
import { type TrackEvent, trackMachine } from '../../src/lifecycle/machine.js'
import type { ReleaseSnapshot } from '../../src/lifecycle/release.js'
import { type TrackSnapshot, transitionTrack } from '../../src/lifecycle/table.js'
import { firstReleases, type PlanName, plans } from '../support/stories.js'
import { beginning, essence, nextEvents, verdict } from './walk.js'

/** Snapshots that a release of this plan can be in, each essence once, up to so many. */
function reachable(name: PlanName, most: number): ReleaseSnapshot[] {
  const found = new Map<string, ReleaseSnapshot>()
  const queue = [beginning(plans[name], firstReleases.includes(name)).at(-1)!]
  for (let turn = queue.shift(); turn !== undefined && found.size < most; turn = queue.shift()) {
    const id = essence(turn.after)
    if (found.has(id)) continue
    found.set(id, turn.after)
    queue.push(...nextEvents(turn.after).map(({ event }) => nextTurn(turn, { event })))
  }
  return [...found.values()]
}

/** Every kind of event, once as an answer to what the track awaits, and once as one that comes too late. */
function everyEvent(track: TrackSnapshot, at: number): TrackEvent[] {
  const { awaiting, deadlines, setting } = track.context
  const id = setting.track.id
  const actor = { id: 'bob', roles: ['sre'] }
  const by = { at, id: 'signal', actor, reason: 'Because.' }
  const cause = { code: 'abort/requested', says: 'Stop.' }
  const answers = [awaiting?.key ?? 'none', 'late'].flatMap((key): TrackEvent[] => {
    const answer = { at, track: id, key }
    const look = { from: at, to: at, metrics: {}, weightPercent: 5 }
    return [
      ...(['unit.deployed', 'unit.promoted', 'unit.retired', 'approval.requested'] as const).map((type) => ({ type, ...answer })),
      ...(['traffic.shifted', 'traffic.drifted'] as const).map((type) => ({ type, ...answer, weight: 5 })),
      ...(['pass', 'fail', 'inconclusive'] as const).flatMap((outcome): TrackEvent[] => [
        { type: 'hook.finished', ...answer, outcome, says: 'So it is.' },
        { type: 'metrics.looked', ...answer, look, verdict: verdict(outcome), evidence: { n: 1 }, carry: null },
      ]),
      { type: 'effect.failed', ...answer, code: 'adapter/unavailable', says: 'It did not work.' },
    ]
  })
  const times = (['step', 'look', 'retry'] as const).flatMap((deadline) =>
    [deadlines[deadline] ?? 0, 1].map((due) => ({ type: 'deadline.passed', at, track: id, deadline, due }) as const),
  )
  const people = ['pause', 'resume', 'abort', 'promote', 'retry', 'skip'].map((word) => ({ type: `${word}.requested`, ...by }))
  const gates = ['approval.granted', 'approval.rejected'].map((type) => ({ type, ...by, gate: 'any' }))
  const commands: TrackEvent[] = [
    { type: 'track.started', at },
    { type: 'hold.ordered', at },
    { type: 'rollback.ordered', at, cause },
  ]
  const others = ['release.archived', 'signal.refused', 'invariant.broken', 'no.such.event'].map((type) => ({
    type,
    at,
    track: id,
    code: 'I0',
    says: 'Something.',
    invariant: 'I0',
  }))
  return [
    ...answers,
    ...times,
    ...(people as TrackEvent[]),
    ...(gates as TrackEvent[]),
    ...commands,
    ...(others as unknown as TrackEvent[]),
  ]
}

/** To a state, with each plan: so many different snapshots of it are enough. */
const mostVisits = 8

/** Each track as if it were alone. */
const apart = (snapshot: ReleaseSnapshot): ReleaseSnapshot[] =>
  Object.entries(snapshot.tracks).map(([id, track]) => ({ ...snapshot, rollback: null, tracks: { [id]: track } }))

/** XState's own snapshot of the same state and context. */
function forXState({ state, context }: TrackSnapshot): SnapshotFrom<typeof trackMachine> {
  const [outer = '', inner] = state.split('.')
  return trackMachine.resolveState({ value: inner === undefined ? outer : { [outer]: inner }, context } as never)
}

function stateFrom({ value, context }: SnapshotFrom<typeof trackMachine>): TrackSnapshot {
  const path = typeof value === 'string' ? [value] : Object.entries(value).flat()
  return { state: path.join('.'), context }
}

/** What comes of it: a snapshot, or how it broke. */
function outcomeOf(go: () => TrackSnapshot): TrackSnapshot | string {
  try {
    return go()
  } catch (error) {
    return String(error)
  }
}

test('the table that releases are driven by does in every state what the machine does', () => {
  const seen = new Set<string>()
  const states = new Set<string>()
  const visits = new Map<string, number>()
  const queue = (Object.keys(plans) as PlanName[]).flatMap((name) => reachable(name, 400).flatMap(apart))
  let [steps, moves] = [0, 0]
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [track] = Object.values(next.tracks) as [TrackSnapshot]
    const { at } = next
    const kind = essence(next)
    const place = `${next.planHash} ${track.state}`
    const others = visits.get(place) ?? 0
    if (seen.has(kind) || others === mostVisits) continue
    seen.add(kind)
    visits.set(place, others + 1)
    states.add(track.state)
    const machine = forXState(track)
    const { watch } = track.context
    for (const now of new Set([at, Math.max(at, watch?.until ?? at), Math.max(at, watch?.giveUpAt ?? at)]))
      for (const event of everyEvent(track, now)) {
        const ours = outcomeOf(() => transitionTrack(track, event))
        const theirs = outcomeOf(() => stateFrom(transition(trackMachine, machine, event)[0]))
        if (JSON.stringify(ours) !== JSON.stringify(theirs)) expect({ event, ours }).toEqual({ event, ours: theirs })
        steps += 1
        if (typeof ours === 'string' || ours.state === track.state) continue
        moves += 1
        // A release leaves this one at once, so that no snapshot of a release shows it.
        if (ours.state === 'failed' && !states.has('failed')) queue.push({ ...next, at: now, tracks: { failed: ours } })
      }
  }
  console.log(`${steps} steps and ${moves} moves from ${seen.size} snapshots in ${states.size} states`)
  const eventless = ['choosing', 'rollingBack.choosing']
  expect([...states, ...eventless].sort()).toEqual(leaves(trackMachine.root).sort())
  expect(steps).toBeGreaterThan(40_000)
  expect(moves).toBeGreaterThan(1_000)
}, 60_000)

function leaves({ path, states }: AnyStateNode): string[] {
  const inner = Object.values(states)
  return inner.length > 0 ? inner.flatMap(leaves) : [path.join('.')]
}
