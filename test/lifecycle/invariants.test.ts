import { beforeAll, expect, test } from 'vitest'
import type { Turn } from '../../src/lifecycle/invariants/history.js'
import { type History, historyOf, invariants, violations } from '../../src/lifecycle/invariants.js'
import type { ReleaseEvent } from '../../src/lifecycle/protocol.js'
import { stories } from '../crash/told.js'
import { undergo } from '../support/ordeal.js'

const told = { good: 'canary on a good day', bad: 'canary with a bad version', approved: 'approvals on a good day' } as const
const lived = new Map<string, History>()
beforeAll(async () => {
  for (const [name, title] of Object.entries(told)) {
    const { records, calls } = await undergo(stories.find((story) => story.name === title)!)
    lived.set(name, historyOf(records, calls))
  }
})

type Forgery = (history: { turns: Turn[]; calls: History['calls'][number][] }) => void

/** Writes other facts into the nth turn of this type, counted from the end where negative. The machine is not asked again. */
const event =
  (type: ReleaseEvent['type'], nth: number, forge: (event: never, turn: Turn) => object): Forgery =>
  ({ turns }) => {
    const found = turns.filter((turn) => turn.event.type === type).at(nth)!
    turns[found.seq - 1] = { ...found, event: { ...found.event, ...forge(found.event as never, found) } as ReleaseEvent }
  }
/** Adds an order, or makes another of it. */
const orders =
  (type: string, nth: number, forge: (effect: object) => object, also = false): Forgery =>
  ({ turns }) => {
    const found = turns.filter(({ effects }) => effects[0]?.type === type).at(nth)!
    const forged = { ...found.effects[0]!, ...forge(found.effects[0]!) } as Turn['effects'][number]
    turns[found.seq - 1] = { ...found, effects: also ? [...found.effects, forged] : [forged] }
  }

