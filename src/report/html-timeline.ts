import { type Fact, sentence } from './fact.js'
import { html, type Markup } from './html.js'
import { sayInstant, sayOffset } from './words.js'

/** Everything that happened, in order; looks that decided nothing are told in one row until something else happens there. */
export function timelineList(facts: readonly Fact[], startedAt: number): Markup {
  return html`<ol class="timeline">${condensed(facts).map(
    ({ at, track, tone, says, detail }) =>
      html`<li><time datetime="${new Date(at).toISOString()}" title="${sayInstant(at)}">${sayOffset(at - startedAt)}</time><span class="dim">${track ?? 'release'}</span><div class="what ${tone}"><span>${says}</span>${detail && html` <span class="detail">${detail}</span>`}</div></li>`,
  )}</ol>`
}

const isRoutineLook = ({ kind, isDecision, evidence }: Fact) => kind === 'look' && !isDecision && evidence !== undefined

function condensed(facts: readonly Fact[]): Fact[] {
  const rows: Fact[] = []
  const open = new Map<string, { index: number; looks: Fact[] }>()
  for (const fact of facts) {
    const track = fact.track ?? ''
    const run = open.get(track)
    if (!isRoutineLook(fact)) {
      open.delete(track)
      rows.push(fact)
    } else if (run === undefined) {
      open.set(track, { index: rows.length, looks: [fact] })
      rows.push(fact)
    } else {
      run.looks.push(fact)
      rows[run.index] = together(run.looks)
    }
  }
  return rows
}

/** The row stands where the first of the looks was, and says what the last one saw. */
function together(looks: readonly Fact[]): Fact {
  const count = (outcome: string) => looks.filter(({ evidence }) => evidence?.verdict.outcome === outcome).length
  const [first, last] = [looks[0]!, looks.at(-1)!]
  const counts = [`${count('pass')} passed`, `${count('inconclusive')} undecided`, `${count('fail')} failed`]
  const says = `${looks.length} looks: ${counts.filter((words) => !words.startsWith('0')).join(', ')}. The last:`
  return { ...first, says, detail: sentence(last) }
}
