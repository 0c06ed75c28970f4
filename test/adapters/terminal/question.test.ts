import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseAnswer, questionText } from '../../../adapters/terminal/question.js'

const digest = `sha256:${'ab'.repeat(32)}`
const request = {
  release: 'checkout-42',
  planHash: `sha256:${'cd'.repeat(32)}`,
  gate: 'production',
  artifacts: { checkout: { version: 'v2', digest }, worker: { version: 'v7' } },
  says: 'Checkout v2 has baked for an hour.',
  expiresAt: Date.UTC(2026, 9, 7, 12),
}

test('a question shows everything the answer is bound to', () => {
  expect(questionText(request, 3)).toBe(`
Question 3: Checkout v2 has baked for an hour.
  release   checkout-42
  gate      production
  artifact  checkout v2 ${digest}
  artifact  worker v7 (no digest)
  plan      ${request.planHash}
  expires   2026-10-07T12:00:00.000Z
`)
})

test.each([
  ['an escape sequence', '\x1b[2J\x1b]0;title\x07', '\\u{1b}[2J\\u{1b}]0;title\\u{7}'],
  ['an 8-bit escape', '\x9b2J', '\\u{9b}2J'],
  ['a line of its own', 'fine\r\nQuestion 4: also fine?', 'fine\\u{d}\\u{a}Question 4: also fine?'],
  ['a turned reading direction', '\u202egnp.exe', '\\u{202e}gnp.exe'],
  ['an invisible letter', 'pro\u200bduction', 'pro\\u{200b}duction'],
  ['a line separator', 'a\u2028b', 'a\\u{2028}b'],
  ['half a character', 'a\ud83d', 'a\\u{d83d}'],
])('%s in a text is shown as text', (_, nasty, shown) => {
  expect(questionText({ ...request, says: nasty }, 3)).toContain(`Question 3: ${shown}\n`)
  expect(questionText({ ...request, gate: nasty }, 3)).toContain(`gate      ${shown}\n`)
})

test('no text whatsoever adds a line or a control character', () => {
  const text = fc.string({ unit: 'binary' })
  const lines = questionText(request, 3).split('\n').length
  fc.assert(
    fc.property(text, text, text, (says, release, version) => {
      const shown = questionText({ ...request, says, release, artifacts: { [release]: { version }, b: { version } } }, 3)
      expect(shown.split('\n').length).toBe(lines)
      expect(shown.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
    }),
  )
})

test.each([
  ['approve 3', { decision: 'approve', reason: '' }],
  ['  APPROVE  3  looks   good ', { decision: 'approve', reason: 'looks good' }],
  ['reject 3 error budget is spent', { decision: 'reject', reason: 'error budget is spent' }],
  ['reject 3 up\x1b[A', { decision: 'reject', reason: 'up\\u{1b}[A' }],
])('%j is an answer to question 3', (line, answer) => {
  expect(parseAnswer(line, 3)).toEqual(answer)
})

test.each([
  '',
  ' ',
  '3',
  'y',
  'yes',
  'yes 3',
  'approve',
  'approve 2',
  'approve 03',
  'approve 33',
  'approve3',
  'approved 3',
  'approve: 3',
  'not approve 3',
  'reject',
  'reject 3',
  'reject 2 too early',
  'Approve production',
  'constructor 3',
])('%j is no answer to question 3', (line) => {
  expect(parseAnswer(line, 3)).toBeUndefined()
})
