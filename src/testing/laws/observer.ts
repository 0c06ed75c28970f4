import type { JournalRecord } from '../../ports/journal.js'
import type { Observer } from '../../ports/observer.js'
import { canonicalJson } from '../../vocabulary/canonical-json.js'
import { ensure, type Law, lawsOf, shown } from './law.js'

/** An observer to try, and what its receiver got. */
export interface ObserverSubject {
  readonly observer: Observer
  /** Resolves with the records that arrived, once all have or never will. */
  readonly arrived?: () => Promise<readonly JournalRecord[]>
  /** From then on nobody receives anything. */
  readonly breakDown?: () => void | Promise<void>
}

const law = lawsOf<ObserverSubject>()

/** What every `Observer` obeys: a release can neither wait for it nor be changed by it. What it throws is dropped. */
export const observerLaws: readonly Law<ObserverSubject>[] = [
  law('OB1', 'it takes a record at once, and leaves it as it is', [], async ({ observer }) => {
    for (const record of records) tell(observer, record)
  }),

  law('OB2', 'it takes ten thousand records at once', [], async ({ observer }) => {
    for (let seq = 1; seq <= 10_000; seq++) tell(observer, { ...records[0]!, seq })
  }),

  law('OB3', 'when nobody receives anything any more, a release does not notice', ['breakDown'], async (subject) => {
    const { observer, breakDown } = subject
    tell(observer, records[0]!)
    await breakDown()
    for (const record of records.slice(1)) tell(observer, record)
  }),

  law('OB4', 'every record arrives, and those of one release in order', ['arrived'], async ({ observer, arrived }) => {
    for (const record of records) tell(observer, record)
    await allArrive(arrived)
  }),

  law('OB5', 'a record that it does not understand keeps it from no other', ['arrived'], async ({ observer, arrived }) => {
    for (const [i, body] of [null, 'text', 42, [], {}, { type: 'from.the.future' }].entries())
      tell(observer, { release: 'odd', seq: i + 1, at: 0, body })
    for (const record of records) tell(observer, record)
    await allArrive(arrived)
  }),
]

const records: readonly JournalRecord[] = ['a', 'b', 'a', 'a', 'b', 'a'].map((release, i, all) => ({
  release,
  seq: all.slice(0, i + 1).filter((name) => name === release).length,
  at: 1_800_000_000_000 + i,
  body: { note: `record ${i}`, nested: { list: [i] } },
}))

function tell(observer: Observer, record: JournalRecord): void {
  const given = structuredClone(record)
  let answer: unknown
  try {
    answer = observer.record(given)
  } catch {}
  ensure(answer === undefined, 'it answered, so that somebody may wait for it')
  ensure(canonicalJson(given) === canonicalJson(record), `it changed ${shown(record)} to ${shown(given)}`)
}

async function allArrive(arrived: () => Promise<readonly JournalRecord[]>): Promise<void> {
  const all = await arrived()
  for (const release of ['a', 'b']) {
    const of = (some: readonly JournalRecord[]) => canonicalJson(some.filter((record) => record.release === release))
    ensure(of(all) === of(records), `of "${release}" there arrived ${of(all)}`)
  }
}
