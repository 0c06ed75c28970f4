import { expect, test } from 'vitest'
import { LazyReason } from '../../src/analysis/lazy-reason.js'
import { reasonSchema } from '../../src/vocabulary/verdict.js'

const reasonOf = (tell: () => { says: string; numbers: Record<string, number> }) =>
  new LazyReason('acceptable', 'errors', 'pass', tell)
const plain = { code: 'acceptable', says: 'errors: fine.', metric: 'errors', outcome: 'pass', numbers: { ratio: 1 } }

test('a reason is told once, when it is first read, and not for its outcome', () => {
  let told = 0
  const reason = reasonOf(() => ({ says: `told ${++told}`, numbers: {} }))
  expect([reason.outcome, reason.code, told]).toEqual(['pass', 'acceptable', 0])
  expect([reason.says, reason.says, reason.numbers, told]).toEqual(['told 1', 'told 1', {}, 1])
})

test.each([
  ['written as JSON', (reason: LazyReason) => JSON.parse(JSON.stringify(reason))],
  ['spread', (reason: LazyReason) => ({ ...reason })],
  ['cloned', (reason: LazyReason) => structuredClone(reason)],
  ['checked by the schema of journals', (reason: LazyReason) => reasonSchema.parse(reason)],
])('a reason that is %s has the members of any other, in the same order', (_, copied) => {
  const copy = copied(reasonOf(() => ({ says: plain.says, numbers: plain.numbers })))
  expect(JSON.stringify(copy)).toBe(JSON.stringify(plain))
})
