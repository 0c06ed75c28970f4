import { expect, test } from 'vitest'
import { htmlReport } from '../../src/report/html-report.js'
import { story } from '../support/story.js'
import { approved, held, hostile, promoted, rolledBack, small, traffic, underWay } from './stories.js'

/** The texts of a page, without its elements. */
const textOf = (page: string) =>
  page
    .replace(/<style>.*<\/style>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')

test('the report of a rollback says what happened, why, and what is live', () => {
  const text = textOf(htmlReport(rolledBack()))
  for (const part of [
    'rolled back checkout-43',
    'errors in 30s: canary ratio 2.073 % is above the allowed 2 %',
    'Live now production/checkout 1.9.0',
    'Weight of production/checkout over time',
    '0 % from 0:00:00, 5 % from 0:00:43, 25 % from 0:05:45, 0 % from 0:09:52',
    '18 looks: 17 passed, 0 undecided, 1 failed. Last value 2.073 % against 0.6622 % of control.',
    '2 Look 8 failed, so the release rolls back.',
    'Records 1 to 47 of the journal',
  ])
    expect(text).toContain(part)
})

test('the report holds the approvals, the plan in words, and the hash of the plan', () => {
  const records = approved()
  const text = textOf(htmlReport(records))
  for (const part of [
    'production:before#go-live ben@example.org release-manager approved 2026-03-01 12:20:00 UTC looks good',
    'send it 50 % of traffic',
    'all-at-once, after staging; on failure the stage rolls back',
  ])
    expect(text).toContain(part)
  expect(text).toContain((records[0]!.body as { event: { planHash: string } }).event.planHash)
})

test('a release that waits says how to answer', () => {
  expect(textOf(htmlReport(held()))).toContain('production/checkout is held for a human: retry, promote, skip or abort.')
})

test('the same records give the same bytes, and only a given time changes them', () => {
  expect(htmlReport(promoted())).toBe(htmlReport(promoted()))
  const at = Date.UTC(2026, 5, 1)
  expect(htmlReport(promoted(), { generatedAt: at })).toBe(
    htmlReport(promoted()).replace(/(of the journal,[^<]*)/, '$1 Report made 2026-06-01 00:00:00 UTC.'),
  )
})

test('the file loads nothing and runs nothing', () => {
  for (const records of [promoted(), rolledBack(), approved(), hostile()]) {
    const page = htmlReport(records)
    expect(page).not.toMatch(/<(script|link|img|iframe|object|embed|base|form)\b/i)
    expect(page.replace(/"[^"]*"/g, '""')).not.toMatch(/<[^>]*\s(on\w+|src|srcset|xlink:href)=/i)
    expect(page.match(/href="[^"]*"/g)?.every((link) => link.startsWith('href="#'))).toBe(true)
    expect(page).not.toMatch(/@import|url\(/)
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`)
  }
})

test('hostile texts stay texts', () => {
  const page = htmlReport(hostile())
  expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;\\u{1b}[2J\\u{202e}gnp.exe')
  expect(page.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u)
})

test('every element is closed, every id is unique, and every drawing has a name and a description', () => {
  for (const records of [promoted(), rolledBack(), approved(), held(), hostile(), underWay(0), underWay(60_000)]) {
    const page = htmlReport(records)
    const open: string[] = []
    for (const [, slash, name, selfClosing] of page.matchAll(/<(\/?)([a-z0-9]+)(?:"[^"]*"|[^>"])*?(\/?)>/g))
      if (slash) expect(open.pop()).toBe(name)
      else if (!selfClosing && name !== 'meta') open.push(name!)
    expect(open).toEqual([])
    const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const [, labels] of page.matchAll(/aria-labelledby="([^"]*)"/g))
      for (const id of labels!.split(' ')) expect(ids).toContain(id)
    for (const [, target] of page.matchAll(/href="#([^"]*)"/g)) expect(ids).toContain(target)
  }
})

test('two days of looks still make a page of a quarter of a megabyte', { timeout: 60_000 }, () => {
  const long = JSON.parse(JSON.stringify(small))
  Object.assign(long.stages[0].strategy.steps[1], { for: '2d', every: '1m' })
  const page = htmlReport(story(long, { measure: traffic() }))
  expect(page.match(/Values, \d+ of \d+ looks/)?.[0]).toBe('Values, 200 of 2887 looks')
  expect(page.length).toBeLessThan(250_000)
})
