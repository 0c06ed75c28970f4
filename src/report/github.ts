import type { JournalRecord } from '../ports/journal.js'
import { humanDuration } from '../vocabulary/duration.js'
import { sentence, type Tone } from './fact.js'
import { liveNow } from './live-now.js'
import { timelineOf } from './timeline.js'
import { visible } from './visible.js'
import { sayWaiting } from './ways-on.js'
import { sayInstant, sayOffset, sayStatus, sayWeight, statusTone } from './words.js'

const level: Record<Tone, string> = { plain: 'notice', good: 'notice', warn: 'warning', bad: 'error' }
const percent = (text: string, characters: RegExp) =>
  text.replace(characters, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)

/** A line that GitHub Actions shows as an annotation of the run. */
export function annotation(tone: Tone, title: string, message: string): string {
  return `::${level[tone]} title=${percent(visible(title), /[%\r\n:,]/g)}::${percent(visible(message), /[%\r\n]/g)}`
}

/** A line of log that GitHub's runner cannot take for a command: `##[…]` is one wherever it stands, `::…::` at the beginning. */
export function plainLog(line: string): string {
  return line.replaceAll('##[', '# #[').replace(/^(\s*):(?=:)/, '$1: ')
}

/**
 * What became of a release, as Markdown for `$GITHUB_STEP_SUMMARY`. Texts cannot become markup, links, images or mentions.
 *
 * @param records - all records of one release, in order
 * @throws ReleaseError `release/unknown`, `journal/corrupt` or `journal/version`
 */
export function githubSummary(records: Iterable<JournalRecord>): string {
  const { status, snapshot, startedAt, lastAt, facts, weights, approvals } = timelineOf(records)
  const marks: Record<Tone, string> = { good: '✅', bad: '❌', warn: '⚠️', plain: '🔵' }
  const quote = (says: string) => `> ${md(says)}\n\n`
  const path = (points: readonly { readonly weight: number }[]) => points.map(({ weight }) => sayWeight(weight)).join(' → ')
  const ways = new Map(weights.map(({ track, points }) => [track, path(points)]))
  const duration = humanDuration(lastAt - startedAt)
  return [
    `## ${marks[statusTone[status.status]]} ${md(status.release)}: ${sayStatus[status.status]}\n\n`,
    `Plan ${md(status.plan)}, by ${md(status.author.id)}, from ${sayInstant(startedAt)}, ${duration}${status.isFinished ? '' : ' so far'}.\n\n`,
    status.cause ? quote(status.cause.says) : '',
    ...status.waiting.map((waiting) => quote(sentence(sayWaiting(snapshot, waiting)))),
    table(
      ['Unit', 'Live now', 'Weight of the new version'],
      liveNow(snapshot).map(({ track, says }) => [track, says, ways.get(track) ?? 'no router']),
    ),
    table(
      ['After', 'Where', 'Decision', 'Why'],
      facts
        .filter(({ isDecision }) => isDecision)
        .map(({ at, track, tone, says, detail }) => [
          sayOffset(at - startedAt),
          track ?? 'whole release',
          `${marks[tone]} ${says}`,
          detail ?? '',
        ]),
    ),
    table(
      ['Gate', 'Who', 'Answer', 'Reason'],
      approvals.map(({ gate, actor, isGranted, reason }) => [gate, actor.id, isGranted ? 'approved' : 'rejected', reason]),
    ),
  ].join('')
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`
  return `${line(titles)}${line(titles.map(() => '---'))}${rows.map((cells) => line(cells.map(md))).join('')}\n`
}

/**
 * Text that Markdown shows as it is. Entities are never read as markup; the empty comment keeps `@` and `#` from becoming a
 * mention or a reference, which are made after Markdown, from what is left as text.
 */
function md(text: string): string {
  return visible(text).replace(/[&<>\\`*_{}[\]()#+!|~@:$"']/g, (character) => {
    const entity = `&#${character.charCodeAt(0)};`
    return character === '@' || character === '#' ? `${entity}<!-- -->` : entity
  })
}
