import { hash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatLine, genesis, nextEnvelope, parseLine } from '../../../adapters/file/record-line.js'
import { hashOf } from '../../../adapters/file/seals.js'
import type { JournalRecord } from '../../../src/ports/journal.js'
import { collect, openForTest, record, temporaryHome } from './fixture.js'
import { hastyDisk, tappedDisk } from './tapped-disk.js'

const releases = ['a', 'b', 'checkout-7']
const head = { n: 41, hash: `sha256:${'7'.repeat(64)}` }

test('what is wanted is read as reading everything would have it, however the releases take turns', async () => {
  const turn = fc.record({ release: fc.constantFrom(...releases), times: fc.integer({ min: 1, max: 6 }) })
  await fc.assert(
    fc.asyncProperty(
      fc.array(turn, { maxLength: 12 }),
      fc.array(fc.boolean(), { minLength: 80, maxLength: 80 }),
      fc.integer({ min: 3, max: 40 }),
      fc.constantFrom(2, 100_000),
      async (turns, wishes, maxRecords, bodyLength) => {
        const journal = await openForTest(await temporaryHome(), { disk: hastyDisk, segment: { maxRecords } })
        const written: JournalRecord[] = []
        for (const { release, times } of turns)
          for (let i = 0; i < times; i++) {
            const seq = written.filter((other) => other.release === release).length + 1
            // A long one tears the others apart.
            const one = record(release, seq, 'x'.repeat(written.length % 5 === 0 ? bodyLength : 2))
            await journal.append(one)
            written.push(one)
          }
        const isWanted = (release: string, seq: number) => wishes[(releases.indexOf(release) + 3 * seq) % wishes.length]!
        expect(await collect(journal.readWanted!(isWanted))).toEqual(written.filter(({ release, seq }) => isWanted(release, seq)))
        await journal.close()
      },
    ),
    { numRuns: 60 },
  )
})

test('of a long journal little more is read than what is wanted', async () => {
  let bytes = 0
  const disk = tappedDisk(async (call, proceed, args) => {
    const done = await proceed(...args)
    if (call.startsWith('read ')) bytes += (done as { bytesRead: number }).bytesRead
    return done
  })
  const journal = await openForTest(await temporaryHome(), { disk })
  for (let seq = 1; seq <= 50; seq++)
    await Promise.all(releases.map((release) => journal.append(record(release, seq, 'x'.repeat(20_000)))))
  const isWanted = (release: string, seq: number) => seq === 1 || seq >= (release === 'a' ? 47 : 49)
  expect(await collect(journal.readWanted!(isWanted))).toHaveLength(3 + 4 + 2 + 2)
  expect(bytes).toBeGreaterThan(11 * 20_000)
  expect(bytes).toBeLessThan(20 * 20_000)
})

test.each([1, 5, 9])('what is wanted is read once each, also when files are changed after %d of the records', async (before) => {
  const journal = await openForTest(await temporaryHome(), { segment: { maxRecords: 12 } })
  // As long as the line that stands for three of them later: whoever looks in an old place finds a sound record of another number.
  const { length } = formatLine({ ...head, n: 50 }, { moved: { through: 53, hash: head.hash } }).bytes
  for (let n = 2, a = 0, b = 0; n <= 90; n++) {
    const one = (body: string) => (n % 4 === 1 ? record('b', b, body) : record('a', a, body))
    if (n % 4 === 1) b += 1
    else a += 1
    const bare = formatLine({ ...head, n: n - 1 }, one('')).bytes.length
    await journal.append(one('x'.repeat(length - bare)))
  }
  const found: number[] = []
  for await (const { seq } of journal.readWanted!((release, seq) => release === 'b' && seq % 2 === 0)) {
    found.push(seq)
    if (found.length === before) await journal.archive(['a'])
  }
  expect(found).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22])
})

test('an envelope that is read from the end of a line is the one that is found by parsing all of it', () => {
  const name = fc.stringMatching(/^[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9_-])?$/).filter((text) => !(text in Object.prototype))
  fc.assert(
    fc.property(name, fc.nat(), fc.json(), fc.constantFrom(genesis, head), (release, before, body, place) => {
      const { bytes } = formatLine(place, record(release, before + 1, JSON.parse(body)))
      const line = bytes.subarray(0, -1)
      const copy = Buffer.from(line)
      expect(parseLine(line, { path: 'log', offset: 0 })).toMatchObject(nextEnvelope(line, place, hashOf(line)) ?? expect.fail())
      expect(line).toEqual(copy)
    }),
  )
})

test.each([
  ['has a name with an escape', (text: string) => text.replace('"checkout-7"', '"\\u0061"')],
  ['has its members in another order', (text: string) => text.replace(/("seq":1),("v":2)/, '$2,$1')],
  ['is of version 1', (text: string) => text.replace('"v":2', '"v":1')],
  ['has another number', (text: string) => text.replace('"n":42', '"n":43')],
  ['continues another record', (text: string) => text.replace('7777', '7778')],
  ['has a number written otherwise', (text: string) => text.replace('"seq":1', '"seq":1e0')],
])('a line with a good hash that %s is left to who parses all of it', (_, change) => {
  const sealed = formatLine(head, record('checkout-7', 1)).bytes
  const text = change(`${sealed.toString('utf8', 0, sealed.length - 83)}}`)
  const line = Buffer.from(`${text.slice(0, -1)},"hash":"sha256:${hash('sha256', text)}"}`)
  const plain = sealed.subarray(0, -1)
  expect(nextEnvelope(plain, head, hashOf(plain))).toBeDefined()
  expect(nextEnvelope(plain, head, head.hash)).toBeUndefined()
  expect(nextEnvelope(line, head, hashOf(line))).toBeUndefined()
})

test.each(['', '{}', '"', ':', '}'.repeat(82), '{"at":1}'.repeat(20)])('%j is no record to any reader', (text) => {
  const line = Buffer.from(text)
  expect(nextEnvelope(line, head, hashOf(line))).toBeUndefined()
  expect(() => parseLine(line, { path: 'log', offset: 0 })).toThrow('A record of "log"')
  expect(line.toString()).toBe(text)
})
