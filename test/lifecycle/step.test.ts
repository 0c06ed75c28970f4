import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nextTurn, type Turn } from '../../src/lifecycle/invariants/history.js'
import { violations } from '../../src/lifecycle/invariants.js'
import type { ReleaseEvent } from '../../src/lifecycle/protocol.js'
import { eventSchema } from '../../src/lifecycle/protocol.js'
import { parseRecord, type ReleaseRecord, recordOf, replayStep } from '../../src/lifecycle/record.js'
import { type ReleaseSnapshot, step } from '../../src/lifecycle/release.js'
import { refusalOf } from '../../src/lifecycle/signals.js'
import { canonicalJson } from '../../src/vocabulary/canonical-json.js'
import { type PlanName, plans } from '../support/stories.js'
import { beginning, nextEvents, signalsFor } from './walk.js'

const names = Object.keys(plans) as PlanName[]
/** What happens next: mostly something that fits, by its number among all that can; sometimes something else. */
const choices = fc.array(
  fc.record({ pick: fc.nat(), odd: fc.constantFrom('', '', '', '', 'late', 'again', 'stray', 'garbage', 'unasked') }),
  { maxLength: 60, size: 'max' },
)

const text = (snapshot: ReleaseSnapshot | undefined) => JSON.stringify(snapshot)

/** An event that no engine would give, or not now. */
function oddEvent(turns: readonly Turn[], odd: string, pick: number): ReleaseEvent | undefined {
  const { at, tracks } = turns.at(-1)!.after
  const past = turns.slice(2).map(({ event }) => event)
  const earlier = past[pick % Math.max(1, past.length)]
  const track = Object.keys(tracks)[pick % Object.keys(tracks).length]!
  switch (odd) {
    // A late answer, or a second delivery of the same event.
    case 'late':
    case 'again':
      return earlier && ({ ...earlier, at: Math.max(at, earlier.at) } as ReleaseEvent)
    case 'stray':
      return { type: 'traffic.shifted', at, track, key: `r:${track}:nowhere:1:traffic.shift`, weight: 99 }
    case 'garbage':
      return { type: 'deadline.passed', at, track: pick % 2 ? 'nobody' : track, deadline: 'step', due: pick % 2 ? at : 0 }
    default:
      return signalsFor(turns.at(-1)!.after)[pick % 6]
  }
}

interface Life {
  readonly turns: readonly Turn[]
  /** Events after the first two. */
  readonly events: readonly ReleaseEvent[]
}

function live(name: PlanName, list: readonly { readonly pick: number; readonly odd: string }[]): Life {
  const turns = beginning(plans[name], name === 'first')
  const events: ReleaseEvent[] = []
  for (const { pick, odd } of list) {
    const fitting = nextEvents(turns.at(-1)!.after)
    const event = odd === '' ? fitting[pick % Math.max(1, fitting.length)]?.event : oddEvent(turns, odd, pick)
    if (event === undefined) continue
    // As the engine does: a signal that may not act is kept as refused.
    const isSignal = 'id' in event && 'actor' in event
    const says = isSignal ? refusalOf(turns.at(-1)!.after, event) : undefined
    const kept =
      says === undefined || !isSignal ? event : ({ type: 'signal.refused', at: event.at, signal: event, says } as const)
    events.push(kept)
    turns.push(nextTurn(turns.at(-1), { event: kept }))
  }
  return { turns, events }
}

const lives = fc.tuple(fc.constantFrom(...names), choices)

test('whatever comes, in whatever order, every promise is kept and nothing is thrown', () => {
  let ended = 0
  let odd = 0
  fc.assert(
    fc.property(lives, ([name, list]) => {
      const { turns } = live(name, list)
      // Late answers and strays are what is tried here; that they do nothing is asked below, and by I27.
      const broken = violations({ turns, calls: [] }).filter((says) => !says.startsWith('I41'))
      expect(broken).toEqual([])
      odd += list.filter((choice) => choice.odd !== '').length
      if (turns.at(-1)!.after.phase === 'ended') ended += 1
    }),
    { numRuns: 600, seed: 1 },
  )
  expect(ended).toBeGreaterThan(50)
  expect(odd).toBeGreaterThan(1_000)
})

