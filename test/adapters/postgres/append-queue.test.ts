import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AppendQueue } from '../../../adapters/postgres/append-queue.js'
import type { Appending } from '../../../adapters/postgres/append-statement.js'
import { Holdings } from '../../../adapters/postgres/holdings.js'
import { genesis } from '../../../adapters/postgres/record-hash.js'
import { emptySummary } from '../../../adapters/postgres/summary.js'
import { virtualClock } from '../../../src/testing/virtual-clock.js'

/** A queue whose server answers when it is told to. */
function slowServer() {
  const holdings = new Holdings()
  const session = { id: '1', token: 1, lost: new AbortController().signal } as never
  const statements: { readonly records: readonly string[]; readonly answer: () => void }[] = []
  const stored: string[] = []
  let underWay = 0
  const queue = new AppendQueue(
    (batch) => {
      const records = batch.map(({ row }) => `${row.release} ${row.seq}`)
      const { promise, resolve } = Promise.withResolvers<undefined[]>()
      underWay += 1
      const answer = () => {
        underWay -= 1
        stored.push(...records)
        resolve(batch.map(() => undefined))
      }
      statements.push({ records, answer })
      return promise
    },
    holdings,
    virtualClock(),
  )
  const append = (release: string, seq: number) => {
    const head = { seq, hash: genesis, summary: emptySummary }
    const holding = holdings.add({ release, session, fencingToken: 1, head })
    const row = { release, seq, at: 0, token: 1, body: '{}' }
    return queue.append({ holding, row, before: head, after: head } satisfies Appending)
  }
  return { queue, append, statements, stored, underWay: () => underWay }
}

test('while the server works on one statement, records of other releases go out with a second one, and no more than two', async () => {
  const { queue, append, statements } = slowServer()
  const first = Array.from({ length: 20 }, (_, i) => append(`r-${i}`, 1))
  await turn()
  expect(statements.map(({ records }) => records.length)).toEqual([10, 10])
  const second = [append('r-0', 2), append('other', 1)]
  await turn()
  expect(statements).toHaveLength(2)
  statements[1]!.answer()
  await turn()
  await turn()
  expect(statements[2]?.records, 'r-0 waits for its first record').toEqual(['other 1'])
  statements[0]!.answer()
  await turn()
  await turn()
  expect(statements[3]?.records).toEqual(['r-0 2'])
  for (const { answer } of statements.slice(2)) answer()
  await Promise.all([...first, ...second, queue.idle()])
})

test('a few records are not worth two statements', async () => {
  const { append, statements } = slowServer()
  for (let i = 0; i < 8; i++) void append(`r-${i}`, 1)
  await turn()
  expect(statements.map(({ records }) => records.length)).toEqual([8])
})

test('whatever is answered first, records of one release are sent one after the other, and each once', async () => {
  let together = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 200, size: 'max' }),
      fc.infiniteStream(fc.nat()),
      async (releases, dice) => {
        const { queue, append, statements, stored, underWay } = slowServer()
        const written = new Map<string, number>()
        const appended: Promise<void>[] = []
        const open = new Set<(typeof statements)[number]>()
        let seen = 0
        const answerOne = () => {
          for (; seen < statements.length; seen++) open.add(statements[seen]!)
          const names = [...open].flatMap(({ records }) => records.map((record) => record.split(' ')[0]))
          expect(new Set(names).size, 'two records of one release under way').toBe(names.length)
          expect(underWay()).toBeLessThanOrEqual(2)
          together += open.size === 2 ? 1 : 0
          const one = [...open][dice.next().value % Math.max(1, open.size)]
          if (one) open.delete(one)
          one?.answer()
        }
        for (const release of releases) {
          const seq = (written.get(`r-${release}`) ?? 0) + 1
          written.set(`r-${release}`, seq)
          appended.push(append(`r-${release}`, seq))
          if (dice.next().value % 20 === 0) {
            await turn()
            answerOne()
          }
        }
        const all = Promise.all([...appended, queue.idle()])
        let isDone = false
        void all.then(() => {
          isDone = true
        })
        for (let turns = 0; !isDone; turns++) {
          expect(turns, 'something is never sent').toBeLessThan(500)
          await turn()
          answerOne()
        }
        for (const [release, last] of written)
          expect(stored.filter((record) => record.startsWith(`${release} `))).toEqual(
            Array.from({ length: last }, (_, i) => `${release} ${i + 1}`),
          )
      },
    ),
    { numRuns: 200 },
  )
  expect(together).toBeGreaterThan(5)
})
