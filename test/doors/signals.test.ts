/** The door for signals: recorded as it was meant, or refused to its sender; never a crash, never half. */
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import type { By, ReleaseHandle } from '../../src/engine/handle.js'
import { nextTurn } from '../../src/lifecycle/invariants/history.js'
import { eventSchema, type ReleaseEvent, type Signal } from '../../src/lifecycle/protocol.js'
import { parseRecord } from '../../src/lifecycle/record.js'
import { step } from '../../src/lifecycle/release.js'
import { signalFrom } from '../../src/lifecycle/signals.js'
import { approve, shift } from '../../src/plan/step.js'
import { canary } from '../../src/plan/strategy.js'
import { canonicalJson } from '../../src/vocabulary/canonical-json.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { beginning, nextEvents } from '../lifecycle/walk.js'
import { bob, canaryPlan, cat, pretend } from '../support/pretended.js'
import { plans } from '../support/stories.js'
import { oddValues } from './odd-values.js'

afterEach(() => expect(({} as { polluted?: unknown }).polluted).toBeUndefined())

const asks = ['pause', 'resume', 'abort', 'promote', 'retry', 'skip', 'approve', 'reject'] as const
const sound = { actor: bob, reason: 'Because.', id: 's1' }
const gate = 'production/checkout#approve-2'
const approved = { ...canaryPlan, stages: [{ name: 'production', strategy: canary(shift(5), approve({ quorum: 20 })) }] }

async function waiting() {
  const pretended = pretend()
  const handle = await pretended.start(approved)
  await pretended.clock.advance(1_000)
  expect(handle.status().waiting).toMatchObject([{ for: 'approval', gate }])
  return { ...pretended, handle, records: () => pretended.journal.records }
}
const send = (handle: ReleaseHandle, ask: (typeof asks)[number], by: unknown) =>
  (handle[ask] as (by: unknown) => Promise<void>)(by).then(
    () => 'acted',
    (error: unknown) => {
      if (!ReleaseError.is(error)) throw error
      expect(error.message.length).toBeLessThan(5_000)
      return error.code
    },
  )

/** The signal, and each of its parts, as something odd. */
const oddSignals = oddValues.flatMap(([name, make]) => [
  [`${name} for all`, () => make()] as const,
  ...['id', 'actor', 'reason'].map((key) => [`${name} for its ${key}`, () => ({ ...sound, [key]: make() })] as const),
  [`${name} for the id of its actor`, () => ({ ...sound, actor: { id: make() } })] as const,
  [`${name} for a role`, () => ({ ...sound, actor: { ...bob, roles: [make()] } })] as const,
])

/** Made of the sound signal, so that it can be given a target. */
const isSpread = (name: string) => name.includes(' for ') && !name.endsWith(' for all')

test('whatever is sent as a signal acts, is refused, or is no signal; what is recorded can be read, and is what acted', async () => {
  const { handle, records } = await waiting()
  const tally: Record<string, number> = {}
  for (const [name, make] of oddSignals)
    for (const [ask, target] of [
      ['approve', { gate }],
      ['promote', { track: 'production/checkout' }],
      ['approve', undefined],
      ['promote', undefined],
    ] as const) {
      const given = make()
      // Its own target, a sound one, or something odd in place of one.
      const by =
        target === undefined
          ? { ...sound, gate: given, track: given }
          : isSpread(name)
            ? { ...(given as object), ...target }
            : given
      const said = await send(handle, ask, by)
      tally[said] = (tally[said] ?? 0) + 1
    }
  console.log(tally)
  expect(Object.keys(tally).filter((said) => !['acted', 'input/invalid', 'signal/refused'].includes(said))).toEqual([])
  expect(tally['input/invalid']).toBeGreaterThan(200)
  for (const { body, seq } of records()) {
    const read = parseRecord(JSON.parse(JSON.stringify(body)), `record ${seq}`)
    expect(canonicalJson(read)).toBe(canonicalJson(body))
    expect(JSON.stringify(body)).not.toContain('mallory')
  }
  expect(JSON.stringify(records()).length).toBeLessThan(1_000_000)
  await send(handle, 'abort', { actor: bob, reason: 'Stop.' })
  expect(handle.status().status).toBe('rollingBack')
})

