import { type ReleaseSnapshot, stateOf } from '../lifecycle/release.js'
import { statusOf, type TrackStatus } from '../lifecycle/status.js'
import { isRouted } from '../lifecycle/track-context.js'
import type { Tone } from './fact.js'
import type { Span } from './terminal.js'
import { visible } from './visible.js'
import { sayNext, sayWaiting } from './ways-on.js'
import { sayOffset, sayOutcome, sayState, sayStatus, sayUntil, sayWeight, statusTone } from './words.js'

/**
 * A release as it is now, in a few lines: one for itself, one or two for each track, one for each thing that it waits for.
 * @param rows - at most so many lines: first the tracks where nothing goes on are left out, then whatever is last
 */
export function progressBlock(snapshot: ReleaseSnapshot, startedAt: number, now: number, rows: number): Span[][] {
  const status = statusOf(snapshot)
  const tone = statusTone[status.status]
  const versions = Object.entries(snapshot.artifacts).map(([unit, { version }]) => `${unit} ${version}`)
  const head: Span[] = [
    ['bold', visible(status.release)],
    '  ',
    [tone, sayStatus[status.status]],
    ['dim', `  ${sayOffset(now - startedAt)}  ${visible(versions.join(', '))}`],
  ]
  const waiting = status.waiting.flatMap((one): Span[][] => {
    const { says, detail } = sayWaiting(snapshot, one)
    const until =
      one.until === null ? '' : `${one.for === 'retry' ? 'next attempt' : 'time runs out'} ${sayUntil(one.until, now)}  `
    return [[['warn', `  ‖ ${visible(says)}`]], [`      ${until}`, ['dim', visible(detail)]]]
  })
  const width = Math.max(...status.tracks.map(({ id }) => id.length))
  const lines = (tracks: readonly TrackStatus[]) => tracks.flatMap((track) => trackLines(snapshot, track, width, now))
  const all = [head, ...lines(status.tracks), ...waiting]
  if (all.length <= rows) return all
  const active = status.tracks.filter(({ state }) => !['proposed', 'promoted', 'rolledBack'].includes(state))
  const rest: Span[] = [['dim', `  … ${status.tracks.length - active.length} tracks without anything going on`]]
  return [head, ...waiting, ...lines(active), rest].slice(0, rows)
}

const glyphs: Record<Tone, string> = { plain: '●', good: '✔', warn: '‖', bad: '✖' }

function toneOf({ state, failure }: TrackStatus): Tone {
  if (state === 'promoted') return 'good'
  if (state === 'rolledBack' || state.startsWith('rollingBack') || failure !== null) return 'bad'
  return state === 'held' || state === 'paused' || state === 'verifying.approving' ? 'warn' : 'plain'
}

function trackLines(snapshot: ReleaseSnapshot, track: TrackStatus, width: number, now: number): Span[][] {
  const { id, state, weight, step, verdict, notice } = track
  const tone = toneOf(track)
  const context = snapshot.tracks[id]?.context
  const isIdle = state === 'proposed'
  const isGoingOn = !isIdle && state !== 'promoted' && state !== 'rolledBack'
  const bar = context && isRouted(context) && !isIdle ? `${weightBar(weight)} ${sayWeight(weight).padStart(6)}  ` : ' '.repeat(19)
  const position = isGoingOn && step ? `step ${step.position} of ${step.of}, ${visible(step.id)}: ` : ''
  const before = (snapshot.program.tracks.find((one) => one.id === id)?.after ?? []).filter(
    (other) => stateOf(snapshot.tracks[other]) !== 'promoted',
  )
  const words = isIdle && before.length > 0 ? `after ${before.join(', ')}` : sayState(state)
  // What waits for people is told below.
  const next = isGoingOn && tone !== 'warn' ? sayNext(snapshot, id, now) : ''
  const head: Span[] = [
    [tone, `  ${isIdle ? '○' : glyphs[tone]} `],
    visible(id).padEnd(width),
    '  ',
    bar,
    [isIdle ? 'dim' : tone, `${position}${words}`],
  ]
  const more: Span[][] = []
  if (next !== '') more.push([`      ${next}`])
  if (isGoingOn && verdict && state !== 'held') {
    const looked = verdict.outcome === 'fail' ? 'bad' : verdict.outcome === 'pass' ? 'good' : 'warn'
    const says = ['dim', ` ${visible(verdict.reasons[0]?.says ?? '')}`] as const
    more.push(['      ', [looked, `last look ${sayOutcome[verdict.outcome]}:`], says])
  }
  if (isGoingOn && notice && context?.deadlines.retry === null) more.push([['warn', `      ${visible(notice.says)}`]])
  return [head, ...more]
}

function weightBar(percent: number): string {
  // Something is never shown as nothing, and not everything never as everything.
  const cells = percent > 0 && percent < 100 ? Math.min(9, Math.max(1, Math.round(percent / 10))) : percent / 10
  return '█'.repeat(cells).padEnd(10, '░')
}
