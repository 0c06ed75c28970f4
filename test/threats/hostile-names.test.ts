/** S15: what people and products are called ends up on screens, in logs, in Markdown and in HTML, as text and as nothing else. */
import { expect, test } from 'vitest'
import { githubSummary } from '../../src/report/github.js'
import { htmlReport } from '../../src/report/html-report.js'
import { progressView } from '../../src/report/progress.js'
import { bob, pretend } from '../support/pretended.js'

const esc = '\u001b'
/** Control and format characters, line feeds apart. */
const unseen = /\p{Cf}|(?!\n)\p{Cc}/u

const hostile = [
  `${esc}[2J${esc}]0;owned\u0007`,
  '::error title=owned::\r\n::set-output name=x::y',
  '<img src=x onerror=alert(1)>"\'`',
  '[click](javascript:alert(1)) @channel <!here> | a | b |',
  '=HYPERLINK("http://x")',
  '\u202egnp.exe\u2066',
  '\r\nHTTP/1.1 200 OK\r\n',
]

test.each(hostile)('the text %j stays text wherever it is shown', async (text) => {
  const written: string[] = []
  const { start, clock, journal } = pretend({
    before: ({ method }) => {
      if (method === 'promote') throw new Error(text)
    },
  })
  const views = [false, true].map((isTty) =>
    progressView({ write: (part) => void written.push(part), clock, isTty, color: false, ci: isTty ? 'none' : 'github' }),
  )
  const handle = await start(undefined, { author: { id: text, roles: [text] } })
  await handle.pause({ actor: { ...bob, id: `bob ${text}` }, reason: text })
  await handle.abort({ actor: bob, reason: text })
  await clock.advance(60_000)
  for (const record of journal.records) for (const view of views) view.record(record)
  for (const view of views) view.close()

  const screen = written.join('')
  // A terminal's own drawing apart, there is no control character, and none that turns the direction of reading.
  expect(screen.replaceAll(new RegExp(`${esc}\\[\\??\\d*[A-Za-z]`, 'g'), '')).not.toMatch(unseen)
  expect(screen).not.toContain(`${esc}[2J`)
  expect(screen.split('\n').filter((line) => /^::(?!(error|warning|notice) title=[^:]*::)/.test(line))).toEqual([])
  const page = htmlReport(journal.records)
  expect(page).not.toMatch(/<img|onerror=alert\(1\)>|<script/)
  const summary = githubSummary(journal.records)
  expect(summary).not.toMatch(/<img|\]\(javascript|(?<!\\|&#64;|\w)@channel|<!here>/)
  for (const shown of [page, summary]) expect(shown).not.toMatch(unseen)
})
