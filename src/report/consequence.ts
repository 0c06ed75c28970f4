import { contextOf, type ReleaseSnapshot, stateOf } from '../lifecycle/release.js'
import { currentStep, gateOf, type TrackContext } from '../lifecycle/track-context.js'
import type { Tone } from './fact.js'
import type { Moment } from './moment.js'

/** Where the release went because of one event. */
export interface Consequence {
  /** Ends the sentence about the event: ", so production rolls back"; empty when the event changed nothing. */
  readonly says: string
  readonly tone: Tone
  readonly isDecision: boolean
}

/** The track's context before and after; `undefined` where it did not exist yet. */
export function contextsOf({ before, after }: Moment, track: string): [TrackContext | undefined, TrackContext | undefined] {
  const find = (snapshot: ReleaseSnapshot | undefined) => {
    const found = snapshot?.tracks[track]
    return found && contextOf(found)
  }
  return [find(before), find(after)]
}

/** Whether the track is in another state or step than before, or in the same step once more. */
export function hasMoved(moment: Moment, id: string): boolean {
  const [then, now] = contextsOf(moment, id)
  const isElsewhere = stateOf(moment.before?.tracks[id]) !== stateOf(moment.after.tracks[id])
  return isElsewhere || then?.index !== now?.index || then?.generation !== now?.generation
}

/** The tracks that the event acted on: the one it names or whose gate it answers, or all that it moved. */
export function touched(moment: Moment): string[] {
  const { event } = moment.entry
  const tracks = moment.after.program.tracks.map(({ id }) => id)
  if ('gate' in event)
    return tracks.filter((id) => {
      const [then] = contextsOf(moment, id)
      return then !== undefined && stateOf(moment.before?.tracks[id]) === 'verifying.approving' && gateOf(then) === event.gate
    })
  const named = 'track' in event ? event.track : undefined
  return named === undefined ? tracks.filter((id) => hasMoved(moment, id)) : [named]
}

export function consequenceOf(moment: Moment, tracks = touched(moment)): Consequence {
  const scope = newlyRolledBack(moment)
  if (scope !== undefined) return { says: `, so ${scope}`, tone: 'bad', isDecision: true }
  const becomes = (state: string) =>
    tracks.find((id) => stateOf(moment.after.tracks[id]) === state && stateOf(moment.before?.tracks[id]) !== state)
  if (becomes('held') !== undefined) return { says: ', so it is held for a human', tone: 'warn', isDecision: true }
  if (becomes('failed') !== undefined) return { says: ', so it has failed', tone: 'bad', isDecision: true }
  const done = tracks.flatMap((id) => {
    const [then, now] = contextsOf(moment, id)
    return then && now && now.index > then.index ? (currentStep(then)?.id ?? []) : []
  })
  if (done.length === 0) return { says: '', tone: 'plain', isDecision: false }
  return { says: `, so ${done.join(' and ')} ${done.length > 1 ? 'are' : 'is'} done`, tone: 'good', isDecision: true }
}

function newlyRolledBack({ before, after }: Moment): string | undefined {
  const old = before?.rollback?.scope ?? []
  const scope = (after.rollback?.scope ?? []).filter((id) => !old.includes(id))
  if (scope.length === 0) return undefined
  const { tracks } = after.program
  if (tracks.every(({ id }) => scope.includes(id))) return 'the release rolls back'
  const stages = [...new Set(tracks.filter(({ id }) => scope.includes(id)).map(({ stage }) => stage))]
  return `${stages.join(' and ')} ${stages.length > 1 ? 'roll' : 'rolls'} back`
}
