import { basisPoints } from '../../vocabulary/weight.js'
import type { Effect } from '../protocol.js'
import { isRouted, pointOfNoReturn, type TrackContext } from '../track-context.js'
import { firstCall, firstTurn, type History, type Invariant, passages, type Turn } from './history.js'

/** From a decision to roll back to the first call that carries it out: a call that ignores its signal is waited for this long. */
const rollbackDelayMs = 1_000

const isBackward = (key: string) => key.includes(':rollback:')

/** I1, of one order. @returns what is wrong with it; `undefined`: nothing */
export function raisesRolledBack(effect: Effect, { rollback }: TrackContext): string | undefined {
  const isUp = rollback !== null && effect.type === 'traffic.shift' && effect.weight > 0
  return isUp ? `orders ${effect.weight} % for ${effect.track}, which is rolling back` : undefined
}

/** I3, of one order. */
export function exceedsStep(effect: Effect, { setting, index }: TrackContext): string | undefined {
  if (effect.type !== 'traffic.shift' || isBackward(effect.key)) return undefined
  const allowed = setting.track.steps.slice(0, index + 1).reduce((max, s) => (s.type === 'shift' ? s.weight : max), 0)
  return effect.weight > allowed ? `orders ${effect.weight} % for ${effect.track}, and its step allows ${allowed} %` : undefined
}

/** I6, of one order. */
export function retiresServing(effect: Effect, context: TrackContext): string | undefined {
  if (effect.type !== 'unit.retire') return undefined
  const { setting, weight, weightSince, index } = context
  if (effect.artifact.version === setting.canary?.version)
    return weight === 0 ? undefined : `retires the canary of ${effect.track}, which has ${weight} %`
  const isMoved = weight === 100 && weightSince !== null
  if (isRouted(context) && !isMoved) return `retires stable of ${effect.track} with ${100 - weight} % of traffic on it`
  return setting.track.steps.slice(0, index).some(({ type }) => type === 'promote')
    ? undefined
    : `retires stable of ${effect.track} before the canary is promoted`
}

function firstEffect({ effects, after }: Turn, complain: typeof exceedsStep): string | undefined {
  for (const effect of effects) {
    const says = complain(effect, after.tracks[effect.track]!.context)
    if (says !== undefined) return says
  }
  return undefined
}

export const trafficInvariants: readonly Invariant[] = [
  {
    id: 'I1',
    says: 'Once a rollback is decided, no order and no call raises the weight; at its end the weight is 0.',
    check: (history) =>
      firstTurn((turn) => {
        const says = firstEffect(turn, raisesRolledBack)
        if (says !== undefined) return says
        for (const { id, from, to, after } of passages(turn))
          if (to === 'rolledBack' && from.startsWith('rollingBack') && after.weight !== 0)
            return `${id} is called rolled back with ${after.weight} % on the canary`
        return undefined
      })(history) ??
      firstCall((call, { turns }) => {
        if (call.method !== 'setWeight' || call.after === undefined || isBackward(call.key)) return undefined
        const known = turns[call.after - 1]
        const track =
          known && Object.values(known.after.tracks).find(({ context }) => call.key.includes(`:${context.setting.track.id}:`))
        return track?.context.rollback ? `a forward weight is set after record ${known?.seq} decided to roll back` : undefined
      })(history),
  },
  {
    id: 'I2',
    says: 'Every weight is a whole number of basis points from 0 to 100 %; stable gets exactly the rest.',
    check: (history) =>
      firstTurn(({ effects }) => {
        const odd = effects.find((effect) => effect.type === 'traffic.shift' && !isWeight(effect.weight))
        return odd && `orders an impossible weight: ${JSON.stringify(odd)}`
      })(history) ??
      firstCall(({ method, detail }) =>
        method === 'setWeight' && !isWeight(Number(detail)) ? 'an impossible weight' : undefined,
      )(history),
  },
  {
    id: 'I3',
    says: 'Before promotion the weight is never above that of the current step.',
    check: firstTurn((turn) => firstEffect(turn, exceedsStep)),
  },
  {
    id: 'I5',
    says: 'A shift counts only once the router was read back with the weight that was wanted.',
    check: firstTurn((turn, history) => {
      const { event, before } = turn
      if (event.type !== 'traffic.shifted') return undefined
      const awaiting = before?.tracks[event.track]?.context.awaiting
      if (awaiting?.type === 'traffic.shift' && awaiting.key === event.key && awaiting.weight !== event.weight)
        return `${event.weight} % is in force, and ${awaiting.weight} % was ordered`
      return unread(history, event.key, 'setWeight', 'getWeight', turn.seq)
    }),
  },
  {
    id: 'I6',
    says: 'A version is retired only when the router has confirmed that it gets no traffic.',
    check: firstTurn((turn) => firstEffect(turn, retiresServing)),
  },
  {
    id: 'I7',
    says: 'An abort is accepted whenever the release is under way, and every track that was begun turns back at once.',
    check: firstTurn((turn) => {
      const { event, after, before } = turn
      if (event.type === 'signal.refused' && event.signal.type === 'abort.requested')
        return before?.phase === 'ended' || before?.phase === 'archived' || before?.signals.includes(event.signal.id)
          ? undefined
          : 'an abort was refused'
      if (event.type !== 'abort.requested' || after.phase !== 'running') return undefined
      const onward = passages(turn).find(
        ({ to, after: context }) =>
          /^(choosing|proposed|paused|failed|deploying|verifying)/.test(to) ||
          (to === 'held' && pointOfNoReturn(context) === null),
      )
      return onward && `${onward.id} is still ${onward.to}`
    }),
  },
  {
    id: 'I8',
    says: 'The first call of a rollback follows the decision at once, whatever else is under way.',
    check: firstTurn((turn, { calls }) => {
      for (const effect of turn.effects) {
        const { before, after } = turn
        if (!isBackward(effect.key) || before?.tracks[effect.track]?.context.rollback || !after.tracks[effect.track]) continue
        const first = calls.find(({ key }) => key === effect.key)
        if (first?.at === undefined || first.after === undefined) continue
        const waitedMs = first.at - turn.event.at
        const isSameLife = calls.some((call) => call.fencingToken === first.fencingToken && (call.after ?? 0) < turn.seq)
        if (isSameLife && waitedMs > rollbackDelayMs) return `${effect.key} was carried out ${waitedMs} ms later`
      }
      return undefined
    }),
  },
  {
    id: 'I26',
    says: 'What a call claims to have done is read back before it is recorded.',
    check: firstTurn((turn, history) => {
      const { event, seq } = turn
      if (event.type !== 'unit.promoted' && event.type !== 'unit.deployed') return undefined
      return unread(history, event.key, event.type === 'unit.promoted' ? 'promote' : 'deploy', 'observe', seq)
    }),
  },
]

function isWeight(percent: number): boolean {
  return percent >= 0 && percent <= 100 && Math.abs(percent * 100 - basisPoints(percent)) < 1e-6
}

/** Whether the last change under a key, as far as it was known before the record, was followed by a look at the result. */
function unread({ calls }: History, key: string, change: string, look: string, seq: number): string | undefined {
  if (calls.length === 0) return undefined
  const own = calls.filter((call) => call.key === key && (call.after ?? 0) < seq)
  const changed = own.findLastIndex(({ method }) => method === change)
  const looked = own.findLastIndex(({ method }) => method === look)
  return looked > changed ? undefined : `${change} was not read back by ${look}`
}
