import type { Journal, JournalRecord } from '../../ports/journal.js'
import { canonicalJson } from '../../vocabulary/canonical-json.js'
import type { ReleaseErrorCode } from '../../vocabulary/errors.js'
import { collect, ensure, frozen, isRefused, type Law, lawsOf } from './law.js'

/** A journal to try. Nothing is written in it yet. */
export interface JournalSubject {
  readonly journal: Journal
  /** Opens the same journal, as the next process would. While it is open, that may be refused with `journal/locked`. */
  readonly reopen?: () => Journal | Promise<Journal>
  /** Takes the journal over while it is open, where that can be: its owner is believed dead, and is not. */
  readonly takeOver?: () => Journal | Promise<Journal>
}

const law = lawsOf<JournalSubject>()

/** What every adapter of `Journal` obeys. */
export const journalLaws: readonly Law<JournalSubject>[] = [
  law('JO1', 'the records of a release come back as they were appended, in order, and no others', [], async ({ journal }) => {
    const turns = ['b', 'a', 'b', 'b', 'a'].map((release, i, all) =>
      record(release, all.slice(0, i + 1).filter((name) => name === release).length, { turn: i }),
    )
    for (const turn of turns) await journal.append(turn)
    for (const release of ['a', 'b'])
      await holds(
        journal,
        release,
        turns.filter((turn) => turn.release === release),
      )
  }),

  law('JO2', 'of a release that was never begun there is nothing, and that is no error', [], async ({ journal }) => {
    await journal.append(record('a', 1))
    await holds(journal, 'nobody', [])
  }),

  law('JO3', 'a place that is taken, and one that leaves a gap, are refused, and change nothing', [], async ({ journal }) => {
    await isRefusedAs('journal/conflict', 'a release that begins with its second record', () => journal.append(record('a', 2)))
    const appended = [record('a', 1, 'first'), record('a', 2, 'second')]
    for (const one of appended) await journal.append(one)
    for (const seq of [1, 2, 4])
      await isRefusedAs('journal/conflict', `record ${seq} of 2`, () => journal.append(record('a', seq, 'odd')))
    await holds(journal, 'a', appended)
    await journal.append(record('a', 3))
  }),

  law('JO4', 'a body comes back equal, whatever JSON it is', [], async ({ journal }) => {
    const bodies = [null, true, 0, '', [], {}, ...numbers, ...texts, awkwardMembers, nested(40)]
    const appended = bodies.map((body, i) => record('a', i + 1, body))
    for (const one of appended) await journal.append(frozen(one))
    await holds(journal, 'a', appended)
  }),

  law('JO5', 'what becomes of a body after it was appended does not reach the journal', [], async ({ journal }) => {
    const body = { weights: [5] }
    await journal.append(record('a', 1, body))
    body.weights.push(50)
    await holds(journal, 'a', [record('a', 1, { weights: [5] })])
  }),

  law('JO6', 'releases are listed once each, oldest first', [], async ({ journal }) => {
    for (const [release, seq] of [
      ['c', 1],
      ['a', 1],
      ['c', 2],
      ['b', 1],
      ['a', 2],
    ] as const)
      await journal.append(record(release, seq))
    const listed = await collect(journal.releases())
    ensure(listed.join() === 'c,a,b', `c, a and b were begun, and ${listed.join()} is listed`)
  }),

  law('JO7', 'many releases append at the same time, and none loses or mixes records', [], async ({ journal }) => {
    const releases = Array.from({ length: 20 }, (_, i) => `many-${i}`)
    const recordsOf = (release: string) => Array.from({ length: 10 }, (_, i) => record(release, i + 1, { release, i }))
    await Promise.all(
      releases.map(async (release) => {
        for (const one of recordsOf(release)) await journal.append(one)
      }),
    )
    for (const release of releases) await holds(journal, release, recordsOf(release))
  }),

  law('JO8', 'of two that append to the same place at the same time, one is refused', [], async ({ journal }) => {
    await journal.append(record('a', 1))
    await oneWins([() => journal.append(record('a', 2, 'one')), () => journal.append(record('a', 2, 'other'))], journal)
  }),

  law('JO9', 'who reads while others append reads in order and without a gap', [], async ({ journal }) => {
    for (const seq of [1, 2, 3]) await journal.append(record('a', seq))
    const read: number[] = []
    for await (const { seq } of journal.read('a')) {
      if (read.length === 0) await journal.append(record('a', 4))
      read.push(seq)
    }
    ensure(['1,2,3', '1,2,3,4'].includes(read.join()), `of records 1 to 4 it read ${read.join()}`)
  }),

  law('JO10', 'a closed journal takes nothing more, and may be closed again', [], async ({ journal }) => {
    await journal.append(record('a', 1))
    await journal.close()
    await journal.close()
    await isRefused('appending to a closed journal', () => journal.append(record('a', 2)))
  }),

  law('JO11', 'what was appended outlives the process, and the next one goes on where it ended', ['reopen'], async (subject) => {
    const { journal, reopen } = subject
    const appended = [record('b', 1, 'first'), record('a', 1, { second: '✓' }), record('b', 2, 'third')]
    for (const one of appended) await journal.append(one)
    await journal.close()
    const next = await reopen()
    try {
      await holds(next, 'b', [appended[0]!, appended[2]!])
      await holds(next, 'a', [appended[1]!])
      ensure((await collect(next.releases())).join() === 'b,a', 'the order of the releases did not outlive the process')
      await isRefusedAs('journal/conflict', 'a place taken by the process before', () => next.append(record('b', 2)))
      await next.append(record('b', 3))
    } finally {
      await next.close()
    }
  }),

  law('JO12', 'closing waits for what was accepted', ['reopen'], async ({ journal, reopen }) => {
    const accepted = [1, 2, 3].map((i) => record(`release-${i}`, 1))
    const appending = accepted.map((one) => journal.append(one))
    await journal.close()
    await Promise.all(appending)
    const next = await reopen()
    try {
      for (const one of accepted) await holds(next, one.release, [one])
    } finally {
      await next.close()
    }
  }),

  law('JO13', 'each owner has a higher fencing token than the one before', ['reopen'], async ({ journal, reopen }) => {
    const tokens = [journal.fencingToken]
    for (let last = journal; tokens.length < 4; tokens.push(last.fencingToken)) {
      await last.close()
      last = await reopen()
    }
    ensure(
      tokens.every((token, i) => Number.isSafeInteger(token) && (i === 0 || token > tokens[i - 1]!)),
      `the tokens were ${tokens.join(', ')}`,
    )
  }),

  law('JO14', 'two who both believe that the journal is theirs never both append to one place', ['reopen'], async (subject) => {
    const { journal, reopen } = subject
    await journal.append(record('a', 1))
    let other: Journal | undefined
    const refusal = await isRefused('opening it', async () => {
      other = await reopen()
    }).catch(() => undefined)
    if (refusal) {
      ensure(refusal.code === 'journal/locked', `a journal that is held should be journal/locked, and is ${refusal.code}`)
      return journal.append(record('a', 2))
    }
    const second = other!
    try {
      await oneWins([() => journal.append(record('a', 2, 'one')), () => second.append(record('a', 2, 'other'))], second)
    } finally {
      await second.close()
    }
  }),

  law('JO15', 'who was taken over can append nothing more', ['takeOver'], async ({ journal, takeOver }) => {
    await journal.append(record('a', 1))
    const next = await takeOver()
    try {
      await isRefusedAs('journal/locked', 'the old owner', () => journal.append(record('a', 2)))
      await isRefusedAs('journal/locked', 'the old owner', () => journal.append(record('b', 1)))
      await next.append(record('a', 2))
      await holds(next, 'a', [record('a', 1), record('a', 2)])
    } finally {
      await next.close()
    }
  }),
]

