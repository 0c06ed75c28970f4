import type { ReleaseSnapshot } from '../lifecycle/release.js'
import { statusOf } from '../lifecycle/status.js'
import { type Fact, sentence } from './fact.js'
import { factsOf } from './facts.js'
import { annotation, plainLog } from './github.js'
import type { Moment } from './moment.js'
import { paint, type Span } from './terminal.js'
import { visible } from './visible.js'
import { sayNext, sayWaiting } from './ways-on.js'
import { sayOffset } from './words.js'

function spansOf({ at, track, tone, ...fact }: Fact, release: string, startedAt: number): Span[] {
  const place = track === null ? '' : `${visible(track)}: `
  return [['dim', `+${sayOffset(at - startedAt)} ${visible(release)} `], place, [tone, visible(sentence(fact))]]
}

/** What stays on the screen of a terminal: every fact but looks that decided nothing, which the view shows below. */
export function lastingLines(moment: Moment, startedAt: number, color: boolean): string[] {
  return factsOf(moment, startedAt)
    .filter(({ kind, isDecision }) => kind !== 'look' || isDecision)
    .map((fact) => paint(spansOf(fact, moment.record.release, startedAt), color))
}

/** One line for each fact and each new reason to wait, with annotations where `ci` knows them. */
export function logLines(moment: Moment, startedAt: number, ci: 'github' | 'none'): string[] {
  const { record, after } = moment
  const noted = (isNoted: boolean, ...[tone, title, message]: Parameters<typeof annotation>) =>
    isNoted && ci === 'github' ? [annotation(tone, title, message)] : []
  const facts = factsOf(moment, startedAt).flatMap((fact) => {
    const { kind, isDecision, track, tone, at } = fact
    const next = kind === 'look' && !isDecision && track !== null ? sayNext(after, track, at) : ''
    const line = paint([...spansOf(fact, record.release, startedAt), next === '' ? '' : ` (${next})`], false)
    const isNoted = isDecision || kind === 'end' || kind === 'ask'
    return [plainLog(line), ...noted(isNoted, tone, `${record.release} ${track ?? ''}`.trim(), sentence(fact))]
  })
  const waits = newlyWaiting(moment).flatMap((says) => {
    const line = `+${sayOffset(after.at - startedAt)} ${visible(record.release)} ${visible(says)}`
    return [plainLog(line), ...noted(true, 'warn', record.release, says)]
  })
  return [...facts, ...waits]
}

/** What was not waited for before. Approvals are told as facts, and what is tried again needs nobody. */
function newlyWaiting({ before, after }: Moment): string[] {
  const forPeople = (snapshot: ReleaseSnapshot) =>
    statusOf(snapshot).waiting.filter((one) => one.for === 'human' || one.for === 'resume')
  const old = before === undefined ? [] : forPeople(before).map(({ track }) => track)
  return forPeople(after).flatMap((waiting) => (old.includes(waiting.track) ? [] : sentence(sayWaiting(after, waiting))))
}
