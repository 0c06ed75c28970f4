import { expect, test, vi } from 'vitest'
import { brokenBy, soundStep } from '../../src/lifecycle/invariants/at-run-time.js'
import { nextTurn, type Turn } from '../../src/lifecycle/invariants/history.js'
import { violations } from '../../src/lifecycle/invariants.js'
import { orders } from '../../src/lifecycle/orders.js'
import type { Effect, ReleaseEvent } from '../../src/lifecycle/protocol.js'
import { deadlines, type ReleaseSnapshot, type Step, stateOf, step } from '../../src/lifecycle/release.js'
import type { TrackContext } from '../../src/lifecycle/track-context.js'
import { ended, pretend } from '../support/pretended.js'
import { plans } from '../support/stories.js'
import { beginning, nextEvents } from './walk.js'

const id = 'prod/api'

/** The first thing of this type that can come next; of deadlines, that of a look. */
const nextOf = (snapshot: ReleaseSnapshot, type: string) =>
  nextEvents(snapshot).find(({ event }) => event.type === type && (!('deadline' in event) || event.deadline === 'look'))!.event

/** Lives the canary plan on. */
function lived(...types: readonly string[]): Turn[] {
  const turns = beginning(plans.canary)
  for (const type of types) turns.push(nextTurn(turns.at(-1), { event: nextOf(turns.at(-1)!.after, type) }))
  return turns
}
const shifting = ['unit.deployed'] as const
const watching = ['unit.deployed', 'traffic.shifted'] as const

type Forgery = (next: Step, before: ReleaseSnapshot) => Step
const ordering =
  (change: object): Forgery =>
  (next) => ({ ...next, effects: next.effects.map((effect) => ({ ...effect, ...change }) as typeof effect) })
const with2 = { artifact: { version: '2' }, type: 'unit.retire' }
/** As if the machine had gone on to the next step. */
const goingOn: Forgery = (next, before) => {
  const track = before.tracks[id]!
  const ahead = { ...track, context: { ...track.context, index: track.context.index + 1 } } as typeof track
  return { ...next, snapshot: { ...next.snapshot, tracks: { [id]: ahead } } }
}

const forged: readonly [broken: string, when: string, lived: readonly string[], by: string, Forgery][] = [
  ['I1', 'a rollback raises the weight', watching, 'abort.requested', ordering({ weight: 60 })],
  ['I3', 'the weight is that of a later step', [], 'unit.deployed', ordering({ weight: 50 })],
  ['I4', 'a bake ends at its first look', watching, 'metrics.looked', goingOn],
  ['I4', 'a shift ends without its answer', shifting, 'pause.requested', goingOn],
  ['I6', 'the canary is retired with traffic on it', [...watching, 'metrics.looked'], 'deadline.passed', ordering(with2)],
  ['I9', 'something is ordered after the end', shifting, 'traffic.shifted', (next) => ({ ...next, moves: next.moves })],
]

test.each(forged)('%s is asserted before anything is recorded: %s', (broken, _, past, type, forge) => {
  const before = lived(...past).at(-1)!.after
  const event = nextOf(before, type)
  const next = step(before, event)
  expect(brokenBy(before, event, next)).toBeUndefined()
  const then = broken === 'I9' ? ({ ...before, phase: 'ended' } as const) : before
  expect(brokenBy(then, event, forge(next, before))).toMatch(new RegExp(`^${broken}: .+`))
})

test('I13 is asserted too: what was not passed is not left', () => {
  const before = lived(...watching, 'metrics.looked', 'deadline.passed').at(-1)!.after
  const looks = nextEvents(before).flatMap(({ event }) =>
    event.type === 'metrics.looked' && event.at >= before.tracks[id]!.context.watch!.until ? [event] : [],
  )
  for (const event of looks) {
    const says = brokenBy(before, event, goingOn(step(before, event), before))
    expect(says?.split(':')[0]).toBe(event.verdict.outcome === 'pass' ? undefined : 'I13')
  }
  expect(looks.length).toBeGreaterThan(2)
})