test('an end is an end: no event changes an ended release but its archiving', () => {
  let ends = 0
  fc.assert(
    fc.property(lives, fc.nat(), ([name, list], pick) => {
      const { turns } = live(name, list)
      const last = turns.at(-1)!.after
      if (last.phase !== 'ended') return
      ends += 1
      const events = [...turns.slice(1).map(({ event }) => event), ...signalsFor(last)]
      const { snapshot, effects, moves } = step(last, events[pick % events.length]!)
      expect([effects, moves, text({ ...snapshot, at: 0 })]).toEqual([[], [], text({ ...last, at: 0 })])
      expect(step(last, { type: 'release.archived', at: last.at }).snapshot.phase).toBe('archived')
    }),
    { numRuns: 400, seed: 2 },
  )
  expect(ends).toBeGreaterThan(30)
})

test('an answer to another order than the one in hand changes nothing', () => {
  let late = 0
  fc.assert(
    fc.property(lives, fc.nat(), ([name, list], pick) => {
      const { turns } = live(name, list)
      const { after } = turns.at(-1)!
      const answers = turns.flatMap(({ event }) => ('key' in event ? [event] : []))
      const answer = answers[pick % Math.max(1, answers.length)]
      if (answer === undefined || after.phase !== 'running' || after.tracks[answer.track]?.context.awaiting?.key === answer.key)
        return
      late += 1
      const { snapshot, effects } = step(after, { ...answer, at: after.at })
      expect([effects, text(snapshot)]).toEqual([[], text(after)])
    }),
    { numRuns: 400, seed: 3 },
  )
  expect(late).toBeGreaterThan(100)
})

test('a replay of what a journal holds gives the same snapshot and the same orders, record by record', () => {
  fc.assert(
    fc.property(lives, ([name, list]) => {
      const { turns } = live(name, list)
      let replayed: ReleaseSnapshot | undefined
      for (const { event, given, after, seq } of turns) {
        const record: ReleaseRecord = recordOf(event, { ...given, snapshot: after })
        // As a journal may give it back: members by name, and orders of one step, which are of different tracks, in any order.
        const body: unknown = JSON.parse(canonicalJson({ ...record, effects: record.effects.toReversed() }))
        replayed = replayStep(replayed, parseRecord(body, `record ${seq}`), `record ${seq}`)
        expect(canonicalJson(replayed)).toBe(canonicalJson(after))
      }
    }),
    { numRuns: 150, seed: 4 },
  )
})

test('facts only accumulate: time, signals and what was begun never go back', () => {
  fc.assert(
    fc.property(lives, ([name, list]) => {
      for (const { before, after } of live(name, list).turns.slice(2)) {
        expect(after.at).toBeGreaterThanOrEqual(before!.at)
        expect(after.signals.slice(0, before!.signals.length)).toEqual(before!.signals)
        for (const [id, { context }] of Object.entries(before!.tracks)) {
          const now = after.tracks[id]!.context
          expect(now.index).toBeGreaterThanOrEqual(context.index)
          expect(now.isPromoting || !context.isPromoting).toBe(true)
          expect(now.irreversible !== null || context.irreversible === null).toBe(true)
          expect(now.rollback !== null || context.rollback === null).toBe(true)
        }
      }
    }),
    { numRuns: 300, seed: 5 },
  )
})

// Measured with XState 5: such events would move, stop or break a machine that they reach.
test.each(['xstate.stop', 'xstate.after.3600000.r', 'xstate.error.actor.x', 'xstate.init', '*', ''])(
  'an event of type "%s" is none of a release',
  (type) => {
    expect(eventSchema.safeParse({ type, at: 1, track: 'prod/api', key: 'k' }).success).toBe(false)
  },
)
