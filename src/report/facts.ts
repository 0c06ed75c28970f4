import type { Effect } from '../lifecycle/protocol.js'
import { contextOf, type Move, stateOf } from '../lifecycle/release.js'
import { statusOf } from '../lifecycle/status.js'
import { currentStep, gateOf, isRouted } from '../lifecycle/track-context.js'
import { humanDuration } from '../vocabulary/duration.js'
import { hasMoved } from './consequence.js'
import type { Fact, Told } from './fact.js'
import type { Moment } from './moment.js'
import { tellEvent } from './tell-event.js'
import { sayApprovals, sayInstant, sayStep, sayWeight } from './words.js'

/** Everything one record tells, in the order to read it: what happened, what came to an end, what began. */
export function factsOf(moment: Moment, startedAt: number): Fact[] {
  const { record, entry, after } = moment
  const told = tellEvent(moment)
  const named = 'track' in entry.event ? (entry.event.track ?? null) : null
  const all = [...(told ? [{ track: named, ...told }] : []), ...ends(moment, startedAt), ...beginnings(moment)]
  return all.map(({ track = null, tone = 'plain', isDecision = false, detail = '', ...others }) => {
    const { stage = null, unit = null } = after.program.tracks.find(({ id }) => id === track) ?? {}
    const place = { seq: record.seq, at: entry.event.at, track, stage, unit }
    return { ...place, tone, isDecision, ...(detail !== '' && { detail }), ...others }
  })
}

function ends(moment: Moment, startedAt: number): Told[] {
  const { entry, before, after } = moment
  const told = entry.moves.flatMap((move) => endOf(moment, move) ?? [])
  if (after.phase !== 'ended' || before?.phase === 'ended') return told
  const isPromoted = statusOf(after).status === 'promoted'
  const duration = humanDuration(after.at - startedAt)
  const says = `The release is ${isPromoted ? 'promoted' : 'rolled back'}, after ${duration}.`
  const detail = statusOf(after).cause?.says ?? ''
  return [...told, { kind: 'end', says, tone: isPromoted ? 'good' : 'bad', detail }]
}

function endOf({ after }: Moment, { track, from, to }: Move): Told | undefined {
  const { setting } = contextOf(after.tracks[track])
  const { unit, stage } = setting.track
  const build = unit === null ? `The gate ${track}` : `${unit} ${setting.canary?.version}`
  if (to === 'promoted')
    return {
      kind: 'work',
      track,
      tone: 'good',
      says: unit === null ? `${build} is passed.` : `${build} is promoted in ${stage}.`,
    }
  if (to !== 'rolledBack') return undefined
  if (from === 'proposed') return { kind: 'work', track, says: 'It was not begun, so there is nothing to take back.' }
  const back = setting.stable ? `${unit} is back on ${setting.stable.version}` : `${build} is taken back`
  return { kind: 'work', track, tone: 'bad', says: unit === null ? `${build} is closed.` : `${back}.` }
}

function beginnings(moment: Moment): Told[] {
  const { after, entry } = moment
  return [
    ...entry.effects.flatMap((effect) => orderBegun(effect, after.tracks[effect.track]?.context.rollback !== null) ?? []),
    ...after.program.tracks.filter(({ id }) => hasMoved(moment, id)).flatMap(({ id }) => waitBegun(moment, id) ?? []),
  ]
}

/** Only what takes long; the others are told when they are done. */
function orderBegun(effect: Effect, isRollback: boolean): Told | undefined {
  const { track } = effect
  const begun = (says: string): Told => ({ kind: 'work', track, says })
  switch (effect.type) {
    case 'unit.deploy':
      return begun(`${isRollback ? 'Restoring' : 'Deploying'} ${effect.unit} ${effect.artifact.version}.`)
    case 'unit.promote':
      return begun(`Making ${effect.unit} ${effect.artifact.version} the stable version.`)
    case 'hook.call':
      return begun(`Calling hook ${effect.hook}.`)
    default:
      return undefined
  }
}

function waitBegun({ after }: Moment, track: string): Told | undefined {
  const context = contextOf(after.tracks[track])
  const step = currentStep(context)
  const state = stateOf(after.tracks[track])
  if (step && (state === 'verifying.watching' || state === 'verifying.waiting')) {
    const weight = isRouted(context) ? ` at ${sayWeight(context.weight)}` : ''
    return { kind: 'work', track, says: `${step.id} began${weight}: ${sayStep(step)}.` }
  }
  if (step?.type !== 'approve' || state !== 'verifying.approving') return undefined
  const until = context.deadlines.step
  const limit = until === null ? '' : ` until ${sayInstant(until)}`
  return { kind: 'ask', track, tone: 'warn', says: `Gate ${gateOf(context)} waits for ${sayApprovals(step)}${limit}.` }
}
