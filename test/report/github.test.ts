import { expect, test } from 'vitest'
import { annotation, githubSummary, plainLog } from '../../src/report/github.js'
import { approved, held, hostile, rolledBack } from './stories.js'

test('an annotation cannot be ended or extended by what is in it', () => {
  expect(annotation('bad', 'a,b: 5 %', '100 %\r\nnext')).toBe('::error title=a%2Cb%3A 5 %25::100 %25 ↵ next')
})

test.each([
  ['::add-mask::x', ': :add-mask::x'],
  ['  ::add-mask::x', '  : :add-mask::x'],
  ['a ##[error]b ##[group]c', 'a # #[error]b # #[group]c'],
  ['12:30::59 is fine', '12:30::59 is fine'],
])('the log line %s is no command', (line, safe) => {
  expect(plainLog(line)).toBe(safe)
})

test('the summary says what became of it, what is live, and every decision with its reason', () => {
  const summary = githubSummary(rolledBack())
  expect(summary).toContain('## ❌ checkout-43&#58; rolled back'.replace('&#58;', ':'))
  expect(summary).toContain('| production/checkout | 1.9.0 | 0 % → 5 % → 25 % → 0 % |')
  expect(summary).toContain('| 0&#58;09&#58;48 | production/checkout | ❌ Look 8 failed, so the release rolls back. |')
})

test('the summary of a release that waits says how to answer, and whoever approved is named', () => {
  expect(githubSummary(held())).toContain('> production/checkout is held for a human&#58; retry, promote, skip or abort.')
  expect(githubSummary(approved())).toContain('| ben&#64;<!-- -->example.org | approved | looks good |')
})

test('no text becomes markup, a link, a mention or another cell', () => {
  const summary = githubSummary(hostile())
  const own = summary.replaceAll('<!-- -->', '').replace(/^## .*\n|^> /gm, '')
  expect(summary).toContain('&#60;img src=x')
  expect(own).not.toMatch(/[<>[\]`@*_\\#](?!\d+;)|http:/)
  const rows = summary.split('\n').filter((line) => line.startsWith('|'))
  expect(new Set(rows.map((row) => row.split('|').length))).toEqual(new Set([5, 6]))
})
