import type { AnyStateNode, AnyTransitionDefinition } from 'xstate'
import { changes } from './changes.js'
import { guards, type TrackEvent, trackMachine } from './machine.js'
import { orders } from './orders.js'
import type { TrackContext } from './track-context.js'

/** A track as its events have made it: plain JSON, never changed in place. */
export interface TrackSnapshot {
  /** The path of the machine's state, such as `verifying.watching`. */
  readonly state: string
  readonly context: TrackContext
}

/** One way out of a state, or around in it. */
interface Rule {
  readonly applies: (context: TrackContext, event: TrackEvent) => boolean
  readonly changes: readonly ((context: TrackContext, event: TrackEvent) => Partial<TrackContext>)[]
  readonly to: string | undefined
}

/** What a state does about each event, the nearest rule first; `always` is what leaves it without one. */
interface Row {
  readonly on: ReadonlyMap<string, readonly Rule[]>
  readonly always: readonly Rule[]
}

/**
 * The machine as a table, made once from the machine itself: XState's interpreter, which is general, takes a hundred times as
 * long for the same step. It reads what this machine is made of (nested states, guards, `change` and `order` on transition and
 * entry, `always`) and refuses everything else; a test walks every state with every event through both.
 */
const table: ReadonlyMap<string, Row> = new Map(leavesOf(trackMachine.root).map((leaf) => [pathOf(leaf), rowOf(leaf)]))

/** One event in the life of a track. Pure; an event that no rule is for leaves the very same snapshot. */
export function transitionTrack(before: TrackSnapshot, event: TrackEvent): TrackSnapshot {
  const row = table.get(before.state)
  if (row === undefined) throw new Error(`the machine has no state "${before.state}"`)
  const rule = row.on.get(event.type)?.find(({ applies }) => applies(before.context, event))
  if (rule === undefined) return before
  let track = follow(rule, before, event)
  for (let next = eventless(track, event); next !== undefined; next = eventless(track, event)) track = follow(next, track, event)
  return track
}

function eventless({ state, context }: TrackSnapshot, event: TrackEvent): Rule | undefined {
  return table.get(state)?.always.find(({ applies }) => applies(context, event))
}

function follow({ changes, to }: Rule, { state, context }: TrackSnapshot, event: TrackEvent): TrackSnapshot {
  let changed = context
  for (const change of changes) changed = { ...changed, ...change(changed, event) }
  return { state: to ?? state, context: changed }
}

function leavesOf(node: AnyStateNode): AnyStateNode[] {
  const inner = Object.values(node.states)
  if (node.type !== (inner.length > 0 ? 'compound' : 'atomic') || node.exit.length > 0 || node.invoke.length > 0)
    throw new Error(`the table cannot hold ${node.id}: only nested states with entry actions`)
  return inner.length > 0 ? inner.flatMap(leavesOf) : [node]
}

function pathOf(leaf: AnyStateNode): string {
  return leaf.path.join('.')
}

/** From the leaf up to the root, as rules of inner states come before those of outer ones. */
function linesOf(leaf: AnyStateNode): AnyStateNode[] {
  return leaf.parent === undefined ? [leaf] : [leaf, ...linesOf(leaf.parent)]
}

function rowOf(leaf: AnyStateNode): Row {
  const on = new Map<string, Rule[]>()
  for (const node of linesOf(leaf))
    for (const [type, transitions] of node.transitions)
      on.set(type, [...(on.get(type) ?? []), ...transitions.map((transition) => ruleOf(leaf, transition))])
  const always = linesOf(leaf).flatMap((node) => (node.always ?? []).map((transition) => ruleOf(leaf, transition)))
  return { on, always }
}

function ruleOf(leaf: AnyStateNode, { source, target, guard, actions, reenter }: AnyTransitionDefinition): Rule {
  if ((target?.length ?? 0) > 1 || reenter || target?.[0] === source)
    throw new Error(`the table cannot hold a transition of ${source.id}`)
  const goal = target?.[0]
  const entered = goal === undefined ? [] : enteredBy(source, goal)
  const end = goal === undefined ? leaf : entered.at(-1)!
  const all = [...actions, ...entered.flatMap(({ entry }) => entry)]
  return { applies: guardOf(guard), changes: all.map(changeOf), to: goal && pathOf(end) }
}

/** What a transition enters, from outside in: everything below the innermost state that holds its source and its goal. */
function enteredBy(source: AnyStateNode, goal: AnyStateNode): AnyStateNode[] {
  const around = linesOf(goal)
  const domain = linesOf(source).find((node) => node !== goal && around.includes(node))
  const down = around.slice(0, around.indexOf(domain!)).toReversed()
  for (let leaf = goal; leaf.type === 'compound'; down.push(leaf)) leaf = leaf.initial.target[0]!
  return down
}

/** What an action or a guard is in the machine's definition: a name, or a name and its parameter. */
function named(definition: unknown): { readonly name: string; readonly params: string } {
  const { type, params } = (typeof definition === 'string' ? { type: definition } : definition) as Record<string, string>
  return { name: String(type), params: String(params) }
}

function guardOf(definition: unknown): Rule['applies'] {
  if (definition === undefined) return () => true
  const { name, params } = named(definition)
  if (!isNameIn(guards, name)) throw new Error(`the table knows no guard "${name}"`)
  const guard = guards[name] as (now: { context: TrackContext; event: TrackEvent }, params: string) => boolean
  return (context, event) => guard({ context, event }, params)
}

function changeOf(definition: unknown): Rule['changes'][number] {
  const { name, params } = named(definition)
  if (name === 'change' && isNameIn(changes, params)) return (context, event) => changes[params](context, event)
  if (name === 'order' && isNameIn(orders, params)) return (context) => ({ awaiting: orders[params](context) })
  throw new Error(`the table knows no action "${name}" with "${params}"`)
}

function isNameIn<T extends object>(all: T, name: PropertyKey): name is keyof T {
  return Object.hasOwn(all, name)
}
