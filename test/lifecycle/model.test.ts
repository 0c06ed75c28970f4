import { expect, test } from 'vitest'
import type { Turn } from '../../src/lifecycle/invariants/history.js'
import { nextTurn } from '../../src/lifecycle/invariants/history.js'
import { violations } from '../../src/lifecycle/invariants.js'
import { trackMachine } from '../../src/lifecycle/machine.js'
import { deadlines, type ReleaseSnapshot, stateOf } from '../../src/lifecycle/release.js'
import { pointOfNoReturn } from '../../src/lifecycle/track-context.js'
import { firstReleases, type PlanName, plans } from '../support/stories.js'
import { beginning, essence, type Next, nextEvents } from './walk.js'

interface Node {
  readonly turns: readonly Turn[]
  readonly snapshot: ReleaseSnapshot
  readonly arrows: { readonly by: Next['by']; readonly event: Next['event']; readonly to: string }[]
}

/** Walks every state that can be reached, each by its shortest way, and asks every invariant about every arrow. */
function explore(name: PlanName, mostNodes: number, withPeople = true) {
  const begun = beginning(plans[name], firstReleases.includes(name))
  const nodes = new Map<string, Node>()
  const queue: string[] = []
  const broken = new Set<string>()
  let arrows = 0
  const visit = (turns: readonly Turn[]) => {
    const snapshot = turns.at(-1)!.after
    const id = essence(snapshot)
    if (!nodes.has(id)) {
      nodes.set(id, { turns, snapshot, arrows: [] })
      queue.push(id)
    }
    return id
  }
  visit(begun)
  for (let id = queue.shift(); id !== undefined && nodes.size < mostNodes; id = queue.shift()) {
    const node = nodes.get(id)!
    for (const { by, event } of nextEvents(node.snapshot)) {
      if (!withPeople && by === 'people' && event.type !== 'abort.requested') continue
      const turns = [...node.turns, nextTurn(node.turns.at(-1), { event })]
      for (const says of violations({ turns, calls: [], soundUpTo: turns.length - 1 }))
        broken.add(
          `${says}\n    after ${turns
            .slice(2)
            .map((turn) => turn.event.type)
            .join(', ')}`,
        )
      node.arrows.push({ by, event, to: visit(turns) })
      arrows += 1
    }
  }
  return { nodes, arrows, broken, isComplete: queue.length === 0 }
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
test.each(sizes)(
  '%s: every reachable state keeps every promise, and can always be rolled back',
  (name, isLarge) => {
    const { nodes, arrows, broken, isComplete } = explore(name, 40_000, !isLarge)
    const ends = [...nodes.values()].filter(({ snapshot }) => snapshot.phase === 'ended')
    console.log(`${name}: ${nodes.size} states, ${arrows} transitions, ${ends.length} ends`)
    expect([...broken].slice(0, 5)).toEqual([])
    expect(isComplete).toBe(true)
    expect(ends.length).toBeGreaterThan(1)

    const stubborn: string[] = []
    for (const [id, { snapshot, arrows: out }] of nodes) {
      if (snapshot.phase === 'ended') continue
      // I7: from everywhere.
      if (!out.some(({ event }) => event.type === 'abort.requested')) stubborn.push(`no abort from ${id}`)
      for (const { event, to } of out) {
        const after = nodes.get(to)?.snapshot
        if (after === undefined) continue
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
    for (const [id, { arrows: out }] of nodes)
      for (const { by, to } of out) if (by !== 'people') before.set(to, [...(before.get(to) ?? []), id])
    const ending = [...nodes]
      .filter(([, { snapshot }]) => snapshot.phase === 'ended' || isIrreversiblyHeld(snapshot))
      .map(([id]) => id)
    const reached = new Set(ending)
    for (let id = ending.pop(); id !== undefined; id = ending.pop())
      for (const other of before.get(id) ?? [])
        if (!reached.has(other)) {
          reached.add(other)
          ending.push(other)
        }
    expect([...nodes.keys()].filter((id) => !reached.has(id)).slice(0, 3)).toEqual([])
  },
  120_000,
)

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