test('from wherever a release is, a broken promise holds what goes forward, and never ends a way back', () => {
  const seen = new Set<string>()
  for (const name of ['canary', 'approvals', 'hooks', 'irreversible', 'stages'] as const) {
    const queue: Turn[][] = [beginning(plans[name])]
    const known = new Set<string>()
    for (let turns = queue.shift(); turns && known.size < 1_500; turns = queue.shift()) {
      const before = turns.at(-1)!.after
      const text = Object.values(before.tracks)
        .map((track) => `${stateOf(track)} ${track.context.index} ${track.context.rollback?.steps.length}`)
        .join()
      if (known.has(text) || before.phase !== 'running') continue
      known.add(text)
      const broken = { type: 'invariant.broken', at: before.at, says: 'I0: so it is.' } as const
      const turn = nextTurn(turns.at(-1), { event: broken })
      expect(violations({ turns: [...turns, turn], calls: [], soundUpTo: turns.length })).toEqual([])
      for (const [track, then] of Object.entries(before.tracks)) {
        const now = turn.after.tracks[track]!
        const from = stateOf(then)
        seen.add(from)
        // What is promoted may be told to roll back, now that those after it need a human.
        if (['proposed', 'promoted', 'rolledBack'].includes(from))
          expect(stateOf(now)).toMatch(new RegExp(`^(${from}|rollingBack.*)$`))
        else if (from.startsWith('rollingBack')) {
          expect([stateOf(now), now.context.rollback?.isEscalated]).toEqual([from, true])
          expect(deadlines(turn.after)).toContainEqual({ track, deadline: 'retry', due: expect.any(Number) })
        } else expect([stateOf(now), now.context.awaiting]).toEqual(['held', null])
      }
      for (const { event } of nextEvents(before)) queue.push([...turns, nextTurn(turns.at(-1), { event })])
    }
  }
  expect(seen.size).toBeGreaterThan(15)
})

/** From now on the machine has this bug. */
function withBug(order: keyof typeof orders, bug: (effect: { readonly weight?: number }) => object) {
  const every: Record<string, (context: TrackContext) => Effect | null> = orders
  const sound = every[order]!
  return vi.spyOn(every, order).mockImplementation((context) => {
    const effect = sound(context) as { readonly weight?: number }
    return { ...effect, ...bug(effect) } as Effect
  })
}

test('a machine that would raise the weight too far is stopped before the router hears of it, and says so', async () => {
  const bug = withBug('shift', ({ weight = 0 }) => ({ weight: weight + 40 }))
  const { start, clock, acts, events } = pretend()
  const handle = await start()
  await clock.advance(1_000)
  expect(acts()).toEqual(['deploy 2'])
  expect(handle.status().waiting).toMatchObject([{ for: 'human', says: expect.stringMatching(/^I3: orders 45 %/) }])
  expect(events().at(-1)).toMatchObject({ type: 'invariant.broken' })
  bug.mockRestore()
  await handle.retry({ actor: { id: 'bob' }, reason: 'Mended.' })
  await ended(clock, handle)
  expect((await handle.result).status).toBe('promoted')
})

test('a rollback that would raise the weight is tried again until it does not', async () => {
  const bug = withBug('shiftBack', () => ({ weight: 90 }))
  const { start, clock, world } = pretend()
  const handle = await start()
  await clock.advance(1_000)
  await handle.abort({ actor: { id: 'bob' }, reason: 'Stop.' })
  await clock.advance(60_000)
  expect(world.weight('checkout')).toBe(5)
  expect(handle.status().waiting).not.toEqual([])
  bug.mockRestore()
  await handle.abort({ actor: { id: 'bob' }, reason: 'Stop.' })
  await ended(clock, handle)
  expect([(await handle.result).status, world.weight('checkout')]).toEqual(['rolledBack', 0])
})

test('what cannot even be held is not done at all', () => {
  const before = { ...lived(...shifting).at(-1)!.after, phase: 'proposed' } as ReleaseSnapshot
  const bug = withBug('deploy', () => ({ type: 'traffic.shift', weight: 90 }))
  const { event } = beginning(plans.canary)[1]!
  expect(() => soundStep({ ...before, tracks: {} }, event as ReleaseEvent)).toThrow(/I3: orders 90 %/)
  bug.mockRestore()
})
