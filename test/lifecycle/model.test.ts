import { expect, test } from 'vitest'
import { fromTransition } from 'xstate'
import { getAdjacencyMap } from 'xstate/graph'
import type { Turn } from '../../src/lifecycle/invariants/history.js'
import { nextTurn } from '../../src/lifecycle/invariants/history.js'
import { violations } from '../../src/lifecycle/invariants.js'
import { trackMachine } from '../../src/lifecycle/machine.js'
import { deadlines, type ReleaseSnapshot, stateOf } from '../../src/lifecycle/release.js'
import { pointOfNoReturn } from '../../src/lifecycle/track-context.js'
import { firstReleases, type PlanName, plans } from '../support/stories.js'
import { beginning, essence, type Next, nextEvents } from './walk.js'

/** A state of a release, by its shortest way. */
interface Node {
  readonly id: string
  readonly turns: readonly Turn[]
  readonly snapshot: ReleaseSnapshot
}

interface Arrow extends Next {
  readonly to: Node
}

interface State extends Node {
  readonly arrows: readonly Arrow[]
}

/** An event as the graph wants it, with its number among all that can come next. */
type Numbered = Next & { readonly type: string; readonly nth: number }

/**
 * Walks every state that can be reached, and asks every invariant about every arrow. The walk is that of `xstate/graph`, over
 * the release as a whole, which is one machine for each track and what they do to each other.
 */
function explore(name: PlanName, withPeople: boolean) {
  const nodes = new Map<string, Node>()
  const broken = new Set<string>()
  const nodeAt = (turns: readonly Turn[]): Node => {
    const snapshot = turns.at(-1)!.after
    const id = essence(snapshot)
    const node = nodes.get(id) ?? { id, turns, snapshot }
    nodes.set(id, node)
    return node
  }
  const release = fromTransition(
    ({ turns: before }: Node, { event }: Numbered) => {
      const turns = [...before, nextTurn(before.at(-1), { event })]
      for (const says of violations({ turns, calls: [], soundUpTo: before.length }))
        broken.add(`${says}\n    after ${turns.slice(2).map((turn) => turn.event.type)}`)
      return nodeAt(turns)
    },
    nodeAt(beginning(plans[name], firstReleases.includes(name))),
  )
  const adjacency = getAdjacencyMap(release, {
    events: ({ context: { snapshot } }) =>
      nextEvents(snapshot)
        .filter(({ by, event }) => withPeople || by !== 'people' || event.type === 'abort.requested')
        .map((next, nth) => ({ ...next, type: next.event.type, nth })),
    serializeState: ({ context }) => context.id,
    serializeEvent: ({ nth }) => `${nth}`,
  })
  const states = Object.values(adjacency).map(({ state, transitions }): State => {
    const found: { event: Numbered; state: { context: Node } }[] = Object.values(transitions)
    return { ...state.context, arrows: found.map(({ event, state }) => ({ ...event, to: state.context })) }
  })
  return { states, broken }
}

/** How many different ways there are of so many events, or fewer where they come to an end. */
function ways(states: readonly State[], length: number): number {
  let counts = new Map(states.map(({ id }) => [id, 1]))
  for (let left = 0; left < length; left += 1) {
    const next = new Map<string, number>()
    for (const { id, arrows } of states) next.set(id, arrows.reduce((sum, { to }) => sum + counts.get(to.id)!, 0) || 1)
    counts = next
  }
  return counts.get(states[0]!.id)!
}

/** What is still to be done until everything in scope is back. */
function rest({ rollback, tracks }: ReleaseSnapshot): number {
  return (rollback?.scope ?? []).reduce((sum, id) => {
    const track = tracks[id]!
    const steps = track.context.rollback?.steps.length
    return sum + (stateOf(track) === 'rolledBack' ? 0 : steps === undefined ? 100 : steps + 1)
  }, 0)
}

const isIrreversiblyHeld = ({ tracks }: ReleaseSnapshot) =>
  Object.values(tracks).some((track) => stateOf(track) === 'held' && pointOfNoReturn(track.context) !== null)