const record = (release: string, seq: number, body: unknown = null): JournalRecord => ({
  release,
  seq,
  at: 1_800_000_000_000 + seq,
  body,
})

const numbers = [-1, 0.1, 1e21, 5e-324, Number.MAX_VALUE, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]
/** Among them: a line end within a text, zero, a lone surrogate, a character of two code units, combining marks, text from right to left. */
const texts = [
  'two\nlines\r\n\u2028',
  '\u0000',
  '\ud800',
  '🛬',
  'e\u0301 is not é',
  'שלום',
  '"\\',
  '$1 %s {{x}}',
  'x'.repeat(100_000),
]
const awkwardMembers = JSON.parse('{"b":1,"a":2,"":3,"__proto__":{"constructor":4},"ключ":5,"10":6,"9":7}')
const nested = (depth: number): unknown => (depth === 0 ? 'deep' : { in: [nested(depth - 1)] })

async function holds(journal: Journal, release: string, expected: readonly JournalRecord[]): Promise<void> {
  const read = await collect(journal.read(release))
  ensure(read.length === expected.length, `"${release}" has ${expected.length} records, and ${read.length} were read`)
  for (const [i, one] of expected.entries()) {
    const [wanted, got] = [canonicalJson(one), canonicalJson(read[i])]
    ensure(got === wanted, `${wanted.slice(0, 500)} came back as ${got.slice(0, 500)}`)
  }
}

async function isRefusedAs(code: ReleaseErrorCode, what: string, act: () => Promise<unknown>): Promise<void> {
  const refusal = await isRefused(what, act)
  ensure(refusal.code === code, `${what} should be ${code}, and is ${refusal.code}`)
}

/** Record 2 of "a" is appended by several at once. */
async function oneWins(appends: readonly (() => Promise<void>)[], journal: Journal): Promise<void> {
  const outcomes = await Promise.allSettled(appends.map((append) => append()))
  const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
  ensure(refusals.length === appends.length - 1, `${refusals.length} of ${appends.length} were refused`)
  for (const reason of refusals) {
    const { code } = await isRefused('the other', () => Promise.reject(reason))
    ensure(code === 'journal/conflict' || code === 'journal/locked', `the other got ${code}`)
  }
  const seqs = (await collect(journal.read('a'))).map(({ seq }) => seq)
  ensure(seqs.join() === '1,2', `records 1 and 2 should be there, and ${seqs.join()} are`)
}