test('an actor that says another name when asked again is the one it was at first', async () => {
  const { handle, records } = await waiting()
  let asked = 0
  const actor = {
    get id() {
      asked += 1
      return asked === 1 ? bob.id : 'ann@example.com'
    },
  }
  await handle.approve({ ...sound, gate, actor } as By & { gate: string })
  const last = records().at(-1)!.body as { event: { actor: { id: string } } }
  expect(last.event.actor).toEqual({ id: bob.id })
})

test('one person who is written in many ways is one approver', async () => {
  const { handle } = await waiting()
  expect(await send(handle, 'approve', { ...sound, gate })).toBe('acted')
  const twins = [
    'BOB@example.com',
    ' bob@example.com',
    'bob@\u200bexample.com',
    'ｂｏｂ@example.com',
    'bob@example.com\u0000',
    '\u202ebob@example.com',
  ]
  for (const [index, id] of twins.entries())
    expect(await send(handle, 'approve', { ...sound, gate, id: `twin ${index}`, actor: { ...bob, id } })).toBe('signal/refused')
  expect(await send(handle, 'approve', { ...sound, gate, id: 'second', actor: cat })).toBe('acted')
})

// I22. Measured with XState 5: these move, stop or break a machine that they reach.
const internal = [
  'xstate.stop',
  'xstate.init',
  'xstate.after.3600000.track.held',
  'xstate.error.actor.x',
  'xstate.done.state.track',
  '*',
  '',
  '__proto__',
]
test.each(internal)('%j is no type of a signal, an event or a record', (type) => {
  expect(() => signalFrom(type as Signal['type'], sound, () => 'id')).toThrow(expect.objectContaining({ code: 'input/invalid' }))
  const event = { type, at: 1, track: 'prod/api', key: 'k', ...sound }
  expect(eventSchema.safeParse(event).success).toBe(false)
  expect(() => parseRecord({ format: 1, event, effects: [], moves: [] }, 'record 3')).toThrow(
    expect.objectContaining({ code: 'journal/corrupt' }),
  )
})

test('a type that comes with a signal says nothing: what is sent is what was called', async () => {
  const { handle, records } = await waiting()
  await handle.pause({ ...sound, type: 'xstate.stop', at: Number.MAX_SAFE_INTEGER } as never)
  const last = records().at(-1)!.body as { event: ReleaseEvent }
  expect(last.event).toMatchObject({ type: 'pause.requested', at: expect.any(Number) })
  expect(last.event.at).toBeLessThan(Number.MAX_SAFE_INTEGER)
})

test('events of the namespace of the machinery move no release, wherever it is', () => {
  let tried = 0
  for (const name of ['canary', 'approvals', 'hooks'] as const) {
    let turns = beginning(plans[name])
    for (let length = 0; length < 12; length += 1) {
      const { after } = turns.at(-1)!
      if (after.phase !== 'running') break
      for (const type of internal) {
        const { snapshot, effects, moves } = step(after, { type, at: after.at } as never)
        expect([effects, moves, JSON.stringify(snapshot)]).toEqual([[], [], JSON.stringify(after)])
        tried += 1
      }
      turns = [...turns, nextTurn(turns.at(-1), { event: nextEvents(after)[0]!.event })]
    }
  }
  expect(tried).toBeGreaterThan(100)
})

test('a storm of signals is taken in order, each once, and an abort does not wait at its end', async () => {
  const { handle, clock, records } = await waiting()
  const storm = Array.from({ length: 5_000 }, (_, index) => send(handle, 'pause', { ...sound, id: `storm ${index % 100}` }))
  const abort = send(handle, 'abort', { actor: bob, reason: 'Stop.' })
  expect(await abort).toBe('acted')
  const before = records().length
  expect(before).toBeLessThan(50)
  await clock.advance(60_000)
  const said = await Promise.all(storm)
  expect(said.filter((one) => one === 'acted').length).toBeLessThan(3)
  expect(handle.status().status).toBe('rolledBack')
})

test('anything at all, sent as any signal, is a ReleaseError or acts', async () => {
  const { handle } = await waiting()
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...asks),
      fc.anything({ withBigInt: true, withMap: true, withNullPrototype: true }),
      async (ask, by) => {
        expect(await send(handle, ask, by)).toBe('input/invalid')
      },
    ),
    { numRuns: 2_000, seed: 6 },
  )
  expect(handle.status().waiting).toMatchObject([{ for: 'approval' }])
})