const sizes = Object.entries(plans).map(
  ([name, plan]) => [name as PlanName, plan.stages.length > 1 || Object.keys(plan.units).length > 1] as const,
)
const walked = { states: 0, transitions: 0 }
test.each(sizes)(
  '%s: every reachable state keeps every promise, and can always be rolled back',
  (name, isLarge) => {
    const { states, broken } = explore(name, !isLarge)
    const ends = states.filter(({ snapshot }) => snapshot.phase === 'ended')
    const transitions = states.reduce((sum, { arrows }) => sum + arrows.length, 0)
    const longest = Math.max(...states.map(({ turns }) => turns.length - 2))
    console.log(
      `${name}: ${states.length} states, ${transitions} transitions, ${ends.length} ends; the farthest state is ${longest} events away, and there are ${ways(states, longest).toExponential(1)} ways of so many events`,
    )
    walked.states += states.length
    walked.transitions += transitions
    expect([...broken].slice(0, 5)).toEqual([])
    expect(ends.length).toBeGreaterThan(1)

    const stubborn: string[] = []
    for (const { id, snapshot, arrows } of states) {
      if (snapshot.phase === 'ended') continue
      // I7: from everywhere, and it leads back.
      const aborts = arrows.filter(({ event }) => event.type === 'abort.requested')
      if (aborts.length === 0) stubborn.push(`no abort from ${id}`)
      if (aborts.some(({ to }) => to.snapshot.rollback === null)) stubborn.push(`an abort rolls nothing back, from ${id}`)
      for (const { event, to } of arrows) {
        const after = to.snapshot
        // A rollback only ever gets nearer its end, and each thing done brings it nearer.
        const isBack = 'track' in event && event.track !== undefined && snapshot.tracks[event.track]?.context.rollback
        if (isBack && rest(after) > rest(snapshot)) stubborn.push(`${event.type} makes a rollback longer, from ${id}`)
        const isDone = ['unit.deployed', 'unit.promoted', 'unit.retired', 'traffic.shifted'].includes(event.type)
        if (isBack && isDone && rest(after) >= rest(snapshot))
          stubborn.push(`${event.type} brings a rollback no further, from ${id}`)
        if (event.type !== 'deadline.passed') continue
        const isStillDue = deadlines(after).some(
          (other) => other.track === event.track && other.deadline === event.deadline && other.due === event.due,
        )
        if (isStillDue) stubborn.push(`the ${event.deadline} deadline fires for ever, from ${id}`)
      }
    }
    expect(stubborn.slice(0, 5)).toEqual([])

    // Nothing is stuck: without anybody's help, every state leads to an end, or to what is declared to wait for a human.
    const before = new Map<string, string[]>()
    for (const { id, arrows } of states)
      for (const { by, to } of arrows) if (by !== 'people') before.set(to.id, [...(before.get(to.id) ?? []), id])
    const ending = states.filter(({ snapshot }) => snapshot.phase === 'ended' || isIrreversiblyHeld(snapshot)).map(({ id }) => id)
    const reached = new Set(ending)
    for (let id = ending.pop(); id !== undefined; id = ending.pop())
      for (const other of before.get(id) ?? [])
        if (!reached.has(other)) {
          reached.add(other)
          ending.push(other)
        }
    expect(states.filter(({ id }) => !reached.has(id)).slice(0, 3)).toEqual([])
  },
  120_000,
)

test('the plans that are walked have as many states as the page of promises says', () => {
  expect(walked.states).toBeGreaterThan(40_000)
  expect(walked.transitions).toBeGreaterThan(170_000)
})

test('no two states without an event of their own follow each other, so that no loop can run without end', () => {
  const eventless: string[] = []
  const visit = (node: typeof trackMachine.root) => {
    for (const { target = [] } of node.always ?? []) {
      eventless.push(node.key)
      for (const next of target) expect([next.key, next.always?.length ?? 0]).toEqual([next.key, 0])
    }
    for (const child of Object.values(node.states)) visit(child)
  }
  visit(trackMachine.root)
  expect(eventless.length).toBeGreaterThan(10)
})
