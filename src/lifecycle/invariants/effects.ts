import { canonicalJson } from '../../vocabulary/canonical-json.js'
import type { Effect } from '../protocol.js'
import { firstCall, firstTurn, type History, type Invariant, type Turn, type WorldCall } from './history.js'

/** Calls in all for one order in one process life, as the engine's own retry policy has it. */
const mostAttempts = 5

const reads = ['observe', 'getWeight', 'read', 'request']
const isChange = ({ method }: Pick<WorldCall, 'method'>) => !reads.includes(method)

/** What an order may make an adapter do. */
const methods: Record<Effect['type'], readonly string[]> = {
  'unit.deploy': ['deploy', 'observe'],
  'unit.promote': ['promote', 'settle', 'observe'],
  'unit.retire': ['retire', 'getWeight'],
  'traffic.shift': ['setWeight', 'getWeight'],
  'metrics.look': ['getWeight', 'read'],
  'hook.call': ['hook'],
  'approval.request': ['request'],
}

const done: readonly string[] = ['unit.deployed', 'unit.promoted', 'unit.retired', 'traffic.shifted', 'hook.finished']

/** The key of the order that a turn ends well; what comes late or twice ends none. */
function keyDone({ event, before }: Turn): string | undefined {
  if (!('key' in event) || !done.includes(event.type) || ('outcome' in event && event.outcome !== 'pass')) return undefined
  return before?.tracks[event.track]?.context.awaiting?.key === event.key ? event.key : undefined
}

const ordersOf = ({ turns }: History, key: string) =>
  turns.flatMap(({ effects, seq }) => effects.filter((effect) => effect.key === key).map((effect) => ({ effect, seq })))

export const effectInvariants: readonly Invariant[] = [
  {
    id: 'I23',
    says: 'Every call that changes something has an earlier durable order with its key, and does what that order says.',
    check: firstCall((call, history) => {
      if (!isChange(call)) return undefined
      const orders = ordersOf(history, call.key)
      const [first] = orders
      if (first === undefined) return 'no record orders it'
      if (call.after !== undefined && first.seq > call.after) return `it came before record ${first.seq}, which orders it`
      const { effect } = first
      const wanted =
        effect.type === 'traffic.shift' ? String(effect.weight) : 'artifact' in effect ? effect.artifact.version : undefined
      if (!methods[effect.type].includes(call.method)) return `the order was ${effect.type}`
      if ('unit' in effect && effect.unit !== call.unit) return `the order was for ${effect.unit}`
      return wanted === undefined || wanted === call.detail ? undefined : `the order was ${wanted}`
    }),
  },
  {
    id: 'I24',
    says: 'One effect has one key for ever, and one key is one effect.',
    check(history) {
      const byKey = new Map<string, string>()
      const byEffect = new Map<string, Set<string>>()
      for (const { effects, seq } of history.turns)
        for (const effect of effects) {
          const { key, ...content } = effect
          const text = canonicalJson(effect.type === 'metrics.look' ? { ...content, from: null } : content)
          if ((byKey.get(key) ?? text) !== text) return `record ${seq}: the key ${key} stands for two effects`
          byKey.set(key, text)
          if (effect.type === 'metrics.look' || effect.type === 'approval.request') continue
          // The step's own part of the key: what is left when the generation is taken away.
          const logical = key.replace(/:\d+(?=:[a-z.]+$)/, '')
          byEffect.set(logical, (byEffect.get(logical) ?? new Set()).add(key))
        }
      const begunAgain = history.turns.filter(({ event }) => ['retry.requested', 'traffic.drifted'].includes(event.type)).length
      const twice = [...byEffect.values()].find((keys) => keys.size > 1 + begunAgain)
      return twice && `one effect has the keys ${[...twice].join(', ')}`
    },
  },
  {
    id: 'I25',
    says: 'What an order does to the world is recorded as done at most once.',
    check: firstTurn((turn, { turns }) => {
      const key = keyDone(turn)
      const first = key && turns.slice(0, turn.seq - 1).find((other) => keyDone(other) === key)
      return first && `${key} was done by record ${first.seq}`
    }),
  },
  {
    id: 'I27',
    says: 'Only the answer to the order in hand is ever acted upon; a late one changes nothing.',
    check: firstTurn(({ event, before, after }) => {
      if (!('key' in event)) return undefined
      const [old, now] = [before?.tracks[event.track], after.tracks[event.track]]
      if (old === undefined || old.context.awaiting?.key === event.key) return undefined
      return canonicalJson(old) === canonicalJson(now)
        ? undefined
        : `an answer to ${event.key} changed ${event.track}, which waits for ${old.context.awaiting?.key ?? 'nothing'}`
    }),
  },
  {
    id: 'I28',
    says: 'An order is tried a bounded number of times.',
    check(history) {
      const tried = new Map<string, number>()
      for (const call of history.calls) {
        const id = `${call.fencingToken} ${call.method} ${call.key}`
        const count = (tried.get(id) ?? 0) + 1
        tried.set(id, count)
        const orders = Math.max(1, ordersOf(history, call.key).length)
        // An order may read more than once per attempt: a look reads the weight, a retirement too.
        if (count > mostAttempts * orders)
          return `${call.method} with key ${call.key} was tried ${count} times for ${orders} orders`
      }
      return undefined
    },
  },
  {
    id: 'I29',
    says: 'A track has at most one order in hand, and gives the next only when that one is over or given up.',
    check: firstTurn(({ effects }) => {
      const tracks = effects.map(({ track }) => track)
      const twice = tracks.find((track, index) => tracks.indexOf(track) < index)
      return twice && `two orders at once for ${twice}`
    }),
  },
  {
    id: 'I39',
    says: 'Once a new owner has made a call, no call of an older owner reaches the world.',
    check: firstCall(({ fencingToken }, { calls }, index) => {
      const highest = calls.slice(0, index).reduce((max, call) => Math.max(max, call.fencingToken), 0)
      return fencingToken < highest ? `it carries token ${fencingToken}, after ${highest} was seen` : undefined
    }),
  },
]
