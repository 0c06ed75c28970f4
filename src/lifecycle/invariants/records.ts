import { canonicalJson } from '../../vocabulary/canonical-json.js'
import { awaited, deadlines, stateOf } from '../release.js'
import { pointOfNoReturn } from '../track-context.js'
import { firstTurn, type Invariant } from './history.js'

const declaredTypes =
  /^(release|unit|traffic|metrics|hook|approval|effect|deadline|invariant|pause|resume|abort|promote|retry|skip|signal)\./

export const recordInvariants: readonly Invariant[] = [
  {
    id: 'I9',
    says: 'What has ended stays ended: no order and no move after the end of a release, or of a track that is rolled back.',
    check: firstTurn(({ before, effects, moves }) => {
      if (before === undefined) return undefined
      if ((before.phase === 'ended' || before.phase === 'archived') && effects.length + moves.length > 0)
        return 'the release was over'
      const stirred = [...effects, ...moves].find(({ track }) => stateOf(before.tracks[track]) === 'rolledBack')
      return stirred && `${stirred.track} was rolled back already`
    }),
  },
  {
    id: 'I10',
    says: 'Whatever has begun and not ended waits for an answer or an instant, or is declared to wait for a human without limit.',
    check: firstTurn(({ after }) => {
      if (after.phase !== 'running') return undefined
      for (const [id, track] of Object.entries(after.tracks)) {
        const state = stateOf(track)
        const { awaiting } = track.context
        if (state === 'proposed' || state === 'promoted' || state === 'rolledBack') continue
        const due = deadlines(after).filter((deadline) => deadline.track === id)
        const isDeclared = state === 'held' && pointOfNoReturn(track.context) !== null
        if (state === 'failed' || (awaiting === null && due.length === 0 && !isDeclared)) return `${id} is stuck in ${state}`
        if (!state.startsWith('rollingBack') && !isDeclared && !due.some(({ deadline }) => deadline === 'step'))
          return `${id} waits in ${state} without a limit`
      }
      const isAlive = awaited(after).length + deadlines(after).length > 0
      return isAlive || Object.values(after.tracks).some((track) => stateOf(track) === 'held')
        ? undefined
        : 'nothing is due any more'
    }),
  },
  {
    id: 'I19',
    says: 'A release has one plan from its first record to its last, and an answer to a gate counts once.',
    check: firstTurn(({ event, before, after }) => {
      if (before !== undefined && before.planHash !== after.planHash) return 'the plan changed'
      const isSignal = 'id' in event && 'actor' in event
      return isSignal && before?.signals.includes(event.id) ? `signal ${event.id} acts a second time` : undefined
    }),
  },
  {
    id: 'I22',
    says: 'Only declared events are ever recorded.',
    check: firstTurn(({ event }) => (declaredTypes.test(event.type) ? undefined : 'is no event of a release')),
  },
  {
    id: 'I35',
    says: 'A replay gives the orders and the moves that were recorded.',
    check: firstTurn(({ effects, moves, given }) => {
      if (canonicalJson(effects) !== canonicalJson(given.effects)) return 'the recorded orders are not those of a replay'
      return canonicalJson(moves) === canonicalJson(given.moves) ? undefined : 'the recorded moves are not those of a replay'
    }),
  },
  {
    id: 'I41',
    says: 'Time never goes back, and no deadline passes before it is due, or twice.',
    check: firstTurn((turn, { turns }) => {
      const { event, before, after } = turn
      if (before !== undefined && event.at < before.at) return `happened ${before.at - event.at} ms before the record before it`
      if (event.type !== 'deadline.passed') return undefined
      if (event.at < event.due) return `passed ${event.due - event.at} ms early`
      const { track, deadline, due } = event
      if (after.phase === 'running' && after.tracks[track]?.context.deadlines[deadline] === due && before?.at !== undefined)
        return `the ${deadline} deadline of ${track} is still set after it passed`
      const isTwice = turns
        .slice(0, turn.seq - 1)
        .some(
          (other) =>
            other.event.type === 'deadline.passed' &&
            other.event.track === track &&
            other.event.deadline === deadline &&
            other.event.due === due,
        )
      return isTwice ? `the ${deadline} deadline of ${track} passed twice` : undefined
    }),
  },
  {
    id: 'I42',
    says: 'The same signal, delivered again, acts once.',
    check: firstTurn(({ event, before, effects, moves }) =>
      event.type === 'signal.refused' && effects.length + moves.length > 0
        ? `the refused ${event.signal.type} had an effect on ${before?.release}`
        : undefined,
    ),
  },
  {
    id: 'I43',
    says: 'Every order of a release belongs to it, by key and by track.',
    check: firstTurn(({ effects, after }) => {
      const stray = effects.find(({ key, track }) => !key.startsWith(`${after.release}:${track}:`) || !after.tracks[track])
      return stray && `${stray.key} is not an order of ${after.release}`
    }),
  },
]