const forgeries: readonly (readonly [id: string, says: string, story: keyof typeof told, Forgery])[] = [
  ['I1', 'a rollback orders 60 %', 'bad', orders('traffic.shift', -1, () => ({ weight: 60 }))],
  ['I2', 'a weight has three decimals', 'good', orders('traffic.shift', 0, () => ({ weight: 5.005 }))],
  ['I3', 'the first step orders the weight of the second', 'good', orders('traffic.shift', 0, () => ({ weight: 50 }))],
  ['I4', 'a bake ends before its time', 'good', event('metrics.looked', -1, ({ at }: { at: number }) => ({ at: at - 1 }))],
  ['I5', 'another weight than ordered is confirmed', 'good', event('traffic.shifted', 0, () => ({ weight: 4 }))],
  [
    'I5',
    'nothing was read back',
    'good',
    ({ calls }) => calls.splice(0, calls.length, ...calls.filter(({ method }) => method !== 'getWeight')),
  ],
  [
    'I6',
    'the canary is retired while it has traffic',
    'bad',
    orders('metrics.look', 0, () => ({ type: 'unit.retire', artifact: { version: '2' } })),
  ],
  [
    'I7',
    'an abort is refused',
    'good',
    event('metrics.looked', 0, () => ({ type: 'signal.refused', signal: { type: 'abort.requested', id: 'a' } })),
  ],
  [
    'I8',
    'a rollback begins late',
    'bad',
    ({ calls }) => {
      const first = calls.findIndex(({ key }) => key.includes(':rollback:'))
      calls[first] = { ...calls[first]!, at: calls[first]!.at! + 5_000 }
    },
  ],
  [
    'I9',
    'something is ordered after the end',
    'good',
    ({ turns }) => {
      const last = turns.at(-1)!
      turns.push({
        ...last,
        seq: last.seq + 1,
        before: last.after,
        effects: turns.find(({ effects }) => effects.length > 0)!.effects,
      })
    },
  ],
  [
    'I10',
    'a release waits for nothing',
    'good',
    ({ turns }) => {
      const { after, ...rest } = turns[3]!
      const [[id, track]] = Object.entries(after.tracks) as [[string, (typeof after.tracks)[string]]]
      const context = { ...track.context, awaiting: null, deadlines: { step: null, look: null, retry: null } }
      turns[3] = { ...rest, after: { ...after, tracks: { [id]: { ...track, context } as typeof track } } }
    },
  ],
  [
    'I11',
    'a pass without a measurement',
    'good',
    event('metrics.looked', -1, ({ look }: { look: object }) => ({ look: { ...look, metrics: {} } })),
  ],
  [
    'I12',
    'a measurement that is no number',
    'good',
    event('metrics.looked', 1, ({ look }: { look: object }) => ({ look: { ...look, to: Number.NaN } })),
  ],
  [
    'I13',
    'an inconclusive look goes on',
    'good',
    event('metrics.looked', -1, () => ({ verdict: { outcome: 'inconclusive', reasons: [] } })),
  ],
  [
    'I14',
    'a verdict without a reason',
    'good',
    event('metrics.looked', -1, () => ({ verdict: { outcome: 'pass', reasons: [] } })),
  ],
  [
    'I15',
    'samples from before the weight',
    'good',
    event('metrics.looked', 1, ({ look }: { look: { from: number } }) => ({ look: { ...look, from: look.from - 60_000 } })),
  ],
  ['I18', 'the author approves', 'approved', event('approval.granted', -1, () => ({ actor: { id: 'ANN', roles: ['sre'] } }))],
  [
    'I18',
    'one person approves twice',
    'approved',
    event('approval.granted', -1, () => ({ actor: { id: ' Bob', roles: ['sre'] } })),
  ],
  ['I18', 'somebody approves without the role', 'approved', event('approval.granted', -1, () => ({ actor: { id: 'cleo' } }))],
  ['I19', 'a signal acts twice', 'approved', event('approval.granted', -1, () => ({ id: 'bob approves prod/api' }))],
  [
    'I20',
    'one person, written twice, approves twice',
    'approved',
    event('approval.granted', -1, () => ({ actor: { id: 'BOB ', roles: ['sre'] } })),
  ],
  ['I21', 'a rejection leaves its gate open', 'approved', event('approval.granted', 0, () => ({ type: 'approval.rejected' }))],
  ['I22', 'an event of the machinery is recorded', 'good', event('metrics.looked', 0, () => ({ type: 'xstate.stop' }))],
  ['I23', 'a call that nobody ordered', 'good', ({ calls }) => calls.push({ ...calls.at(-1)!, key: 'r:prod/api:else' })],
  [
    'I23',
    'a call before its order',
    'good',
    ({ calls }) => {
      const first = calls.findIndex(({ method }) => method === 'deploy')
      calls[first] = { ...calls[first]!, after: 1 }
    },
  ],
  ['I24', 'one key for two effects', 'good', orders('traffic.shift', 1, () => ({ key: 'r:prod/api:shift-1:1:traffic.shift' }))],
  [
    'I24',
    'a key for each attempt',
    'good',
    orders('traffic.shift', 0, () => ({ key: 'r:prod/api:shift-1:2:traffic.shift' }), true),
  ],
  [
    'I25',
    'a shift is done twice',
    'good',
    ({ turns }) => {
      const again = turns.find(({ event }) => event.type === 'traffic.shifted')!
      turns.push({ ...again, seq: turns.length + 1 })
    },
  ],
  [
    'I26',
    'a promotion nobody looked at',
    'good',
    ({ calls }) => calls.splice(0, calls.length, ...calls.filter(({ method }) => method !== 'observe')),
  ],
  ['I27', 'a late answer acts', 'good', event('traffic.shifted', 0, () => ({ key: 'r:prod/api:deploy:1:unit.deploy' }))],
  ['I28', 'an order is tried without end', 'good', ({ calls }) => calls.push(...Array.from({ length: 6 }, () => calls[1]!))],
  [
    'I29',
    'two orders at once',
    'good',
    orders('traffic.shift', 0, () => ({ type: 'unit.deploy', artifact: { version: '2' } }), true),
  ],
  [
    'I35',
    'the record lacks an order',
    'good',
    ({ turns }) => {
      turns[2] = { ...turns[2]!, effects: [] }
    },
  ],
  ['I39', 'an older owner calls', 'good', ({ calls }) => calls.push({ ...calls.at(-1)!, fencingToken: 0 })],
  ['I41', 'time goes back', 'good', event('unit.deployed', 0, ({ at }: { at: number }) => ({ at: at - 1_000 }))],
  ['I41', 'a deadline passes early', 'good', event('deadline.passed', 0, ({ due }: { due: number }) => ({ due: due + 1 }))],
  [
    'I42',
    'a refused signal acts',
    'good',
    event('unit.deployed', 0, () => ({ type: 'signal.refused', signal: { type: 'pause.requested', id: 'p' } })),
  ],
  [
    'I43',
    'an order of another release',
    'good',
    orders('traffic.shift', 0, () => ({ key: 'other:prod/api:shift-1:1:traffic.shift' })),
  ],
]

test.each(forgeries)('%s is broken when %s', (id, _, story, forge) => {
  const { turns, calls } = lived.get(story)!
  expect(violations({ turns, calls })).toEqual([])
  const forged = { turns: [...turns], calls: [...calls] }
  forge(forged)
  expect(violations(forged).map((says) => says.split(':')[0])).toContain(id)
})

test('each invariant was seen to bite, and each number is there once', () => {
  const ids = invariants.map(({ id }) => id)
  expect([...new Set(forgeries.map(([id]) => id))].sort()).toEqual([...ids].sort())
  expect(new Set(ids).size).toBe(ids.length)
})
